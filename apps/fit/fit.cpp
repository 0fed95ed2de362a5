#include "apps/fit/fit.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "apps/fit/fit_setup.hpp"
#include "apps/fit/frame_sheet.hpp"
#include "apps/fit/trained_run.hpp"
#include "apps/shell/progress.hpp"
#include "apps/shell/version.hpp"
#include "dataset/files/commit.hpp"
#include "model/metrics/density_metrics.hpp"
#include "render/picture.hpp"

namespace hamgen::apps {
namespace {

namespace fs = std::filesystem;
using model::Ending;

void write_json(const fs::path& file, const Json& json) {
  const std::string text = json.dump(2) + "\n";
  dataset::commit_file(file, std::as_bytes(std::span(text)));
}

// One line that is overwritten on a terminal; a plain line now and then elsewhere.
class FitProgress {
 public:
  FitProgress(const model::Trainer& trainer, const FitOptions& options)
      : trainer_(trainer),
        options_(options),
        is_terminal_(isatty(STDERR_FILENO) == 1),
        first_(trainer.step()) {}
  ~FitProgress() {
    if (!options_.quiet && is_terminal_ && !line_.empty()) fmt::print(stderr, "\n");
  }

  void on_log(const Json& line) {
    const auto get = [&](const char* key) {
      return line.contains(key) && line[key].is_number() ? line[key].get<double>() : NAN;
    };
    const bool is_density = line.contains("nll");
    if (line.at("kind") == "validation")
      validation_ = is_density ? fmt::format("  validation {:.3f}", get("nll"))
                               : fmt::format("  validation {:.3e}", get("mse"));
    else if (is_density)
      numbers_ = fmt::format("nll {:.3f} nats", get("nll"));
    else
      numbers_ =
          fmt::format("mse {:.3e}", get("mse")) +
          (line.contains("kl") ? fmt::format("  kl {:.0f}", get("kl")) : "") +
          (line.contains("energy_drift") ? fmt::format("  drift {:.1f} %", 100 * get("energy_drift")) : "");
  }

