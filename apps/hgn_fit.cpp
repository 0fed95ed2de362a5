// hgn-fit: learns Hamiltonians from hamgen's shards. Commands and flags; everything else is in the library.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cxxopts.hpp>
#include <string_view>

#include "apps/fit/fit.hpp"
#include "apps/fit/fit_profile.hpp"
#include "apps/fit/test_result.hpp"
#include "apps/shell/command_line.hpp"
#include "apps/shell/stop_signal.hpp"
#include "apps/shell/streams.hpp"
#include "apps/shell/version.hpp"
#include "model/data/targets.hpp"
#include "schemas/names.hpp"

namespace hamgen::apps {
namespace {

constexpr const char* overview = R"(hgn-fit - learns Hamiltonians from the videos that hamgen makes

  hgn-fit --data three_body --out runs/hgn     train on ./three_body
  hgn-fit --model nhf --target ring            a density by Hamiltonian flows
  hgn-fit --resume runs/hgn                    go on with it, bit for bit
  hgn-fit presets                              what --preset offers
  hgn-fit reference config|schema              every field, the JSON Schema

A run's directory holds config.json, log.jsonl (also for TensorBoard), sample pictures, checkpoints and
model.safetensors. SIGTERM, SIGUSR1 and Ctrl-C save and exit with status 75.
)";

constexpr Shorthand shorthands[] = {
    {"model", "model", "what to train: "},  // and the names of all
    {"seed", "seed", "seed of every random number [0]"},
    {"steps", "train.steps", "length of the training and its schedules [by preset]"},
    {"batch", "train.batch", "sequences or points of a step [by preset]"},
    {"image-size", "data.image_size", "average larger frames down to this [as stored]"},
    {"target", "data.target", "a built-in density in place of --data, for nhf and real_nvp: "},  // and all
    {"field", "data.field", "arrays of the shards, or a table of an HDF5 file, for nhf and real_nvp [q]"},
    {"frame", "data.frame", "of the arrays; null: any [0]"},
    {"device", "device", "auto, cpu, cuda or cuda:1 [auto]"},
    {"precision", "precision", "of encoder and decoder: auto, fp32 or bf16 [auto]"},
    {"threads", "threads", "CPU threads [all cores it may use]"},
};

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
    throw schemas::FieldError("--max-time = \"" + text +
                              "\" is not allowed: expected a time like 90s, 45m or 1.5h");
  return value * factor;
}

std::string help_of(const Shorthand& shorthand) {
  std::string help = shorthand.help;
  const std::string_view flag = shorthand.flag;
  if (flag == "model")
    for (const auto& model : model::models()) help += model.name + ", ";
  else if (flag == "target")
    for (const auto& target : model::targets()) help += target.name + ", ";
  else
    return help;
  return help.substr(0, help.size() - 2) + (flag == "model" ? " [hgn]" : "");
}

cxxopts::Options make_options() {
  cxxopts::Options options("hgn-fit", overview);
  options.custom_help("--data DIR [options]");
  options.positional_help("");
  options.set_width(110);
  options.add_options("Run")("data", "dataset that hamgen made", cxxopts::value<std::string>(), "DIR")(
      "out", "directory of the run [runs/NAME of the dataset]", cxxopts::value<std::string>(), "DIR")(
      "resume",
      "go on with this run; --threads, --device and --steps (which stretches its schedules) may change",
      cxxopts::value<std::string>(),
      "RUN")("max-time", "stop, save and evaluate after so long: 90s, 45m, 2h", cxxopts::value<std::string>(),
             "TIME")("max-steps", "stop, save and evaluate after so many steps",
                     cxxopts::value<std::string>(), "N")("force", "replace a run that is already there")(
      "profile",
      "time the parts of some steps (--max-steps, else 20), print a table and stop: no run is kept")(
      "print-config", "print the complete configuration as JSON and stop");
  auto add = options.add_options("Training");
  add("preset",
      "paper, small, chaotic or density: see hgn-fit presets [small; for nhf and real_nvp density; "
      "for models of states paper]",
      cxxopts::value<std::string>(), "NAME");
  for (const Shorthand& shorthand : shorthands)
    add(shorthand.flag, help_of(shorthand), cxxopts::value<std::string>(), "X");
  add("config", "JSON file with any of the fields of --print-config, - for stdin",
      cxxopts::value<std::string>(), "FILE");
  add("set", "one field, e.g. --set hamiltonian.form=joint (repeatable; wins over --config)",
      cxxopts::value<std::vector<std::string>>(), "PATH=VALUE");
  options.add_options("Output")("quiet", "no progress on stderr")("json", "the result as JSON")(
      "version", "print the version")("help", "print this");
  options.add_options("Hidden")("words", "", cxxopts::value<std::vector<std::string>>());
  options.parse_positional({"words"});
  return options;
}

class Program {
 public:
  Program(const cxxopts::ParseResult& flags, Assignments assignments)
      : flags_(flags), assignments_(std::move(assignments)) {
    if (flags.count("words") > 0) words_ = flags["words"].as<std::vector<std::string>>();
  }

  int run() const {
    if (words_.empty()) return train();
    const Command& command =
        schemas::find_named(commands(), "command", words_.front(), &Command::name, "--data DIR");
    const std::size_t expected = command.argument == nullptr ? 1 : 2;
    if (words_.size() < expected)
      throw schemas::FieldError("hgn-fit " + command.name + " needs an argument: " + command.argument);
    if (words_.size() > expected)
      throw schemas::FieldError("unexpected argument \"" + words_[expected] + "\"");
    return command.run(*this, words_.back());
  }

