// hamgen: exact Hamiltonian dynamics as video datasets. Commands and flags; everything else is in the
// library.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cxxopts.hpp>
#include <optional>

#include "apps/generate/config.hpp"
#include "apps/generate/generate.hpp"
#include "apps/generate/repair.hpp"
#include "apps/generate/suite.hpp"
#include "apps/inspect/preview.hpp"
#include "apps/inspect/report.hpp"
#include "apps/inspect/verify.hpp"
#include "apps/shell/command_line.hpp"
#include "apps/shell/cores.hpp"
#include "apps/shell/stop_signal.hpp"
#include "apps/shell/streams.hpp"
#include "apps/shell/version.hpp"
#include "dataset/format/layout.hpp"
#include "schemas/names.hpp"

namespace hamgen::apps {
namespace {

constexpr const char* overview = R"(hamgen - exact Hamiltonian dynamics as video datasets

  hamgen --system three_body --n 50000     make a dataset in ./three_body
  hamgen --preset dm_pendulum_colors       a configuration with a name: hamgen presets lists them
  hamgen systems                           what there is to simulate
  hamgen info DIR                          what a dataset holds
  hamgen preview DIR                       pictures: contact sheet, animation, phase portrait
  hamgen verify DIR                        is every byte as it was written, and every number sound?
  hamgen repair DIR                        make again what is missing or broken, and nothing else
  hamgen finish DIR                        index and manifest, once all --worker shares are made
  hamgen reference config|shard|schema     every field, every dataset, the JSON Schema

A dataset is HDF5: h5py.File("three_body/train.h5")["frames"] is [50000, 31, 64, 64, 3], uint8.
Equal configurations give equal bytes, whatever the number of threads. A run that was interrupted (status 75
after SIGINT, SIGTERM or SIGUSR1) goes on with the same command.
)";

constexpr Shorthand shorthands[] = {
    {"n", "n", "trajectories of the train split [1000]"},
    {"n-test", "n_test", "trajectories of the test split, 0 for none [n / 5]"},
    {"n-validation", "n_validation", "trajectories of the validation split, 0 for none [n / 5, at most 200]"},
    {"seed", "seed", "seed of every random number [0]"},
    {"image-size", "image.size", "pixels along each side, a multiple of 8 [64]"},
    {"steps", "steps", "steps of a trajectory; it has one frame more [30]"},
    {"dt", "dt", "time between frames [0.125]"},
    {"noise-std", "noise.std", "observation noise on q and p [by system]"},
    {"shard-size", "shard_size", "trajectories of a shard [500; more for over 100,000]"},
};

cxxopts::Options make_options() {
  cxxopts::Options options("hamgen", overview);
  options.custom_help("--system NAME [options]");
  options.positional_help("");
  options.set_width(110);
  auto add = options.add_options("Dataset");
  add("system", "the system to simulate (hamgen systems lists them)", cxxopts::value<std::string>(), "NAME");
  add("preset", "begin with a ready-made configuration (hamgen presets lists them)",
      cxxopts::value<std::string>(), "NAME");
  for (const Shorthand& shorthand : shorthands)
    add(shorthand.flag, shorthand.help, cxxopts::value<std::string>(), "X");
  add("config", "JSON file with any of the fields of --print-config, - for stdin",
      cxxopts::value<std::string>(), "FILE");
  add("set", "one field, e.g. --set start.radius=[0.5,1] (repeatable; wins over --config)",
      cxxopts::value<std::vector<std::string>>(), "PATH=VALUE");
  options.add_options("Run")("out", "output directory [./NAME]", cxxopts::value<std::string>(), "DIR")(
      "force", "replace a dataset that is already there")("threads", "worker threads [all cores it may use]",
                                                          cxxopts::value<std::string>(), "N")(
      "worker", "make only shards I, I+N, ... of the plan; then hamgen finish", cxxopts::value<std::string>(),
      "I/N")("dry-run", "simulate 16 trajectories and tell the bytes and seconds to expect")(
      "print-config", "print the complete configuration as JSON and stop");
  options.add_options("Output")("quiet", "no progress on stderr")("json", "results as JSON")(
      "version", "print the version")("help", "print this");
  options.add_options("Preview")("split", "of the dataset [train]", cxxopts::value<std::string>(), "NAME")(
      "index", "first trajectory to show [0]", cxxopts::value<std::string>(), "I")(
      "clean", "noise-free frames, drawn anew where the split has none [where it has them]")(
      "observed", "frames with the noise")(
      "scale", "pixels of a picture for each of a frame, 1 to 64 [as fits]", cxxopts::value<std::string>(),
      "N")("fps", "frames of the animation per second, 1 to 50 [12]", cxxopts::value<std::string>(), "N");
  options.add_options("Verify")("full", "also decompress every frame and compare the content's hash")(
      "regenerate", "also simulate and render a random sample again: 1% or a number",
      cxxopts::value<std::string>(), "X");
  options.add_options("Hidden")("words", "", cxxopts::value<std::vector<std::string>>());
  options.parse_positional({"words"});
  return options;
}

// cxxopts knows one-letter flags with one dash only: --n and --n=5 become -n.
void accept_long_n(std::vector<std::string>& arguments) {
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[i] == "--n") arguments[i] = "-n";
    if (!arguments[i].starts_with("--n=")) continue;
    const std::string value = arguments[i].substr(4);
    arguments[i] = "-n";
    arguments.insert(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1, value);
  }
}

