#include "apps/fit/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/fit/fit_progress.hpp"
#include "apps/fit/fit_setup.hpp"
#include "apps/fit/fitting_schedule.hpp"
#include "apps/fit/frame_sheet.hpp"
#include "apps/fit/test_result.hpp"
#include "apps/fit/trained_run.hpp"
#include "apps/shell/field_json.hpp"
#include "apps/shell/streams.hpp"
#include "apps/shell/version.hpp"
#include "dataset/files/commit.hpp"
#include "dataset/files/directory_lock.hpp"
#include "model/metrics/metrics.hpp"
#include "render/picture.hpp"

namespace hamgen::apps {
namespace {

namespace fs = std::filesystem;
using model::Ending;

// config.json, for people to read and to give to --config.
void write_config(const fs::path& run, const FitConfig& config) {
  dataset::commit_file(run / run_file::config, to_json(config).dump(2) + "\n");
}

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

// What presets and people ask for without knowing the data.
void tell_of_settings(const Setup& setup) {
  const auto& settings = setup.config.settings;
  const auto floor = setup.data.training().shape.noise_floor;
  if (settings.values().contains("objective.kappa") && settings.text("objective.kind") == "geco" &&
      !settings.is_automatic("objective.kappa") && floor &&
      std::pow(settings.real("objective.kappa"), 2) < *floor)
    fmt::print(
        stderr,
        "hgn-fit: objective.kappa^2 = {:.3e} is below the noise floor of {:.3e}: no model reaches it, so the "
        "multiplier climbs to its bound and KL stops to count; null takes objective.tolerance times the floor\n",
        std::pow(settings.real("objective.kappa"), 2), *floor);
  if (settings.values().contains("data.reverse") && settings.boolean("data.reverse") &&
      !setup.data.training().shape.is_reversible)
    tell("hgn-fit: data.reverse does nothing here: played backward, these videos are none of the system\n");
}

// A run that goes on otherwise than it began goes on so from now on.
void keep_changes(const Setup& setup, const fs::path& run, const std::vector<std::string>& changes) {
  if (changes.empty()) return;
  write_config(run, setup.config);
  for (const std::string& change : changes)
    tell(fmt::format("hgn-fit: the run had {}: it goes on, {}\n", change,
                     change.starts_with("train.steps")
                         ? "with schedules (learning rate, horizon, weights of the loss) that are that long"
                         : "but not bit for bit"));
}

// Two programs that train one run would write each other's checkpoints. Of several processes the first holds
// the lock for all.
dataset::DirectoryLock claimed(const fs::path& run) {
  dataset::DirectoryLock lock(run, dataset::Writers::alone);
  if (!lock.is_held())
    throw dataset::FileError(run.string() + " is in use: another hgn-fit is training there");
  return lock;
}

// With what the mean image has of the frames that are validated: a model is to be better than that.
model::TrainingData training_data_of(const Setup& setup, const model::BatchSource& source) {
  model::TrainingData data = setup.data.training();
  const OpenDataset* const dataset = setup.data.dataset();
  if (dataset == nullptr || setup.config.model->observation != model::Observation::frames) return data;
  const at::Tensor mean = model::mean_image(dataset->train, data.shape, setup.device);
  const model::Errors errors = model::mean_image_errors(
      mean, [&](std::uint64_t first, std::uint64_t count) { return source.validation(first, count); },
      source.validation_size(), setup.device);
  data.mean_image_mse = errors.mse;
  data.mean_image_mse_clean = std::isnan(errors.mse_clean) ? 0 : errors.mse_clean;
  return data;
}

model::Trainer trainer_of(const Setup& setup, const fs::path& run) {
  auto source = setup.data.source(setup.config, *setup.network, setup.share());
  model::TrainingData data = training_data_of(setup, *source);
  return {setup.config.settings,
          std::move(data),
          std::move(source),
          setup.network,
          setup.device,
          run,
          setup.group};
}

FitOutcome run(const Setup& setup, const FitOptions& options,
               const std::optional<model::Checkpoint>& checkpoint) {
  const bool is_first = setup.group->is_first();
  if (is_first) tell_of_settings(setup);
  if (is_first)
    for (const fs::path& directory : {options.out, options.out / "checkpoints"})
      dataset::remove_temporaries(directory);
  model::Trainer trainer = trainer_of(setup, options.out);
  if (checkpoint) {
    trainer.resume(*checkpoint);
    if (is_first) keep_changes(setup, options.out, trainer.changed());
  }
  // What an earlier end left is not the result of this one.
  if (is_first)
    for (const char* name : {run_file::result, run_file::weights}) fs::remove(options.out / name);
  const auto begin = std::chrono::steady_clock::now();
  const std::int64_t first_step = trainer.step();
  FitOutcome outcome;
  outcome.run = options.out;
  outcome.data = setup.path;
  outcome.is_first = is_first;
  {
    FitProgress progress(trainer, options);
    model::Hooks hooks;
    hooks.on_log = [&](const Json& line) { progress.on_log(line); };
    if (is_first) hooks.on_step = [&](std::int64_t step) { progress.on_step(step); };
    hooks.on_samples = [&](std::int64_t step, const model::Samples& samples) {
      const std::string name = fmt::format("samples/step-{:09}.png", step);
      try {
        write_png(options.out / name,
                  draw(sheet_of(samples, fmt::format("{} on {}, step {}: held-out sequences",
                                                     setup.config.model->name, setup.data.name(), step))));
      } catch (const render::PictureError& error) {  // not worth a training
        tell(fmt::format("hgn-fit: {}\n", error.what()));
        return std::string();
      }
      return name;
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
                    {"steps_of_schedule", trainer.steps()},
                    {"seconds", training_seconds(options.out, seconds)},
                    {"steps_per_second", static_cast<double>(trainer.step() - first_step) / seconds},
                    {"peak_memory_mib", peak_memory_mib()},
                    {"parameters", model::parameter_count(*setup.network)},
                    {"processes", setup.group->size()},
                    {"test", test_result(setup, *setup.network)}};
  dataset::commit_file(options.out / run_file::result, dataset::seal(outcome.result));
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

void require_free(const fs::path& out, bool force) {
  if (fs::exists(out) && !fs::is_directory(out))
    throw dataset::FileError("cannot write to " + out.string() + ": it is a file, not a directory");
  if (!fs::exists(out) || fs::is_empty(out)) return;
  if (!force)
    throw dataset::FileError(
        out.string() +
        " exists and is not empty: choose another --out, --resume it, or --force to replace it");
  if (!is_run(out)) throw dataset::FileError(out.string() + " is not a run of hgn-fit: it is not replaced");
}

// An empty run's directory, which no other program trains in as long as the result lives.
dataset::DirectoryLock prepared_run(const fs::path& out, bool force) {
  require_free(out, force);
  fs::create_directories(out);
  dataset::DirectoryLock lock = claimed(out);
  for (const char* entry : entries) fs::remove_all(out / entry);
  fs::create_directories(out / "samples");
  return lock;
}

}  // namespace

FitOutcome fit(FitConfig config, FitOptions options) {
  const model::Place place = model::place_from_environment();
  resolve_machine(config, place);
  Setup setup(std::move(config), options.data, place);
  if (!options.data.empty() && is_within(options.data, options.out))
    throw schemas::FieldError("the dataset " + options.data.string() + " lies in the directory of the run, " +
                              options.out.string() + ": choose another --out");
  std::optional<dataset::DirectoryLock> claim;
  if (setup.group->is_first()) claim.emplace(prepared_run(options.out, options.force));
  if (options.max_seconds && !options.keeps_steps)
    options.max_seconds = fit_into(setup, *options.max_seconds, options.quiet);
  if (setup.group->is_first()) {
    write_config(options.out, setup.config);
    Json about{{"program", "hgn-fit"},
               {"version", version},
               {"git_commit", git_commit},
               {"libtorch", TORCH_VERSION}};
    about.update(setup.data.about());
    dataset::commit_file(options.out / run_file::about, dataset::seal(about));
  }
  return run(setup, options, std::nullopt);
}

FitOutcome resume_fit(const FitOptions& options) {
  if (!is_run(options.out))
    throw dataset::FileError(options.out.string() +
                             " is not a run of hgn-fit: it has no config.json and run.json of one");
  Json about = read_sealed(options.out / run_file::about);
  const Json recorded = about.at("data");
  const fs::path data = !options.data.empty()  ? options.data
                        : recorded.is_string() ? fs::path(recorded.get<std::string>())
                                               : fs::path();
  if (options.data.empty() && !data.empty() && !fs::exists(data))
    throw dataset::FileError(data.string() + ", which " + options.out.string() +
                             " was trained on, is not there: where it was moved, add --data DIR");
  // Tells better than a hash what is wrong with a directory that is no dataset.
  if (!data.empty() && !fs::is_regular_file(data)) dataset::read_manifest(data);
  require_its_data(about, data, options.out);
  if (about.at("git_commit") != git_commit || about.at("libtorch") != TORCH_VERSION)
    tell("hgn-fit: the run began with another build: it goes on, but not bit for bit\n");
  Json json = read_json(options.out / run_file::config);
  assign(json, options.changes);
  FitConfig config = fit_config_from_json(json);
  const model::Place place = model::place_from_environment();
  resolve_machine(config, place);
  const Setup setup(std::move(config), data, place);
  std::optional<dataset::DirectoryLock> claim;
  if (setup.group->is_first()) claim.emplace(claimed(options.out));
  if (setup.group->is_first() && !data.empty() &&
      about["data"] != fs::absolute(data).string()) {  // it was moved
    about["data"] = fs::absolute(data).string();
    dataset::commit_file(options.out / run_file::about, dataset::seal(about));
  }
  std::vector<model::RefusedFile> refused;
  const model::Checkpoint checkpoint = model::load_newest_checkpoint(options.out / "checkpoints", refused);
  for (const auto& [file, reason] : refused) {
    if (!setup.group->is_first()) break;
    tell(fmt::format("hgn-fit: skipped: {}\n", reason));
    fs::rename(file, file.string() + ".damaged");  // it would count among the newest three
  }
  if (!options.quiet && setup.group->is_first())
    tell(fmt::format("going on from step {}\n", checkpoint.step));
  return run(setup, options, checkpoint);
}

}  // namespace hamgen::apps
