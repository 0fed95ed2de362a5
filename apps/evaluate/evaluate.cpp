#include "apps/evaluate/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "apps/evaluate/true_motion.hpp"
#include "model/metrics/metrics.hpp"
#include "model/metrics/statistics.hpp"
#include "model/motion/hnn.hpp"

namespace hamgen::apps {

namespace fs = std::filesystem;

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json interval_json(const std::vector<double>& values) {
  const model::Interval interval = model::mean_interval(values);
  return {{"mean", number(interval.mean)}, {"ci95", number(interval.half_width)}, {"n", interval.count}};
}

Json about_json(const TrainedRun& run) {
  const auto& settings = run.config.settings;
  Json json{{"run", run.path.string()},
            {"title", run.title()},
            {"model", run.config.model->name},
            {"seed", settings.integer("seed")},
            {"parameters", model::parameter_count(*run.network)}};
  if (settings.values().contains("integrator.method"))
    json["integrator"] = settings.text("integrator.method");
  for (const auto& [key, name] : {std::pair("steps", "steps"), std::pair("seconds", "seconds"),
                                  std::pair("steps_per_second", "steps_per_second"),
                                  std::pair("peak_memory_mib", "memory_mib"), std::pair("ending", "ending")})
    if (run.result.contains(key)) json[name] = run.result.at(key);
  return json;
}

std::int64_t EvaluationData::coordinates() const {
  return static_cast<std::int64_t>(test.shard(0).numbers_per_row("q") / test.frames_per_trajectory());
}

std::uint64_t trained_trajectories(const TrainedRun& run, const EvaluationData& data,
                                   const EvaluationOptions& options) {
  const std::uint64_t all = data.train.trajectories();
  return std::min({options.trajectories, all, run.about.value("train_trajectories", all)});
}

at::Tensor exact_frames(TrueMotion& motion, std::uint64_t trajectory, std::int64_t intervals, double interval,
                        std::int64_t image_size) {
  std::vector<double> times;
  for (std::int64_t t = 0; t <= intervals; ++t) times.push_back(static_cast<double>(t) * interval);
  std::vector<std::uint8_t> bytes = motion.frames(trajectory, times);
  const auto size = static_cast<std::int64_t>(motion.frame_size());
  return model::to_pixels(at::from_blob(bytes.data(), {intervals + 1, size, size, 3}, at::kByte), image_size);
}

EvaluationData::EvaluationData(const fs::path& path, const std::string& split)
    : root(path),
      manifest(dataset::read_manifest(path)),
      train(path, manifest, "train"),
      test(path, manifest, split) {}

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

// The states of a split's first trajectories.
model::Batch states_of(const dataset::SplitReader& reader, std::uint64_t count) {
  std::vector<model::Window> list;
  for (std::uint64_t i = 0; i < count; ++i) list.push_back({i, 0, false});
  return model::WindowReader(reader, model::Observation::states)
      .read(list, static_cast<std::int64_t>(reader.frames_per_trajectory()));
}

Json derivative_errors(const TrainedRun& run, const model::Batch& batch) {
  return interval_json(model::to_vector(run.network->validate(batch.to(run.device)).error));
}

// Of the true energy along roll-outs from exact starts, in double precision. In small groups: the states of
// one share their steps, and a close encounter in one of them shortens all.
Json energy_errors(const TrainedRun& run, const EvaluationData& data, const model::Batch& batch,
                   const TrueMotion& motion, double dt) {
  const auto truth = data.test.numbers("energy", 0, static_cast<std::uint64_t>(batch.q.size(0)));
  constexpr std::int64_t group = 25;
  const at::NoGradGuard no_grad;
  const auto& model = dynamic_cast<const model::StateModel&>(*run.network);
  run.network->to(at::kDouble);
  std::vector<double> squares;
  for (std::int64_t first = 0; first < batch.q.size(0); first += group) {
    const auto start = [&](const at::Tensor& values) {
      return values.slice(0, first, first + group).select(1, 0).to(run.device, at::kDouble);
    };
    const auto states = model.roll_out({start(batch.q_exact), start(batch.p_exact)}, batch.q.size(1), dt);
    for (std::int64_t row = 0; row < states.front().q.size(0); ++row) {
      const auto energy = [&](const model::PhaseSpace& s) {
        return motion.energy(static_cast<std::uint64_t>(first + row), model::to_vector(s.q[row]),
                             model::to_vector(s.p[row]));
      };
      double sum = 0;
      for (std::size_t t = 0; t < states.size(); ++t)
        sum +=
            std::pow(energy(states[t]) - truth[static_cast<std::size_t>(first + row) * states.size() + t], 2);
      squares.push_back(sum / static_cast<double>(states.size()));
    }
  }
  run.network->to(at::kFloat);
  return interval_json(squares);
}

// What the exact Hamiltonian scores at the observed states: noise in them is all that is wrong with it.
Json exact_law_errors(const model::Batch& batch, const TrueMotion& motion) {
  const at::Tensor truth = at::cat({batch.dq_dt, batch.dp_dt}, 2);
  std::vector<double> errors;
  for (std::int64_t i = 0; i < batch.q.size(0); ++i) {
    double sum = 0;
    for (std::int64_t t = 0; t < batch.q.size(1); ++t) {
      const auto rate = motion.rate(static_cast<std::uint64_t>(i), model::to_vector(batch.q[i][t]),
                                    model::to_vector(batch.p[i][t]));
      const auto exact = model::to_vector(truth[i][t]);
      for (std::size_t k = 0; k < rate.size(); ++k) sum += (rate[k] - exact[k]) * (rate[k] - exact[k]);
    }
    errors.push_back(sum / static_cast<double>(truth[i].numel()));
  }
  return interval_json(errors);
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
          {"manifest_sha256", file_hash(data.root / "manifest.json")}};
}