std::string help_text(const cxxopts::Options& options) {
  std::string help = options.help({"Dataset", "Run", "Output", "Preview", "Verify"});
  const std::string shown = "  -n X     ", meant = "      --n X";
  if (const auto at = help.find(shown); at != std::string::npos) help.replace(at, shown.size(), meant);
  return help;
}

class Program {
 public:
  Program(const cxxopts::ParseResult& flags, Assignments assignments)
      : flags_(flags), assignments_(std::move(assignments)), json_(flags.count("json") > 0) {
    if (flags.count("words") > 0) words_ = flags["words"].as<std::vector<std::string>>();
  }

  int run() const {
    if (words_.empty()) return generate_dataset();
    const Command& command =
        schemas::find_named(commands(), "command", words_.front(), &Command::name, "--system NAME");
    const std::size_t expected = command.argument == nullptr ? 1 : 2;
    if (words_.size() < expected)
      throw schemas::FieldError("hamgen " + command.name + " needs an argument: " + command.argument);
    if (words_.size() > expected)
      throw schemas::FieldError("unexpected argument \"" + words_[expected] + "\"");
    return command.run(*this, words_.back());
  }

 private:
  std::string text(const char* flag) const { return flags_[flag].as<std::string>(); }

  using Command = apps::Command<Program>;
  static const std::vector<Command>& commands() {
    using Text = const std::string&;
    static const std::vector<Command> all{
        {"generate", nullptr, [](const Program& program, Text) { return program.generate_dataset(); }},
        {"systems", nullptr, [](const Program& program, Text) { return program.print_systems(); }},
        {"presets", nullptr, [](const Program& program, Text) { return program.print_presets(); }},
        {"info", "DIR", [](const Program& program, Text dir) { return program.print_info(dir); }},
        {"preview", "DIR", [](const Program& program, Text dir) { return program.draw_preview(dir); }},
        {"verify", "DIR", [](const Program& program, Text dir) { return program.verify_dataset(dir); }},
        {"repair", "DIR", [](const Program& program, Text dir) { return program.repair_dataset(dir); }},
        {"finish", "DIR", [](const Program& program, Text dir) { return program.finish_dataset(dir); }},
        {"reference", "config|shard|schema",
         [](const Program& program, Text page) { return program.print_reference(page); }},
    };
    return all;
  }

  std::int64_t whole_number(const char* flag, double at_least, double at_most) const {
    return apps::whole_number(flag, text(flag), at_least, at_most);
  }

  // Flags that mean nothing to a command are refused, not ignored.
  void allow_only(const std::vector<std::string>& allowed) const {
    for (const auto& argument : flags_.arguments())
      if (argument.key() != "words" && std::ranges::find(allowed, argument.key()) == allowed.end())
        throw schemas::FieldError("--" + argument.key() + " does not apply to hamgen " + words_.at(0));
    if (!assignments_.empty() && std::ranges::find(allowed, "set") == allowed.end())
      throw schemas::FieldError("--set does not apply to hamgen " + words_.at(0));
  }

  const DatasetPreset& preset() const { return find_dataset_preset(text("preset")); }

  void tell_of_new_name() const {
    if (flags_.count("preset") == 0 || flags_.count("quiet") > 0 || preset().name == text("preset")) return;
    tell(fmt::format("note: preset {} is called {} now, and makes ./{} where no --out is given\n",
                     text("preset"), preset().name, preset().name));
  }

