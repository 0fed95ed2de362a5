// hgn-fit: learns Hamiltonians from hamgen's shards. Commands and flags; everything else is in the library.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <string_view>

#include "apps/fit/fit.hpp"
#include "apps/fit/fit_profile.hpp"
#include "apps/fit/test_result.hpp"
#include "apps/shell/arguments.hpp"
#include "apps/shell/command_line.hpp"
#include "apps/shell/common_flags.hpp"
#include "apps/shell/stop_signal.hpp"
#include "apps/shell/streams.hpp"
#include "apps/shell/version.hpp"
#include "model/data/targets.hpp"
#include "schemas/names.hpp"

namespace hamgen::apps {
namespace {

using schemas::FieldError;

constexpr const char* overview = R"(learns Hamiltonians from the videos that hamgen makes

  hgn-fit --data three_body --out runs/hgn     train on ./three_body
  hgn-fit --data three_body --max-time 20m     with a schedule that fits into twenty minutes
  hgn-fit --model nhf --target ring            a density by Hamiltonian flows
  hgn-fit --resume runs/hgn                    go on with it, bit for bit

A run's directory holds config.json, log.jsonl (also for TensorBoard), sample pictures, checkpoints and
model.safetensors. SIGTERM, SIGUSR1 and Ctrl-C save and exit with status 75.
)";

// "45m", "90s", "1.5h", "300": seconds.
double duration(const std::string& text) {
  std::size_t digits = 0;
  double value = -1;
  try {
    value = std::stod(text, &digits);
  } catch (const std::exception&) {
  }
  const std::string unit = text.substr(std::min(digits, text.size()));
  const double factor = unit.empty() || unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : -1;
  if (!(value > 0) || !std::isfinite(value) || factor < 0)
    throw FieldError("--max-time = \"" + text + "\" is not allowed: expected a time like 90s, 45m or 1.5h");
  return value * factor;
}

// What was typed, without what a preset says.
Json typed_config(const Arguments& arguments) {
  Json json = arguments.has("config") ? read_json(arguments.text("config")) : Json::object();
  assign(json, arguments.assignments());
  return json;
}

FitConfig with_preset(const Arguments& arguments, const Json& typed) {
  const bool names_model = typed.is_object() && typed.value("model", Json("hgn")).is_string();
  const std::string model = names_model ? typed.value("model", std::string("hgn")) : "hgn";
  Json json = preset_settings(arguments.text("preset", default_preset(model)), model);
  merge(json, typed);
  return fit_config_from_json(json);
}

FitConfig read_config(const Arguments& arguments) {
  return with_preset(arguments, typed_config(arguments));
}

FitOptions options_of(const Arguments& arguments) {
  FitOptions options;
  if (arguments.has("data")) options.data = arguments.text("data");
  options.force = arguments.has("force");
  options.quiet = arguments.has("quiet");
  if (arguments.has("max-time")) options.max_seconds = duration(arguments.text("max-time"));
  if (arguments.has("max-steps")) options.max_steps = arguments.whole("max-steps", 0, 1, 1e12);
  options.interrupted = &stop_requested();
  return options;
}

// Named after the dataset, the file or the target.
std::filesystem::path name_of_run(const FitConfig& config, const std::filesystem::path& data) {
  const auto& settings = config.settings;
  if (data.empty() && settings.values().contains("data.target") && !settings.is_automatic("data.target"))
    return settings.text("data.target");
  return std::filesystem::is_regular_file(data)
             ? data.stem()
             : std::filesystem::absolute(data / ".").parent_path().filename();
}

FitOutcome new_run(const Arguments& arguments) {
  FitOptions options = options_of(arguments);
  const Json typed = typed_config(arguments);
  FitConfig config = with_preset(arguments, typed);
  options.keeps_steps = typed.contains("/train/steps"_json_pointer);
  options.out = arguments.has("out") ? std::filesystem::path(arguments.text("out"))
                                     : "runs" / name_of_run(config, options.data);
  return fit(std::move(config), options);
}

FitOutcome old_run(const Arguments& arguments) {
  constexpr std::string_view allowed[] = {"resume", "max-time", "max-steps", "quiet", "json", "data"},
                             changeable[] = {"threads", "device", "steps"};
  FitOptions options = options_of(arguments);
  for (const Flag* flag : arguments.given()) {
    if (std::ranges::find(changeable, flag->name) != std::end(changeable))
      options.changes.emplace_back(flag->path, arguments.text(flag->name));
    else if (std::ranges::find(allowed, flag->name) == std::end(allowed))
      throw FieldError(
          "--" + flag->name +
          " does not go with --resume: a run goes on with its own configuration, but for --threads, "
          "--device and --steps");
  }
  options.out = arguments.text("resume");
  return resume_fit(options);
}

int profile(const Arguments& arguments) {
  arguments.refuse({"out", "resume", "max-time", "force"}, "does not go with --profile");
  const FitOptions options = options_of(arguments);
  const Json profile = profile_fit(read_config(arguments), options, options.max_steps.value_or(20));
  fmt::print("{}", arguments.has("json") ? profile.dump(2) + "\n" : profile_text(profile));
  return success;
}

// What one does with a run that is finished.
std::string next_commands(const FitOutcome& outcome) {
  const std::string run = outcome.run.string();
  const std::string data = outcome.data.empty() ? "" : " --data " + outcome.data.string();
  std::string text = "Next:\n";
  if (outcome.result.at("test").is_object() && outcome.result["test"].contains("mse_clean"))
    text += fmt::format("  hgn-rollout {}{} --out rollout.gif    the truth beside its rollout\n", run, data);
  return text + fmt::format("  hgn-eval {0}{1} --html {0}.html    every error, with charts and pictures\n",
                            run, data);
}

int train(const Arguments& arguments) {
  if (arguments.has("print-config")) {
    fmt::print("{}\n", to_json(read_config(arguments)).dump(2));
    return success;
  }
  if (arguments.has("profile")) return profile(arguments);
  listen_for_stop_signals();
  FitOutcome outcome;
  try {
    outcome = arguments.has("resume") ? old_run(arguments) : new_run(arguments);
  } catch (const model::ProcessLostError& error) {  // nothing is wrong with the run
    tell(fmt::format("hgn-fit: {}\n", error.what()));
    return interrupted;
  }
  if (outcome.ending == model::Ending::interrupted) {
    if (outcome.is_first)
      tell(fmt::format("hgn-fit: interrupted; saved. Go on with:  hgn-fit --resume {}\n",
                       outcome.run.string()));
    return interrupted;
  }
  if (!outcome.is_first) return success;
  if (arguments.has("json"))
    fmt::print("{}\n", outcome.result.dump(2));
  else
    fmt::print("{}{}", result_text(outcome.run, outcome.result), next_commands(outcome));
  return success;
}

int print_presets(const Arguments&) {
  for (const Preset& preset : presets()) fmt::print("{:<8} {}\n", preset.name, preset.summary);
  return success;
}

int print_reference(const Arguments& arguments) {
  const std::vector<ReferencePage> pages{{"config", fit_reference},
                                         {"schema", [] { return fit_schema().dump(2) + "\n"; }}};
  fmt::print("{}",
             schemas::find_named(pages, "reference", arguments.argument(), &ReferencePage::name).text());
  return success;
}

template <class Rows>
std::vector<std::string> names_of(const Rows& rows) {
  std::vector<std::string> names;
  for (const auto& row : rows) names.push_back(row.name);
  return names;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<std::string> model_names() {
  return names_of(model::models());
}
std::vector<std::string> target_names() {
  return names_of(model::targets());
}
std::vector<std::string> preset_names() {
  return names_of(presets());
}
std::vector<std::string> device_names() {
  return {"auto", "cpu", "cuda"};
}
std::vector<std::string> precision_names() {
  return {"auto", "fp32", "bf16"};
}

std::vector<std::string> field_assignments() {
  std::set<std::string> paths;
  for (const auto& model : model::models())
    for (const auto& field : model::training_fields(model)) paths.insert(field.path + "=");
  return {paths.begin(), paths.end()};
}

// "hgn-fit three_body": a dataset where a flag should stand.
std::string guess(const std::string& word) {
  if (std::filesystem::exists(word)) return "to train on it:  hgn-fit --data " + word;
  return "";
}

std::vector<FlagGroup> flag_groups() {
  const std::vector<Flag> run{
      {"data", "DIR", "dataset that hamgen made"},
      {"out", "DIR", "directory of the run [runs/NAME of the dataset]", "", 'o'},
      {"resume", "RUN",
       "go on with this run; --threads, --device and --steps (which stretches its schedules) may change"},
      {"max-time", "TIME",
       "choose a schedule that fits into 90s, 45m or 2h; with --steps or --resume: stop, save and evaluate after so long"},
      {"max-steps", "N", "stop, save and evaluate after so many steps"},
      {"force", "", "replace a run that is already there"},
      {"profile", "",
       "time the parts of some steps (--max-steps, else 20), print a table and stop: no run is kept"},
      {"print-config", "", "print the complete configuration as JSON and stop"},
  };
  const std::vector<Flag> training{
      {"preset", "NAME",
       list_of(preset_names()) +
           ": see hgn-fit presets [small; for nhf and real_nvp density; for models of states paper]",
       "", 0, preset_names},
      {"model", "NAME", "what to train: " + list_of(model_names()) + " [hgn]", "model", 0, model_names},
      {"seed", "N", "seed of every random number [0]", "seed"},
      {"steps", "N", "length of the training and its schedules [by preset]", "train.steps"},
      {"batch", "N", "sequences or points of a step [by preset]", "train.batch"},
      {"image-size", "PIXELS", "average larger frames down to this [as stored]", "data.image_size"},
      {"target", "NAME",
       "a built-in density in place of --data, for nhf and real_nvp: " + list_of(target_names()),
       "data.target", 0, target_names},
      {"field", "NAMES", "arrays of the shards, or a table of an HDF5 file, for nhf and real_nvp [q]",
       "data.field"},
      {"frame", "I", "of the arrays; null: any [0]", "data.frame"},
      {"device", "NAME", "auto, cpu, cuda or cuda:1 [auto]", "device", 0, device_names},
      {"precision", "NAME", "of encoder and decoder: auto, fp32 or bf16 [auto]", "precision", 0,
       precision_names},
      {"threads", "N", "CPU threads [all cores it may use]", "threads"},
      {"config", "FILE", "JSON file with any of the fields of --print-config, - for stdin"},
      {"set", "PATH=VALUE", "one field, e.g. --set hamiltonian.form=joint (repeatable; wins over --config)",
       "", 0, field_assignments},
  };
  const std::vector<Flag> output{
      quiet_flag,
      {"json", "", "the result as JSON"},
      version_flag,
      help_flag,
  };
  return {{"Run", run}, {"Training", training}, {"Output", output}};
}

const CommandLine& command_line() {
  static const CommandLine line{
      .program = "hgn-fit",
      .synopsis = "--data DIR [options]",
      .overview = overview,
      .groups = flag_groups(),
      .commands = {{"presets", "", "what --preset offers", {}, print_presets},
                   {"reference", "config|schema", "every field, the JSON Schema", {}, print_reference}},
      .synonyms = {{"lr", "the learning rate is a field: --set optimizer.learning_rate=FLOAT"},
                   {"learning-rate", "the learning rate is a field: --set optimizer.learning_rate=FLOAT"},
                   {"epochs",
                    "length is counted in steps: --steps N; an epoch is (trajectories / batch) steps"},
                   {"iterations", "length is counted in steps: --steps N"},
                   {"batch-size", "sequences of a step are --batch N"},
                   {"dataset", "the dataset is --data DIR"},
                   {"input", "the dataset is --data DIR"},
                   {"output", "the run's directory is --out DIR, or -o DIR"},
                   {"output-dir", "the run's directory is --out DIR, or -o DIR"},
                   {"name", "the run's directory is --out DIR, or -o DIR"},
                   {"gpu", "a GPU is --device cuda, or cuda:1 for the second"},
                   {"cuda", "a GPU is --device cuda, or cuda:1 for the second"},
                   {"cpu", "the CPU is --device cpu"},
                   {"checkpoint", "to go on with a run: --resume RUN"},
                   {"continue", "to go on with a run: --resume RUN"},
                   {"time", "a time limit is --max-time 20m"},
                   {"optimizer", "the optimiser is a field: --set optimizer.kind=adam"},
                   {"latent",
                    "latent sizes are fields: --set latent.q_channels=N, or latent.dimension=N of a vector"},
                   {"system", "a system's videos come from hamgen; then: hgn-fit --data DIR"},
                   {"n", "videos come from hamgen, which has --n; sequences of a step are --batch N"},
                   {"overwrite", "a run that is there is replaced with --force"},
                   {"workers", "threads that decode batches ahead are a field: --set data.workers=N"},
                   {"amp", "reduced precision is --precision bf16"},
                   {"fp16", "reduced precision is --precision bf16"},
                   {"verbose", "progress is shown unless --quiet is given"}},
      .guess = guess,
      .version =
          [] { return fmt::format("hgn-fit {} ({}), LibTorch {}", version, git_commit, TORCH_VERSION); },
      .run = train,
      .uses_openmp = [](const Arguments& arguments) { return !arguments.has("print-config"); },
  };
  return line;
}

}  // namespace
}  // namespace hamgen::apps

int main(int argc, char** argv) {
  using namespace hamgen;
  model::prepare_environment();
  return apps::run_program("hgn-fit", [&] {
    return model::without_backtrace([&] { return apps::run_command_line(apps::command_line(), argc, argv); });
  });
}
