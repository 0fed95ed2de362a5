#include "apps/fit/test_result.hpp"

#include <fmt/format.h>

#include <cmath>

#include "apps/shell/progress.hpp"
#include "model/metrics/density_metrics.hpp"
#include "model/metrics/metrics.hpp"

namespace hamgen::apps {
namespace {

Json test_of_states(const Setup& setup, model::Model& trained, const dataset::SplitReader& reader) {
  const model::WindowReader windows(reader, model::Observation::states);
  const auto fetch = [&](std::uint64_t first, std::uint64_t count) {
    return windows.read(first, count, setup.data.training().shape.frames);
  };
  const model::Errors errors = validation_errors(trained, fetch, reader.trajectories(), setup.device);
  return {{"trajectories", errors.trajectories}, {"derivative_mse", errors.mse}};
}

Json test_of_points(const Setup& setup, const model::DensityModel& trained) {
  constexpr std::int64_t most = 1000, draws = 64;
  const at::Tensor points = test_points(*setup.data.points(), most);
  const auto bounds = model::likelihood_bounds(trained, points, {1, draws}, setup.device);
  Json test{{"points", points.size(0)},
            {"elbo", bounds.front().mean},
            {"iwae", bounds.back().mean},
            {"iwae_draws", bounds.back().draws}};
  if (const auto& target = setup.data.points()->target)
    test["exact"] = target->log_density(points).mean().item<double>();
  return test;
}

Json test_of_videos(const Setup& setup, const model::VideoModel& video) {
  const OpenDataset& data = *setup.data.dataset();
  const model::DataShape& shape = setup.data.training().shape;
  const model::Errors errors =
      evaluate(video, *data.test, shape, 0, data.test->trajectories(), true, setup.device);
  Json test{{"trajectories", errors.trajectories}, {"mse", errors.mse}, {"mse_clean", errors.mse_clean}};
  if (std::isfinite(errors.energy_mean)) test["energy_mean"] = errors.energy_mean;
  if (std::isfinite(errors.energy_drift)) test["energy_drift"] = errors.energy_drift;
  if (data.manifest.has_yardsticks && sees_stored_frames(shape, data.manifest)) {
    const auto& y = data.manifest.yardsticks;
    test["noise_floor"] = y.noise_floor;
    // The floor is of the split's first trajectories: so is the error that is compared with it.
    test["mse_beside_floor"] =
        y.trajectories < data.test->trajectories()
            ? evaluate(video, *data.test, shape, 0, y.trajectories, false, setup.device).mse
            : errors.mse;
  }
  // Of the same frames: the manifest's is of the split's first trajectories.
  const model::Errors mean_image = mean_image_errors(data.train, *data.test, shape, true, setup.device);
  test["mean_image_mse"] = mean_image.mse;
  test["mean_image_mse_clean"] = mean_image.mse_clean;
  return test;
}

}  // namespace

Json test_result(const Setup& setup, model::Model& trained) {
  if (const auto* const density = dynamic_cast<const model::DensityModel*>(&trained))
    return test_of_points(setup, *density);
  const OpenDataset& data = *setup.data.dataset();
  if (!data.test) return nullptr;
  const auto* const video = dynamic_cast<const model::VideoModel*>(&trained);
  return video == nullptr ? test_of_states(setup, trained, *data.test) : test_of_videos(setup, *video);
}

namespace {

std::string likelihood_text(const Json& test) {
  const auto of = [&](const char* key) { return test.at(key).get<double>(); };
  std::string text = fmt::format(
      "  test, {} points: log-likelihood in nats\n  ELBO             {:.4f}\n  IWAE, {:3} draws  {:.4f}\n",
      test.at("points").get<std::int64_t>(), of("elbo"), test.at("iwae_draws").get<std::int64_t>(),
      of("iwae"));
  if (test.contains("exact")) text += fmt::format("  the target's own {:.4f}\n", of("exact"));
  return text;
}

}  // namespace

std::string result_text(const std::filesystem::path& run, const Json& result) {
  std::string text = fmt::format(
      "{}: {} after {} steps, {}; {} parameters\n", run.string(), result.at("ending").get<std::string>(),
      result.at("steps").get<std::int64_t>(), duration_text(result.at("seconds").get<double>()),
      result.at("parameters").get<std::int64_t>());
  if (result.at("ending") == "time limit" &&
      result.at("steps") < result.value("steps_of_schedule", std::int64_t{0}))
    text += fmt::format(
        "  Its schedule of {} steps was broken off. To go on:  hgn-fit --resume {}\n"
        "  To have a schedule that fits: --max-time without --steps.\n",
        result.at("steps_of_schedule").get<std::int64_t>(), run.string());
  const Json& test = result.at("test");
  if (test.is_null()) return text + "  the dataset has no test split\n";
  const auto of = [&](const char* key) { return test.at(key).get<double>(); };
  if (test.contains("elbo")) return text + likelihood_text(test);
  text += fmt::format("  test, {} trajectories\n", test.at("trajectories").get<std::int64_t>());
  if (test.contains("derivative_mse"))
    return text + fmt::format("  MSE of dq/dt and dp/dt  {:.3e}\n", of("derivative_mse"));
  text += fmt::format("  pixel MSE        {:.3e}", of("mse"));
  if (test.contains("noise_floor") && of("noise_floor") > 0)  // 0: frames without noise
    text +=
        fmt::format("   {:.3f} x the noise floor of {:.3e}",
                    of(test.contains("mse_beside_floor") ? "mse_beside_floor" : "mse") / of("noise_floor"),
                    of("noise_floor"));
  else
    text += fmt::format("   {:.1f} % of the mean image's {:.3e}", 100 * of("mse") / of("mean_image_mse"),
                        of("mean_image_mse"));
  text += fmt::format("\n  against clean    {:.3e}   {:.1f} % of the mean image's {:.3e}", of("mse_clean"),
                      100 * of("mse_clean") / of("mean_image_mse_clean"), of("mean_image_mse_clean"));
  if (test.contains("energy_drift"))
    text += fmt::format("\n  energy drift     {:.2f} % of its spread across trajectories",
                        100 * of("energy_drift"));
  if (!(of("mse_clean") < of("mean_image_mse_clean")))
    text += "\n  This is worse than a constant image: train longer, or look for what is wrong.";
  return text + "\n";
}

}  // namespace hamgen::apps