  void on_step(std::int64_t step) {
    const auto now = Clock::now();
    if (options_.quiet || now < next_ || numbers_.empty()) return;
    next_ = now + (is_terminal_ ? std::chrono::milliseconds(250) : std::chrono::milliseconds(10'000));
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    const double rate = static_cast<double>(step - first_) / std::max(seconds, 1e-9);
    double left = static_cast<double>(trainer_.steps() - step) / std::max(rate, 1e-9);
    if (options_.max_steps)
      left = std::min(left, static_cast<double>(*options_.max_steps - step) / std::max(rate, 1e-9));
    if (options_.max_seconds) left = std::min(left, *options_.max_seconds - seconds);
    line_ = fmt::format("step {}/{}  {:.1f}/s  {} left  {}{}", step, trainer_.steps(), rate,
                        duration_text(std::max(0.0, left)), numbers_, validation_);
    fmt::print(stderr, "{}{}{}", is_terminal_ ? "\r\033[K" : "", line_, is_terminal_ ? "" : "\n");
    std::fflush(stderr);
  }

 private:
  using Clock = std::chrono::steady_clock;
  const model::Trainer& trainer_;
  const FitOptions& options_;
  bool is_terminal_;
  std::int64_t first_;
  Clock::time_point begin_ = Clock::now(), next_ = begin_;
  std::string numbers_, validation_, line_;
};

// Truth above reconstruction, then draws from the prior.
Sheet sheet_of(const model::Samples& samples, const std::string& title) {
  Sheet sheet{title, {}, {}};
  for (std::int64_t i = 0; i < samples.truth.size(0); ++i) {
    sheet.rows.push_back({"truth", samples.truth[i], true});
    sheet.rows.push_back({"reconstruction", samples.reconstruction[i], false});
  }
  for (std::int64_t i = 0; samples.prior.defined() && i < samples.prior.size(0); ++i)
    sheet.rows.push_back({"prior sample", samples.prior[i], i == 0});
  return sheet;
}

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
  const bool is_whole = shape.image_size == static_cast<std::int64_t>(data.manifest.frame_shape[1]) &&
                        shape.frames == static_cast<std::int64_t>(data.manifest.frame_shape[0]);
  if (data.manifest.has_yardsticks && is_whole) {
    const auto& y = data.manifest.yardsticks;
    test["noise_floor"] = y.noise_floor;
    test["mean_image_mse"] = y.mean_image_mse;
    test["mean_image_mse_clean"] = y.mean_image_mse_clean;
  } else {  // the noise floor is not known for frames of another size or number
    const model::Errors mean_image = mean_image_errors(data.train, *data.test, shape, true, setup.device);
    test["mean_image_mse"] = mean_image.mse;
    test["mean_image_mse_clean"] = mean_image.mse_clean;
  }
  return test;
}

Json test_result(const Setup& setup, model::Model& trained) {
  if (const auto* const density = dynamic_cast<const model::DensityModel*>(&trained))
    return test_of_points(setup, *density);
  const OpenDataset& data = *setup.data.dataset();
  if (!data.test) return nullptr;
  const auto* const video = dynamic_cast<const model::VideoModel*>(&trained);
  return video == nullptr ? test_of_states(setup, trained, *data.test) : test_of_videos(setup, *video);
}

// Of all sessions of a run, from the log: each line tells how fast the steps since the line before were.
double training_seconds(const fs::path& run, double this_session) {
  double seconds = 0;
  std::int64_t last = 0;
  for (const Json& line : model::read_log(run)) {
    if (line.at("kind") != "train") continue;
    const auto step = line.at("step").get<std::int64_t>();
    seconds += static_cast<double>(step - last) / line.at("steps_per_second").get<double>();
    last = step;
  }
  return std::max(seconds, this_session);
}

const char* ending_text(Ending ending) {
  constexpr const char* texts[] = {"finished", "time limit", "step limit", "no improvement", "interrupted"};
  return texts[static_cast<int>(ending)];
}

// Presets that ask for it do not know the data.
void tell_of_irreversible(const Setup& setup) {
  const auto& settings = setup.config.settings;
  if (settings.values().contains("data.reverse") && settings.boolean("data.reverse") &&
      !setup.data.training().shape.is_reversible)
    fmt::print(
        stderr,
        "hgn-fit: data.reverse does nothing here: played backward, these videos are none of the system\n");
}

FitOutcome run(const Setup& setup, const FitOptions& options,
               const std::optional<model::Checkpoint>& checkpoint) {
  const bool is_first = setup.group->is_first();
  if (is_first) tell_of_irreversible(setup);
  if (is_first)
    for (const fs::path& directory : {options.out, options.out / "checkpoints"})
      dataset::remove_temporaries(directory);
  model::Trainer trainer(setup.config.settings, setup.data.training(),
                         setup.data.source(setup.config, *setup.network, setup.share()), setup.network,
                         setup.device, options.out, setup.group);
  if (checkpoint) trainer.resume(*checkpoint);
  // What an earlier end left is not the result of this one.
  if (is_first)
    for (const char* name : {run_file::result, run_file::weights}) fs::remove(options.out / name);
  const auto begin = std::chrono::steady_clock::now();
  const std::int64_t first_step = trainer.step();
  FitOutcome outcome;
  outcome.run = options.out;
  outcome.is_first = is_first;
  {
    FitProgress progress(trainer, options);
    model::Hooks hooks;
    hooks.on_log = [&](const Json& line) { progress.on_log(line); };
    if (is_first) hooks.on_step = [&](std::int64_t step) { progress.on_step(step); };
    hooks.on_samples = [&](std::int64_t step, const model::Samples& samples) {
      const auto file = options.out / "samples" / fmt::format("step-{:09}.png", step);
      try {
        write_png(file,
                  draw(sheet_of(samples, fmt::format("{} on {}, step {}: held-out sequences",
                                                     setup.config.model->name, setup.data.name(), step))));
      } catch (const render::PictureError& error) {  // not worth a training
        fmt::print(stderr, "hgn-fit: {}\n", error.what());
      }
    };
    outcome.ending = trainer.train({options.max_seconds, options.max_steps, options.interrupted}, hooks);
  }
  if (outcome.ending == Ending::interrupted || !is_first) return outcome;
  if (outcome.ending == Ending::no_improvement) trainer.take_best();
  trainer.save_weights(options.out / run_file::weights);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const auto weights = trainer.averaged();
  outcome.result = {{"ending", ending_text(outcome.ending)},
                    {"steps", trainer.step()},
                    {"seconds", training_seconds(options.out, seconds)},
                    {"steps_per_second", static_cast<double>(trainer.step() - first_step) / seconds},
                    {"peak_memory_mib", peak_memory_mib()},
                    {"parameters", model::parameter_count(*setup.network)},
                    {"processes", setup.group->size()},
                    {"test", test_result(setup, *setup.network)}};
  write_json(options.out / run_file::result, outcome.result);
  return outcome;
}

// What a run consists of. Anything else in its directory is not ours to remove.
constexpr const char* entries[] = {run_file::config, run_file::about,    run_file::result,
                                   run_file::log,    model::events_name, "checkpoints",
                                   "samples",        run_file::weights,  "best.safetensors"};

bool is_within(const fs::path& inner, const fs::path& outer) {
  const fs::path whole = fs::weakly_canonical(fs::absolute(inner)),
                 part = fs::weakly_canonical(fs::absolute(outer));
  return std::ranges::mismatch(part, whole).in1 == part.end();
}

void prepare_run(const fs::path& out, bool force) {
  if (fs::exists(out) && !fs::is_directory(out))
    throw dataset::FileError("cannot write to " + out.string() + ": it is a file, not a directory");
  if (fs::exists(out) && !fs::is_empty(out)) {
    if (!force)
      throw dataset::FileError(
          out.string() +
          " exists and is not empty: choose another --out, --resume it, or --force to replace it");
    if (!is_run(out)) throw dataset::FileError(out.string() + " is not a run of hgn-fit: it is not replaced");
    for (const char* entry : entries) fs::remove_all(out / entry);
  }
  fs::create_directories(out / "samples");
}

}  // namespace

FitOutcome fit(FitConfig config, const FitOptions& options) {
  const model::Place place = model::place_from_environment();
  resolve_machine(config, place);
  const Setup setup(std::move(config), options.data, place);
  if (!options.data.empty() && is_within(options.data, options.out))
    throw schemas::FieldError("the dataset " + options.data.string() + " lies in the directory of the run, " +
                              options.out.string() + ": choose another --out");
  if (setup.group->is_first()) {
    prepare_run(options.out, options.force);
    write_json(options.out / run_file::config, to_json(setup.config));
    Json about{{"program", "hgn-fit"},
               {"version", version},
               {"git_commit", git_commit},
               {"libtorch", TORCH_VERSION}};
    about.update(setup.data.about());
    write_json(options.out / run_file::about, about);
  }
  return run(setup, options, std::nullopt);
}

FitOutcome resume_fit(const FitOptions& options) {
  if (!is_run(options.out))
    throw dataset::FileError(options.out.string() +
                             " is not a run of hgn-fit: it has no config.json and run.json of one");
  const Json about = read_json(options.out / run_file::about);
  const Json& recorded = about.at("data");
  const fs::path data = !options.data.empty()  ? options.data
                        : recorded.is_string() ? fs::path(recorded.get<std::string>())
                                               : fs::path();
  // Tells better than a hash what is wrong with a directory that is no dataset.
  if (!data.empty() && !fs::is_regular_file(data)) dataset::read_manifest(data);
  require_its_data(about, data, options.out);
  if (about.at("git_commit") != git_commit || about.at("libtorch") != TORCH_VERSION)
    fmt::print(stderr, "hgn-fit: the run began with another build: it goes on, but not bit for bit\n");
  FitConfig config = fit_config_from_json(read_json(options.out / run_file::config));
  const model::Place place = model::place_from_environment();
  resolve_machine(config, place);
  const Setup setup(std::move(config), data, place);
  std::vector<model::RefusedFile> refused;
  const model::Checkpoint checkpoint = model::load_newest_checkpoint(options.out / "checkpoints", refused);
  for (const auto& [file, reason] : refused) {
    if (!setup.group->is_first()) break;
    fmt::print(stderr, "hgn-fit: skipped: {}\n", reason);
    fs::rename(file, file.string() + ".damaged");  // it would count among the newest three
  }
  if (!options.quiet && setup.group->is_first())
    fmt::print(stderr, "going on from step {}\n", checkpoint.step);
  return run(setup, options, checkpoint);
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

std::string result_text(const fs::path& run, const Json& result) {
  std::string text = fmt::format(
      "{}: {} after {} steps, {}; {} parameters\n", run.string(), result.at("ending").get<std::string>(),
      result.at("steps").get<std::int64_t>(), duration_text(result.at("seconds").get<double>()),
      result.at("parameters").get<std::int64_t>());
  const Json& test = result.at("test");
  if (test.is_null()) return text + "  the dataset has no test split\n";
  const auto of = [&](const char* key) { return test.at(key).get<double>(); };
  if (test.contains("elbo")) return text + likelihood_text(test);
  text += fmt::format("  test, {} trajectories\n", test.at("trajectories").get<std::int64_t>());
  if (test.contains("derivative_mse"))
    return text + fmt::format("  MSE of dq/dt and dp/dt  {:.3e}\n", of("derivative_mse"));
  text += fmt::format("  pixel MSE        {:.3e}", of("mse"));
  if (test.contains("noise_floor") && of("noise_floor") > 0)  // 0: frames without noise
    text += fmt::format("   {:.3f} x the noise floor of {:.3e}", of("mse") / of("noise_floor"),
                        of("noise_floor"));
  else
    text += fmt::format("   {:.1f} % of the mean image's {:.3e}", 100 * of("mse") / of("mean_image_mse"),
                        of("mean_image_mse"));
  text += fmt::format("\n  against clean    {:.3e}   {:.1f} % of the mean image's {:.3e}", of("mse_clean"),
                      100 * of("mse_clean") / of("mean_image_mse_clean"), of("mean_image_mse_clean"));
  if (test.contains("energy_drift"))
    text += fmt::format("\n  energy drift     {:.2f} % of its spread across trajectories",
                        100 * of("energy_drift"));
  return text + "\n";
}

}  // namespace hamgen::apps
