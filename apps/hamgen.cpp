// hamgen: exact Hamiltonian dynamics as video datasets. Commands and flags; everything else is in the
// library.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "apps/generate/config.hpp"
#include "apps/generate/flags.hpp"
#include "apps/generate/generate.hpp"
#include "apps/generate/repair.hpp"
#include "apps/generate/suite.hpp"
#include "apps/inspect/preview.hpp"
#include "apps/inspect/report.hpp"
#include "apps/inspect/verify.hpp"
#include "apps/shell/arguments.hpp"
#include "apps/shell/command_line.hpp"
#include "apps/shell/cores.hpp"
#include "apps/shell/stop_signal.hpp"
#include "apps/shell/streams.hpp"
#include "apps/shell/version.hpp"
#include "dataset/format/layout.hpp"
#include "schemas/names.hpp"

namespace hamgen::apps {
namespace {

using schemas::FieldError;

constexpr const char* overview = R"(exact Hamiltonian dynamics as video datasets

  hamgen --system three_body --n 50000     make a dataset in ./three_body
  hamgen --preset dm_pendulum_colors       a configuration with a name: hamgen presets lists them
  hamgen preview three_body                pictures: contact sheet, animation, phase portrait

A dataset is HDF5: h5py.File("three_body/train.h5")["frames"] is [50000, 31, 64, 64, 3], uint8.
Equal configurations give equal bytes, whatever the number of threads. A run that was interrupted (status 75
after SIGINT, SIGTERM or SIGUSR1) goes on with the same command.
)";

// Names of files need not be UTF-8.
std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

unsigned threads(const Arguments& arguments) {
  return static_cast<unsigned>(arguments.whole("threads", available_cores(), 1, 1024));
}

// "3/8"
WorkerShare worker_share(const std::string& value) {
  const auto slash = value.find('/');
  if (slash == std::string::npos)
    throw FieldError("--worker = \"" + value + "\" is not allowed: expected I/N, such as 0/8");
  WorkerShare share;
  share.count = static_cast<std::uint64_t>(whole_number("worker", value.substr(slash + 1), 1, 1e6));
  share.index = static_cast<std::uint64_t>(
      whole_number("worker", value.substr(0, slash), 0, static_cast<double>(share.count - 1)));
  return share;
}

// "1%", "0.5%", "200"
SampleSize sample_size(const std::string& value) {
  if (!value.ends_with('%'))
    return {.count = static_cast<std::uint64_t>(whole_number("regenerate", value, 1, 1e12))};
  const Json number = Json::parse(value.substr(0, value.size() - 1), nullptr, false);
  if (!number.is_number() || !(number.get<double>() > 0) || number.get<double>() > 100)
    throw FieldError("--regenerate = \"" + value +
                     "\" is not allowed: expected a share such as 1%, or a number of trajectories");
  return {.share = number.get<double>() / 100};
}

// A preset where a system should stand, and the other way about.
void require_in_place(const Arguments& arguments) {
  const std::string system = where_known(arguments.text("system")), preset = arguments.text("preset");
  if (system.find("--preset") != std::string::npos) throw FieldError(system);
  const bool is_preset = std::ranges::any_of(suite(), [&](const DatasetPreset& one) {
    return one.name == preset || one.name == suite_prefix + preset;  // as it is called now
  });
  if (!is_preset && !where_known(preset).empty()) throw FieldError(where_known(preset));
}

const DatasetPreset& preset_of(const Arguments& arguments) {
  return find_dataset_preset(arguments.text("preset"));
}

void tell_of_new_name(const Arguments& arguments) {
  if (!arguments.has("preset") || arguments.has("quiet")) return;
  const std::string typed = arguments.text("preset"), name = preset_of(arguments).name;
  if (name != typed)
    tell(fmt::format("note: preset {0} is called {1} now, and makes ./{1} where no --out is given\n", typed,
                     name));
}

Config read_config(const Arguments& arguments) {
  require_in_place(arguments);
  Json json = arguments.has("preset") ? preset_of(arguments).config : Json::object();
  if (arguments.has("config")) merge(json, read_json(arguments.text("config")));
  if (arguments.has("system")) json["system"] = arguments.text("system");
  assign(json, arguments.assignments());
  return config_from_json(json);
}

int print_finished(const Arguments& arguments, const std::filesystem::path& out,
                   const dataset::Manifest& manifest) {
  if (arguments.has("json")) {
    fmt::print("{}\n", info_json(out, manifest).dump(2));
    return success;
  }
  fmt::print("{}\n", info_text(out, manifest));
  if (const auto* const test = manifest.find("test"); test == nullptr || test->trajectories() == 0)
    fmt::print(
        "There is no test split: nothing to evaluate a model on (it has n / 5 trajectories unless --n-test says otherwise)\n");
  fmt::print("Look at it:   hamgen preview {0}\nLearn from it: hgn-fit --data {0}\n", out.string());
  return success;
}

int generate_worker_share(const Arguments& arguments, const Config& config, const GenerateOptions& options) {
  const WorkerShare share = worker_share(arguments.text("worker"));
  if (options.force)
    throw FieldError("--force does not go with --worker: other workers write to the same directory");
  const std::size_t shards = generate_share(config, share, options);
  if (arguments.has("json"))
    fmt::print("{}\n", Json{{"worker", share.index}, {"workers", share.count}, {"shards", shards}}.dump(2));
  else
    fmt::print("{}: worker {} of {} has made its {} shard(s). After all of them:  hamgen finish {}\n",
               options.out.string(), share.index, share.count, shards, options.out.string());
  return success;
}

int generate_dataset(const Arguments& arguments) {
  if (arguments.has("worker")) worker_share(arguments.text("worker"));  // refused before anything is done
  const Config config = read_config(arguments);
  if (arguments.has("print-config")) {
    fmt::print("{}\n", to_json(config).dump(2));
    return success;
  }
  tell_of_new_name(arguments);
  GenerateOptions options;
  options.out =
      arguments.text("out", arguments.has("preset") ? preset_of(arguments).name : config.system->name);
  if (options.out.empty()) throw FieldError("--out is empty: expected a directory");
  options.threads = threads(arguments);
  options.force = arguments.has("force");
  options.quiet = arguments.has("quiet");
  if (arguments.has("dry-run")) {
    const Forecast expected = forecast(config, options.threads);
    fmt::print("{}", arguments.has("json") ? forecast_json(expected).dump(2) + "\n"
                                           : forecast_text(expected, options.out));
    return success;
  }
  listen_for_stop_signals();
  if (arguments.has("worker")) return generate_worker_share(arguments, config, options);
  return print_finished(arguments, options.out, generate(config, options));
}

int finish_dataset(const Arguments& arguments) {
  listen_for_stop_signals();
  return print_finished(arguments, arguments.argument(),
                        finish(arguments.argument(), threads(arguments), arguments.has("quiet")));
}

int repair_dataset(const Arguments& arguments) {
  listen_for_stop_signals();
  const auto repaired = repair(arguments.argument(), threads(arguments), arguments.has("quiet"));
  if (arguments.has("json")) {
    fmt::print("{}\n", text_of({{"repaired", repaired}}));
    return success;
  }
  for (const std::string& found : repaired) fmt::print("  repaired  {}\n", found);
  fmt::print("{}: {}\n", arguments.argument(), repaired.empty() ? "nothing to repair" : "whole again");
  return success;
}

int verify_dataset(const Arguments& arguments) {
  VerifyOptions options;
  options.full = arguments.has("full");
  if (arguments.has("regenerate")) options.regenerate = sample_size(arguments.text("regenerate"));
  options.threads = threads(arguments);
  options.quiet = arguments.has("quiet");
  const std::string& dir = arguments.argument();
  const Verification found = verify(dir, options);
  fmt::print(
      "{}", arguments.has("json") ? text_of(verification_json(found)) + "\n" : verification_text(dir, found));
  return found.problems.empty() ? success : failure;
}

int print_systems(const Arguments& arguments) {
  fmt::print("{}", arguments.has("json") ? systems_json().dump(2) + "\n" : systems_text());
  return success;
}

int print_presets(const Arguments& arguments) {
  fmt::print("{}", arguments.has("json") ? presets_json().dump(2) + "\n" : presets_text());
  return success;
}

int print_info(const Arguments& arguments) {
  const std::string& dir = arguments.argument();
  const auto manifest = dataset::read_manifest(dir);
  fmt::print("{}",
             arguments.has("json") ? info_json(dir, manifest).dump(2) + "\n" : info_text(dir, manifest));
  return missing_files(dir, manifest).empty() ? success : failure;
}

int draw_preview(const Arguments& arguments) {
  PreviewOptions options;
  options.dataset = arguments.argument();
  if (arguments.has("out")) options.out = arguments.text("out");
  if (arguments.has("split")) options.split = arguments.text("split");
  if (arguments.has("index")) options.first = arguments.whole("index", 0, 0, 1e15);
  if (arguments.has("clean")) arguments.refuse({"observed"}, "and --clean do not go together: one of them");
  if (arguments.has("clean")) options.frames = FramesShown::clean;
  if (arguments.has("observed")) options.frames = FramesShown::observed;
  if (arguments.has("scale")) options.scale = arguments.whole("scale", 0, 1, 64);
  if (arguments.has("fps")) options.frames_per_second = arguments.whole("fps", 0, 1, 50);
  Json files = Json::array();
  for (const auto& file : make_preview(options)) files.push_back(file.string());
  if (arguments.has("json")) {
    fmt::print("{}\n", files.dump(2));
    return success;
  }
  for (const auto& file : files) fmt::print("{}\n", file.get<std::string>());
  return success;
}

int print_reference(const Arguments& arguments) {
  const std::vector<ReferencePage> pages{{"config", config_reference},
                                         {"shard", dataset::layout_reference},
                                         {"schema", [] { return json_schema().dump(2) + "\n"; }}};
  fmt::print("{}",
             schemas::find_named(pages, "reference", arguments.argument(), &ReferencePage::name).text());
  return success;
}

// "hamgen generate --system NAME" is "hamgen --system NAME".
std::vector<std::string> flags_to_generate() {
  std::vector<std::string> names;
  for (const FlagGroup& group : flag_groups())
    for (const Flag& flag : group.flags)
      if (group.command.empty()) names.push_back(flag.name);
  return names;
}

std::vector<Command> commands() {
  return {{"generate", "", "make a dataset, as without a command", flags_to_generate(), generate_dataset},
          {"systems", "", "what there is to simulate", {"json"}, print_systems},
          {"presets", "", "configurations with a name", {"json"}, print_presets},
          {"info", "DIR", "what a dataset holds", {"json"}, print_info},
          {"preview",
           "DIR",
           "pictures: contact sheet, animation, phase portrait",
           {"json", "out", "quiet"},
           draw_preview},
          {"verify",
           "DIR",
           "is every byte as it was written, and every number sound?",
           {"json", "threads", "quiet"},
           verify_dataset},
          {"repair",
           "DIR",
           "make again what is missing or broken, and nothing else",
           {"json", "threads", "quiet"},
           repair_dataset},
          {"finish",
           "DIR",
           "index and manifest, once all --worker shares are made",
           {"json", "threads", "quiet"},
           finish_dataset},
          {"reference",
           "config|shard|schema",
           "every field, every dataset of a shard, the JSON Schema",
           {},
           print_reference}};
}

const CommandLine& command_line() {
  static const CommandLine line{
      .program = "hamgen",
      .synopsis = "--system NAME [options]",
      .overview = overview,
      .groups = flag_groups(),
      .commands = commands(),
      .synonyms = synonyms(),
      .guess = guess_name,
      .version = [] { return fmt::format("hamgen {} ({})", version, git_commit); },
      .run = generate_dataset,
  };
  return line;
}

}  // namespace
}  // namespace hamgen::apps

int main(int argc, char** argv) {
  using namespace hamgen::apps;
  return run_program("hamgen", [&] { return run_command_line(command_line(), argc, argv); });
}
