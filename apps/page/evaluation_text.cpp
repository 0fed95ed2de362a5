#include "apps/page/evaluation_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "apps/page/evaluation_json.hpp"

namespace hamgen::apps {
namespace {

// Columns as wide as their widest cell; the first is flush left.
std::string table_of(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto& row : rows) {
    std::string line = "  ";
    for (std::size_t i = 0; i < row.size(); ++i)
      line += i == 0 ? fmt::format("{:<{}}", row[i], widths[i]) : fmt::format("  {:>{}}", row[i], widths[i]);
    text += line + "\n";
  }
  return text;
}

// x 1e4, with the interval.
std::string mse_text(const Measure& measure) {
  if (!std::isfinite(measure.mean)) return "-";
  const std::string mean = fmt::format("{:.2f}", 1e4 * measure.mean);
  return std::isfinite(measure.half_width) ? mean + fmt::format(" +- {:.2f}", 1e4 * measure.half_width)
                                           : mean;
}

std::string plain_text(double value, const char* format) {
  return std::isfinite(value) ? fmt::format(fmt::runtime(format), value) : "-";
}

std::string valid_time_text(const Json& run, const std::string& direction) {
  const std::string path = "/valid_prediction_time/" + direction;
  const double value = number_at(run, (path + "/median").c_str());
  if (!std::isfinite(value)) return "-";
  return (flag_at(run, (path + "/is_censored").c_str()) ? "> " : "") + fmt::format("{:.2f}", value);
}

std::string video_tables(const Json& evaluation, const std::vector<const Json*>& runs) {
  std::vector<std::vector<std::string>> errors{{"pixel MSE x 1e4", "train", "test", "clean",
                                                "% of mean image", "forward", "backward", "half speed",
                                                "double speed"}};
  const Json& yardsticks = evaluation.value("yardsticks", Json::object());
  const double mean_image = number_at(yardsticks, "/mean_image/mse");
  const auto yardstick = [&](const char* name, double noisy, double clean) {
    if (std::isfinite(noisy))
      errors.push_back({name, "", mse_text({noisy, NAN}), mse_text({clean, NAN}),
                        plain_text(100 * noisy / mean_image, "{:.1f}"), "", "", "", ""});
  };
  yardstick("noise floor", number_at(yardsticks, "/noise_floor"), NAN);
  yardstick("mean image", mean_image, number_at(yardsticks, "/mean_image/mse_clean"));
  yardstick("static image", number_at(yardsticks, "/static_image/mse"),
            number_at(yardsticks, "/static_image/mse_clean"));
  std::vector<std::vector<std::string>> motion{{"motion", "valid forward", "valid backward", "energy drift",
                                                "energy variance", "reversal", "symplectic", "R2 q", "R2 p",
                                                "SyMetric", "KL", "active"}};
  for (const Json* run : runs) {
    const auto mse = [&](const char* path) { return mse_text(measure_at(*run, path)); };
    errors.push_back({text_at(*run, "/title"), mse("/pixel_error/train/mse"), mse("/pixel_error/test/mse"),
                      mse("/pixel_error/test/mse_clean"),
                      plain_text(100 * number_at(*run, "/pixel_error/test/mse/mean") / mean_image, "{:.1f}"),
                      mse("/pixel_error/forward/mse_clean"), mse("/pixel_error/backward/mse_clean"),
                      mse("/pixel_error/half_speed/mse_clean"), mse("/pixel_error/double_speed/mse_clean")});
    const auto plain = [&](const char* path, const char* format) {
      return plain_text(number_at(*run, path), format);
    };
    const Json& symetric = value_at(*run, "/latent/symetric");
    motion.push_back({text_at(*run, "/title"), valid_time_text(*run, "forward"),
                      valid_time_text(*run, "backward"), plain("/energy/drift", "{:.2g}"),
                      plain("/energy/variance", "{:.2g}"), plain("/reversibility/state_error", "{:.1e}"),
                      plain("/symplecticity/error", "{:.1e}"), plain("/latent/r2_q", "{:.3f}"),
                      plain("/latent/r2_p", "{:.3f}"),
                      symetric.is_boolean() ? (symetric.get<bool>() ? "1" : "0") : "-",
                      plain("/kl", "{:.1f}"), plain("/active_latents", "{:.0f}")});
  }
  return table_of(errors) + "\n" + table_of(motion);
}

std::string state_table(const std::vector<const Json*>& runs) {
  std::vector<std::vector<std::string>> rows{
      {"states, MSE", "derivatives, train", "derivatives, test", "exact law, test", "energy, test"}};
  for (const Json* run : runs)
    rows.push_back(
        {text_at(*run, "/title"),
         plain_text(number_at(*run, "/state_error/train/derivative_mse/mean"), "{:.3e}"),
         plain_text(number_at(*run, "/state_error/test/derivative_mse/mean"), "{:.3e}"),
         plain_text(number_at(*run, "/state_error/test/derivative_mse_of_exact_law/mean"), "{:.3e}"),
         plain_text(number_at(*run, "/state_error/test/energy_mse/mean"), "{:.3e}")});
  return table_of(rows);
}

// The bound of the most draws.
double last_bound(const Json& run) {
  const Json& bounds = list_at(run, "/density/bounds");
  return bounds.empty() ? NAN : number_at(bounds.back(), "/mean");
}

std::string density_table(const std::vector<const Json*>& runs) {
  std::vector<std::vector<std::string>> rows{{"density, nats", "data", "ELBO", "IWAE", "exact", "KL on grid",
                                              "modes", "stray", "inversion", "fp64", "|det J| - 1",
                                              "samples/s"}};
  for (const Json* run : runs) {
    const auto plain = [&](const char* path, const char* format) {
      return plain_text(number_at(*run, path), format);
    };
    const double modes = number_at(*run, "/density/modes/modes");
    rows.push_back(
        {text_at(*run, "/title"), text_at(*run, "/density/data"), plain("/density/bounds/0/mean", "{:.4f}"),
         plain_text(last_bound(*run), "{:.4f}"), plain("/density/exact_log_likelihood/mean", "{:.4f}"),
         plain("/density/grid/divergence", "{:.4f}"),
         std::isfinite(modes) ? plain("/density/modes/covered", "{:.0f}") + fmt::format("/{:.0f}", modes)
                              : "-",
         plain("/density/modes/stray", "{:.3f}"), plain("/density/inversion_fp32/largest", "{:.1e}"),
         plain("/density/inversion_fp64/largest", "{:.1e}"), plain("/density/volume_error", "{:.1e}"),
         plain("/density/samples_per_second", "{:.2g}")});
  }
  return table_of(rows);
}

std::string seeds_table(const Json& groups) {
  std::vector<std::vector<std::string>> rows{{"over seeds, x 1e4", "seeds", "test", "clean"}};
  for (const Json& group : groups)
    if (number_at(group, "/seeds") > 1)
      rows.push_back({text_at(group, "/title"), plain_text(number_at(group, "/seeds"), "{:.0f}"),
                      mse_text(measure_at(group, "/test/mse")),
                      mse_text(measure_at(group, "/test/mse_clean"))});
  return rows.size() > 1 ? "\n" + table_of(rows) : "";
}

// An evaluation of before there were several knows "test" alone.
std::string split_of(const Json& evaluation) {
  const std::string split = text_at(evaluation, "/dataset/split");
  return split.empty() ? "test" : split;
}

}  // namespace