  Config read_config() const {
    Json json = flags_.count("preset") > 0 ? preset().config : Json::object();
    if (flags_.count("config") > 0) merge(json, read_json(text("config")));
    if (flags_.count("system") > 0) json["system"] = text("system");
    Assignments all;
    for (const Shorthand& shorthand : shorthands)
      if (flags_.count(shorthand.flag) > 0) all.emplace_back(shorthand.path, text(shorthand.flag));
    all.insert(all.end(), assignments_.begin(), assignments_.end());
    assign(json, all);
    return config_from_json(json);
  }

  // Names of files need not be UTF-8.
  static std::string text_of(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
  }

  unsigned threads() const {
    return flags_.count("threads") > 0 ? static_cast<unsigned>(whole_number("threads", 1, 1024))
                                       : available_cores();
  }

  // "3/8"
  WorkerShare worker_share() const {
    const std::string value = text("worker");
    const auto slash = value.find('/');
    if (slash == std::string::npos)
      throw schemas::FieldError("--worker = \"" + value + "\" is not allowed: expected I/N, such as 0/8");
    WorkerShare share;
    share.count = static_cast<std::uint64_t>(apps::whole_number("worker", value.substr(slash + 1), 1, 1e6));
    share.index = static_cast<std::uint64_t>(
        apps::whole_number("worker", value.substr(0, slash), 0, static_cast<double>(share.count - 1)));
    return share;
  }

  // "1%", "0.5%", "200"
  SampleSize sample_size() const {
    const std::string value = text("regenerate");
    if (!value.ends_with('%'))
      return {.count = static_cast<std::uint64_t>(whole_number("regenerate", 1, 1e12))};
    const Json number = Json::parse(value.substr(0, value.size() - 1), nullptr, false);
    if (!number.is_number() || !(number.get<double>() > 0) || number.get<double>() > 100)
      throw schemas::FieldError(
          "--regenerate = \"" + value +
          "\" is not allowed: expected a share such as 1%, or a number of trajectories");
    return {.share = number.get<double>() / 100};
  }

  int generate_dataset() const {
    for (const char* flag : {"split", "index", "clean", "observed", "scale", "fps"})
      if (flags_.count(flag) > 0) throw schemas::FieldError(fmt::format("--{} is for hamgen preview", flag));
    for (const char* flag : {"full", "regenerate"})
      if (flags_.count(flag) > 0) throw schemas::FieldError(fmt::format("--{} is for hamgen verify", flag));
    std::optional<WorkerShare> share;
    if (flags_.count("worker") > 0) share = worker_share();
    const Config config = read_config();
    tell_of_new_name();
    if (flags_.count("print-config") > 0) {
      fmt::print("{}\n", to_json(config).dump(2));
      return success;
    }
    GenerateOptions options;
    options.out = flags_.count("out") > 0      ? text("out")
                  : flags_.count("preset") > 0 ? preset().name
                                               : config.system->name;
    if (options.out.empty()) throw schemas::FieldError("--out is empty: expected a directory");
    options.threads = threads();
    options.force = flags_.count("force") > 0;
    options.quiet = flags_.count("quiet") > 0;
    if (flags_.count("dry-run") > 0) {
      const Forecast expected = forecast(config, options.threads);
      fmt::print("{}", json_ ? forecast_json(expected).dump(2) + "\n" : forecast_text(expected, options.out));
      return success;
    }
    listen_for_stop_signals();
    if (share) return generate_worker_share(config, *share, options);
    return print_finished(options.out, generate(config, options));
  }

  int generate_worker_share(const Config& config, const WorkerShare& share,
                            const GenerateOptions& options) const {
    if (options.force)
      throw schemas::FieldError(
          "--force does not go with --worker: other workers write to the same directory");
    const std::size_t shards = generate_share(config, share, options);
    if (json_)
      fmt::print("{}\n", Json{{"worker", share.index}, {"workers", share.count}, {"shards", shards}}.dump(2));
    else
      fmt::print("{}: worker {} of {} has made its {} shard(s). After all of them:  hamgen finish {}\n",
                 options.out.string(), share.index, share.count, shards, options.out.string());
    return success;
  }

  int print_finished(const std::filesystem::path& out, const dataset::Manifest& manifest) const {
    if (json_)
      fmt::print("{}\n", info_json(out, manifest).dump(2));
    else
      fmt::print("{}\nLook at it:  hamgen preview {}\n", info_text(out, manifest), out.string());
    return success;
  }

  int finish_dataset(const std::string& dir) const {
    allow_only({"json", "threads", "quiet"});
    listen_for_stop_signals();
    return print_finished(dir, finish(dir, threads(), flags_.count("quiet") > 0));
  }