 private:
  using Command = apps::Command<Program>;
  static const std::vector<Command>& commands() {
    static const std::vector<Command> all{
        {"presets", nullptr,
         [](const Program& program, const std::string&) { return program.print_presets(); }},
        {"reference", "config|schema",
         [](const Program& program, const std::string& page) { return program.print_reference(page); }},
    };
    return all;
  }

  bool has(const char* flag) const { return flags_.count(flag) > 0; }
  std::string text(const char* flag) const { return flags_[flag].as<std::string>(); }

  FitConfig read_config() const {
    const Json file = has("config") ? read_json(text("config")) : Json::object();
    const std::string model = has("model") ? text("model")
                              : file.is_object() && file.value("model", Json("hgn")).is_string()
                                  ? file.value("model", "hgn")
                                  : "hgn";
    Json json = preset_settings(has("preset") ? text("preset") : default_preset(model), model);
    merge(json, file);
    Assignments all;
    for (const Shorthand& shorthand : shorthands)
      if (has(shorthand.flag)) all.emplace_back(shorthand.path, text(shorthand.flag));
    all.insert(all.end(), assignments_.begin(), assignments_.end());
    assign(json, all);
    return fit_config_from_json(json);
  }

  FitOptions options() const {
    FitOptions options;
    if (has("data")) options.data = text("data");
    options.force = has("force");
    options.quiet = has("quiet");
    if (has("max-time")) options.max_seconds = duration(text("max-time"));
    if (has("max-steps")) options.max_steps = whole_number("max-steps", text("max-steps"), 1, 1e12);
    options.interrupted = &stop_requested();
    return options;
  }

  // Named after the dataset, the file or the target.
  static std::filesystem::path name_of_run(const FitConfig& config, const std::filesystem::path& data) {
    const auto& settings = config.settings;
    if (data.empty() && settings.values().contains("data.target") && !settings.is_automatic("data.target"))
      return settings.text("data.target");
    return std::filesystem::is_regular_file(data)
               ? data.stem()
               : std::filesystem::absolute(data / ".").parent_path().filename();
  }

  FitOutcome new_run() const {
    FitOptions options = this->options();
    FitConfig config = read_config();
    options.out =
        has("out") ? std::filesystem::path(text("out")) : "runs" / name_of_run(config, options.data);
    return fit(std::move(config), options);
  }

  FitOutcome old_run() const {
    constexpr std::string_view allowed[] = {"resume", "max-time", "max-steps", "quiet", "json", "data"},
                               changeable[] = {"threads", "device", "steps"};
    FitOptions options = this->options();
    const auto refuse = [](const std::string& flag) {
      throw schemas::FieldError("--" + flag +
                                " does not go with --resume: a run goes on with its own configuration, but "
                                "for --threads, --device and --steps");
    };
    for (const auto& argument : flags_.arguments()) {
      const auto* const shorthand = std::ranges::find(shorthands, argument.key(), &Shorthand::flag);
      if (std::ranges::find(changeable, argument.key()) != std::end(changeable))
        options.changes.emplace_back(shorthand->path, argument.value());
      else if (std::ranges::find(allowed, argument.key()) == std::end(allowed))
        refuse(argument.key());
    }
    if (!assignments_.empty()) refuse("set");
    options.out = text("resume");
    return resume_fit(options);
  }

  int profile() const {
    for (const char* flag : {"out", "resume", "max-time", "force"})
      if (has(flag)) throw schemas::FieldError(std::string("--") + flag + " does not go with --profile");
    const FitOptions options = this->options();
    const Json profile = profile_fit(read_config(), options, options.max_steps.value_or(20));
    fmt::print("{}", has("json") ? profile.dump(2) + "\n" : profile_text(profile));
    return success;
  }

  int train() const {
    if (has("print-config")) {
      fmt::print("{}\n", to_json(read_config()).dump(2));
      return success;
    }
    if (has("profile")) return profile();
    listen_for_stop_signals();
    FitOutcome outcome;
    try {
      outcome = has("resume") ? old_run() : new_run();
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
    if (has("json"))
      fmt::print("{}\n", outcome.result.dump(2));
    else
      fmt::print("{}", result_text(outcome.run, outcome.result));
    return success;
  }

  int print_presets() const {
    for (const Preset& preset : presets()) fmt::print("{:<8} {}\n", preset.name, preset.summary);
    return success;
  }

  int print_reference(const std::string& page) const {
    const std::vector<ReferencePage> pages{{"config", fit_reference},
                                           {"schema", [] { return fit_schema().dump(2) + "\n"; }}};
    fmt::print("{}", schemas::find_named(pages, "reference", page, &ReferencePage::name).text());
    return success;
  }

  const cxxopts::ParseResult& flags_;
  Assignments assignments_;
  std::vector<std::string> words_;
};

int run(int argc, char** argv) {
  std::vector<std::string> arguments(argv, argv + argc);
  auto assignments = take_assignments(arguments);
  std::vector<const char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(argument.c_str());
  cxxopts::Options options = make_options();
  const auto flags = options.parse(static_cast<int>(pointers.size()), pointers.data());
  if (flags.count("help") > 0 || (pointers.size() == 1 && assignments.empty())) {
    fmt::print("{}", options.help({"Run", "Training", "Output"}));
    return success;
  }
  if (flags.count("version") > 0) {
    fmt::print("hgn-fit {} ({}), LibTorch {}\n", version, git_commit, TORCH_VERSION);
    return success;
  }
  return Program(flags, std::move(assignments)).run();
}

}  // namespace
}  // namespace hamgen::apps

int main(int argc, char** argv) {
  using hamgen::model::without_backtrace;
  hamgen::model::prepare_environment();
  return hamgen::apps::run_program(
      "hgn-fit", [&] { return without_backtrace([&] { return hamgen::apps::run(argc, argv); }); });
}