std::string evaluation_text(const Json& evaluation) {
  std::vector<const Json*> videos, states, densities, costs;
  std::string warnings;
  for (const Json& run : list_at(evaluation, "/runs")) {
    (run.contains("density") ? densities : run.contains("state_error") ? states : videos).push_back(&run);
    costs.push_back(&run);
    if (flag_at(run, "/is_other_dataset"))
      warnings += fmt::format("  {} WAS TRAINED ON ANOTHER DATASET\n", text_at(run, "/run"));
  }
  std::string text = warnings;
  if (densities.empty())
    text = fmt::format("{}: {}, {} {} trajectories of {} frames\n{}\n", text_at(evaluation, "/dataset/path"),
                       text_at(evaluation, "/dataset/system"),
                       number_at(evaluation, "/dataset/evaluated_trajectories"), split_of(evaluation),
                       number_at(evaluation, "/dataset/frames"), warnings);
  if (!videos.empty()) text += video_tables(evaluation, videos);
  if (!states.empty()) text += (videos.empty() ? "" : "\n") + state_table(states);
  if (!densities.empty()) text += density_table(densities);
  text += seeds_table(list_at(evaluation, "/groups"));
  std::vector<std::vector<std::string>> rows{
      {"cost", "run", "parameters", "steps", "steps/s", "minutes", "memory MiB"}};
  for (const Json* run : costs)
    rows.push_back({text_at(*run, "/title"), text_at(*run, "/run"),
                    plain_text(number_at(*run, "/parameters"), "{:.0f}"),
                    plain_text(number_at(*run, "/steps"), "{:.0f}"),
                    plain_text(number_at(*run, "/steps_per_second"), "{:.1f}"),
                    plain_text(number_at(*run, "/seconds") / 60, "{:.1f}"),
                    plain_text(number_at(*run, "/memory_mib"), "{:.0f}")});
  return text + "\n" + table_of(rows);
}

}  // namespace hamgen::apps
