#include "apps/evaluate/evaluate.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "apps/evaluate/evaluate_states.hpp"
#include "apps/evaluate/evaluate_video.hpp"
#include "apps/evaluate/value_json.hpp"
#include "model/data/training_data.hpp"
#include "model/metrics/metrics.hpp"

namespace hamgen::apps {

namespace fs = std::filesystem;

namespace {

// One paragraph: the lines are for the reader of this file.
constexpr const char* caption = R"(
MSE: mean squared error of (pixel value / 255), over frames, pixels and channels. Values are means over trajectories with
half the width of their 95 % confidence interval (Student's t over trajectories; in the table of seeds, over runs that
differ in nothing but the seed). Clean: against noise-free frames. Forward, backward, half and double speed: against
frames of the exact motion, integrated again; forward and backward count the frames outside the window. Valid prediction
time: the median over trajectories of the time beyond the window until MSE / mean(x^2) exceeds 0.025. Drift: root mean
square of E_t - E_0, divided by the standard deviation of E_0 across trajectories. Reversibility: through the window and
back, the distance from the start, divided by the start's distance from the mean state. Symplecticity: |J^T Omega J -
Omega| / |Omega| of one step. R^2: of polynomials from the latent to the true state, on held-out trajectories.
)";

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text.substr(1, text.size() - 2);
}

Json dataset_json(const EvaluationData& data, const EvaluationOptions& options) {
  return {{"path", data.root.string()},
          {"system", data.manifest.system},
          {"dt", data.manifest.plan.config.at("dt")},
          {"split", data.test.split()},
          {"frames", data.test.frames_per_trajectory()},
          {"image_size", data.manifest.frame_shape[1]},
          {"train_trajectories", data.train.trajectories()},
          {"test_trajectories", data.test.trajectories()},
          {"evaluated_trajectories", std::min(options.trajectories, data.test.trajectories())},
          {"manifest_sha256", file_hash(data.root / dataset::manifest_name)}};
}

// For the frames as the runs see them: they may be smaller than the dataset's, or fewer.
Json yardsticks_json(const EvaluationData& data, const model::DataShape& shape) {
  Json json = Json::object();
  if (data.manifest.has_yardsticks && sees_stored_frames(shape, data.manifest) &&
      data.test.split() == "test") {
    const auto& y = data.manifest.yardsticks;
    json["noise_floor"] = y.noise_floor;
    json["mean_image"] = {{"mse", y.mean_image_mse}, {"mse_clean", y.mean_image_mse_clean}};
    return json;
  }
  const model::Errors errors = mean_image_errors(data.train, data.test, shape, true, at::kCPU);
  json["mean_image"] = {{"mse", errors.mse}, {"mse_clean", errors.mse_clean}};
  return json;
}

std::string shape_text(const model::DataShape& shape) {
  return std::to_string(shape.frames) + " frames of " + std::to_string(shape.image_size) + " pixels a side";
}

// Runs that differ in nothing but the seed: of one configuration, dataset and number of steps.
std::string group_of(const TrainedRun& run) {
  Json settings = to_json(run.config);
  for (const char* key : {"seed", "threads", "device"}) settings.erase(key);
  return settings.dump() + run.about.value("data_sha256", "") + run.result.value("steps", Json()).dump();
}

Json groups_json(const std::vector<std::string>& groups, const Json& runs) {
  // By seed: a run named twice counts once.
  std::map<std::string, std::map<std::int64_t, const Json*>> members;
  for (std::size_t i = 0; i < groups.size(); ++i)
    members[groups[i]][runs[i].at("seed").get<std::int64_t>()] = &runs[i];
  Json json = Json::array();
  for (const auto& [group, list] : members) {
    const Json& first = *list.begin()->second;
    if (!first.contains("pixel_error")) continue;
    Json test = Json::object();
    for (const char* key : {"mse", "mse_clean"}) {
      std::vector<double> means;
      for (const auto& [seed, run] : list) {
        const Json& mean = run->at("pixel_error").at("test").at(key).at("mean");
        means.push_back(mean.is_number() ? mean.get<double>() : std::numeric_limits<double>::quiet_NaN());
      }
      test[key] = interval_json(means);
    }
    json.push_back({{"title", first.at("title")}, {"seeds", list.size()}, {"test", test}});
  }
  return json;
}

// One table, one window: errors over other frames, or frames of another size, are no neighbours.
void require_equal_shapes(const std::vector<TrainedRun>& runs) {
  const TrainedRun* first = nullptr;
  for (const TrainedRun& run : runs) {
    if (run.video() == nullptr) continue;
    if (first == nullptr) first = &run;
    if (run.shape.frames != first->shape.frames || run.shape.image_size != first->shape.image_size)
      throw schemas::FieldError(first->path.string() + " looks at " + shape_text(first->shape) + ", " +
                                run.path.string() + " at " + shape_text(run.shape) +
                                ": evaluate them apart, their errors do not compare");
  }
}

}  // namespace

Json evaluate_runs(const std::vector<fs::path>& paths, const EvaluationData& data,
                   const EvaluationOptions& options) {
  std::vector<TrainedRun> runs;
  for (const fs::path& path : paths) {
    runs.push_back(load_run(path, options.device));
    require_suitable(runs.back(), data.manifest, data.coordinates());
  }
  require_equal_shapes(runs);
  Json json{{"format", "hamgen-evaluation-1"},
            {"caption", one_line(caption)},
            {"dataset", dataset_json(data, options)}};
  const auto video = std::ranges::find_if(runs, [](const TrainedRun& run) { return run.video() != nullptr; });
  json["yardsticks"] = Json::object();
  at::Tensor mean_image;
  if (video != runs.end()) {
    json["window"] = {{"frames", video->shape.frames}, {"image_size", video->shape.image_size}};
    json["yardsticks"] = yardsticks_json(data, video->shape);
    mean_image = model::mean_image(data.train, video->shape, at::kCPU);
  }
  json["runs"] = Json::array();
  std::vector<std::string> groups;
  for (const TrainedRun& run : runs) {
    Json one = about_json(run);
    one["is_other_dataset"] = !is_its_dataset(run.path, data.root);
    one.update(run.video() != nullptr ? evaluate_video(run, data, options, mean_image)
                                      : evaluate_states(run, data, options));
    if (one.contains("constant")) {  // the same for every run
      for (const auto& [picture, errors] : one["constant"].items())
        json["yardsticks"][picture].update(errors);
      one.erase("constant");
    }
    json["runs"].push_back(std::move(one));
    groups.push_back(group_of(run));
  }
  json["groups"] = groups_json(groups, json["runs"]);
  return json;
}

}  // namespace hamgen::apps