// For the frames as the runs see them: they may be smaller than the dataset's, or fewer.
Json yardsticks_json(const EvaluationData& data, const model::DataShape& shape) {
  Json json = Json::object();
  const bool is_whole = shape.image_size == static_cast<std::int64_t>(data.manifest.frame_shape[1]) &&
                        shape.frames == static_cast<std::int64_t>(data.manifest.frame_shape[0]);
  if (data.manifest.has_yardsticks && is_whole && data.test.split() == "test") {
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
  std::map<std::string, std::map<std::int64_t, const Json*>>
      members;  // by seed: a run named twice counts once
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

Json evaluate_states(const TrainedRun& run, const EvaluationData& data, const EvaluationOptions& options) {
  const TrueMotion motion(data.root, data.manifest, data.test);
  const double dt = data.manifest.plan.config.at("dt").get<double>();
  const model::Batch test = states_of(data.test, std::min(options.trajectories, data.test.trajectories()));
  return {{"state_error",
           {{"train",
             {{"derivative_mse",
               derivative_errors(run, states_of(data.train, trained_trajectories(run, data, options)))}}},
            {"test",
             {{"derivative_mse", derivative_errors(run, test)},
              {"derivative_mse_of_exact_law", exact_law_errors(test, motion)},
              {"energy_mse", energy_errors(run, data, test, motion, dt)}}}}}};
}

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
  if (video != runs.end()) {
    json["window"] = {{"frames", video->shape.frames}, {"image_size", video->shape.image_size}};
    json["yardsticks"] = yardsticks_json(data, video->shape);
  }
  json["runs"] = Json::array();
  std::vector<std::string> groups;
  for (const TrainedRun& run : runs) {
    Json one = about_json(run);
    one["is_other_dataset"] = !is_its_dataset(run.path, data.root);
    one.update(run.video() != nullptr ? evaluate_video(run, data, options)
                                      : evaluate_states(run, data, options));
    if (one.contains("static_image")) {
      json["yardsticks"]["static_image"] = one["static_image"];
      one.erase("static_image");
    }
    json["runs"].push_back(std::move(one));
    groups.push_back(group_of(run));
  }
  json["groups"] = groups_json(groups, json["runs"]);
  return json;
}

}  // namespace hamgen::apps
