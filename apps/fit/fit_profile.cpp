#include "apps/fit/fit_profile.hpp"

#include <fmt/format.h>

#include "apps/fit/fit_setup.hpp"

namespace hamgen::apps {

Json profile_fit(FitConfig config, const FitOptions& options, std::int64_t steps) {
  const model::Place place = model::place_from_environment();
  resolve_machine(config, place);
  const Setup setup(std::move(config), options.data, place);
  const model::Ceilings ceilings = model::measure_ceilings(setup.device);
  model::Trainer trainer(setup.config.settings, setup.data.training(),
                         setup.data.source(setup.config, *setup.network, setup.share()), setup.network,
                         setup.device, {}, setup.group);
  model::Profile profile(setup.device);
  trainer.profile(steps, profile);
  Json json{{"model", setup.config.model->name},
            {"device", setup.device.str()},
            {"precision", setup.config.settings.text("precision")},
            {"threads", setup.config.settings.integer("threads")},
            {"processes", setup.group->size()},
            {"batch", setup.config.settings.integer("train.batch")},
            {"steps", steps},
            {"ceilings", {{"fp32", ceilings.fp32 * 1e-9}, {"bf16", ceilings.bf16 * 1e-9}}},
            {"parts", Json::array()}};
  double seconds = 0;
  for (const auto& part : profile.parts()) seconds += part.seconds;
  const auto count = static_cast<double>(profile.steps());
  for (const auto& part : profile.parts())
    json["parts"].push_back({{"name", part.name},
                             {"milliseconds", 1e3 * part.seconds / count},
                             {"share", part.seconds / seconds},
                             {"gflop", 1e-9 * part.operations / count},
                             {"gflop_per_second", 1e-9 * part.operations / part.seconds}});
  json["milliseconds"] = 1e3 * seconds / count;
  json["peak_memory_mib"] = peak_memory_mib();
  return json;
}

std::string profile_text(const Json& profile) {
  const double fp32 = profile.at("ceilings").at("fp32"), bf16 = profile.at("ceilings").at("bf16");
  std::string text = fmt::format(
      "{} on {}, {} threads, batch {}, {}: {:.0f} ms a step, {:.2f} steps/s, peak memory {:.0f} MiB\n"
      "ceilings (products of large matrices): fp32 {:.0f} GFLOP/s, bf16 {:.0f} GFLOP/s\n\n"
      "{:<30} {:>9} {:>7} {:>9} {:>9} {:>10} {:>10}\n",
      profile.at("model").get<std::string>(), profile.at("device").get<std::string>(),
      profile.at("threads").get<std::int64_t>(), profile.at("batch").get<std::int64_t>(),
      profile.at("precision").get<std::string>(), profile.at("milliseconds").get<double>(),
      1e3 / profile.at("milliseconds").get<double>(), profile.at("peak_memory_mib").get<double>(), fp32, bf16,
      "part", "ms", "share", "GFLOP", "GFLOP/s", "of fp32", "of bf16");
  for (const Json& part : profile.at("parts")) {
    const double rate = part.at("gflop_per_second");
    text += fmt::format("{:<30} {:>9.2f} {:>6.1f}% {:>9.2f} {:>9.0f} {:>9.0f}% {:>9.0f}%\n",
                        part.at("name").get<std::string>(), part.at("milliseconds").get<double>(),
                        100 * part.at("share").get<double>(), part.at("gflop").get<double>(), rate,
                        100 * rate / fp32, 100 * rate / bf16);
  }
  return text;
}

}  // namespace hamgen::apps