  int repair_dataset(const std::string& dir) const {
    allow_only({"json", "threads", "quiet"});
    listen_for_stop_signals();
    const auto repaired = repair(dir, threads(), flags_.count("quiet") > 0);
    if (json_) {
      fmt::print("{}\n", text_of({{"repaired", repaired}}));
    } else {
      for (const std::string& found : repaired) fmt::print("  repaired  {}\n", found);
      fmt::print("{}: {}\n", dir, repaired.empty() ? "nothing to repair" : "whole again");
    }
    return success;
  }

  int verify_dataset(const std::string& dir) const {
    allow_only({"json", "threads", "quiet", "full", "regenerate"});
    VerifyOptions options;
    options.full = flags_.count("full") > 0;
    if (flags_.count("regenerate") > 0) options.regenerate = sample_size();
    options.threads = threads();
    options.quiet = flags_.count("quiet") > 0;
    const Verification found = verify(dir, options);
    fmt::print("{}", json_ ? text_of(verification_json(found)) + "\n" : verification_text(dir, found));
    return found.problems.empty() ? success : failure;
  }

  int print_systems() const {
    allow_only({"json"});
    fmt::print("{}", json_ ? systems_json().dump(2) + "\n" : systems_text());
    return success;
  }

  int print_presets() const {
    allow_only({"json"});
    fmt::print("{}", json_ ? presets_json().dump(2) + "\n" : presets_text());
    return success;
  }

  int print_info(const std::string& dir) const {
    allow_only({"json"});
    const auto manifest = dataset::read_manifest(dir);
    fmt::print("{}", json_ ? info_json(dir, manifest).dump(2) + "\n" : info_text(dir, manifest));
    return missing_files(dir, manifest).empty() ? success : failure;
  }

  int draw_preview(const std::string& dir) const {
    allow_only({"json", "out", "split", "index", "quiet", "clean", "observed", "scale", "fps"});
    if (flags_.count("clean") > 0 && flags_.count("observed") > 0)
      throw schemas::FieldError("--clean and --observed do not go together: one of them");
    PreviewOptions options;
    options.dataset = dir;
    if (flags_.count("out") > 0) options.out = text("out");
    if (flags_.count("split") > 0) options.split = text("split");
    if (flags_.count("index") > 0) options.first = whole_number("index", 0, 1e15);
    if (flags_.count("clean") > 0) options.frames = FramesShown::clean;
    if (flags_.count("observed") > 0) options.frames = FramesShown::observed;
    if (flags_.count("scale") > 0) options.scale = whole_number("scale", 1, 64);
    if (flags_.count("fps") > 0) options.frames_per_second = whole_number("fps", 1, 50);
    Json files = Json::array();
    for (const auto& file : make_preview(options)) files.push_back(file.string());
    if (json_) fmt::print("{}\n", files.dump(2));
    if (!json_)
      for (const auto& file : files) fmt::print("{}\n", file.get<std::string>());
    return success;
  }

  int print_reference(const std::string& page) const {
    const std::vector<ReferencePage> pages{{"config", config_reference},
                                           {"shard", dataset::layout_reference},
                                           {"schema", [] { return json_schema().dump(2) + "\n"; }}};
    const ReferencePage& chosen = schemas::find_named(pages, "reference", page, &ReferencePage::name);
    allow_only({});
    fmt::print("{}", chosen.text());
    return success;
  }

  const cxxopts::ParseResult& flags_;
  Assignments assignments_;
  bool json_;
  std::vector<std::string> words_;
};

int run(int argc, char** argv) {
  std::vector<std::string> arguments(argv, argv + argc);
  auto assignments = take_assignments(arguments);
  accept_long_n(arguments);
  std::vector<const char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());

  cxxopts::Options options = make_options();
  const auto flags = options.parse(static_cast<int>(pointers.size()), pointers.data());
  if (flags.count("help") > 0 || (pointers.size() == 1 && assignments.empty())) {
    fmt::print("{}", help_text(options));
    return success;
  }
  if (flags.count("version") > 0) {
    fmt::print("hamgen {} ({})\n", version, git_commit);
    return success;
  }
  return Program(flags, std::move(assignments)).run();
}

}  // namespace
}  // namespace hamgen::apps

int main(int argc, char** argv) {
  return hamgen::apps::run_program("hamgen", [&] { return hamgen::apps::run(argc, argv); });
}
