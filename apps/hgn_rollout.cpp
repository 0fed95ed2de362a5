// hgn-rollout: pictures of what a trained model makes of time.
#include <fmt/format.h>

#include <cmath>
#include <cxxopts.hpp>

#include "apps/evaluate/rollout.hpp"
#include "apps/shell/command_line.hpp"
#include "apps/shell/cores.hpp"
#include "apps/shell/streams.hpp"
#include "apps/shell/threads.hpp"
#include "apps/shell/version.hpp"
#include "dataset/files/commit.hpp"
#include "dataset/format/layout.hpp"

namespace hamgen::apps {
namespace {

namespace fs = std::filesystem;

constexpr const char* overview = R"(hgn-rollout - shows how a trained model sees motion

  hgn-rollout runs/hgn --data mass_spring                              forward, backward, fast, slow: rollout.png
  hgn-rollout runs/hgn --data mass_spring --direction backward --speed 0.5 --steps 60 --out back.gif
  hgn-rollout runs/hgn --sample 8 --out samples.png                    sequences from the prior N(0, 1)
  hgn-rollout runs/hgn --sample 8 --data mass_spring                   from a mixture fitted to what is encoded
  hgn-rollout runs/hgn --data mass_spring --interpolate 7              from sequence 0's state to sequence 7's

A .png is a sheet of frames, a .gif an animation. The truth above each rollout is the exact motion, without noise.
)";

cxxopts::Options make_options() {
  cxxopts::Options options("hgn-rollout", overview);
  options.custom_help("RUN --data DIR [options]");
  options.positional_help("");
  options.set_width(110);
  auto add = options.add_options("Sequence");
  add("data", "dataset that hamgen made", cxxopts::value<std::string>(), "DIR");
  add("index", "which sequence of the split [0]", cxxopts::value<std::string>(), "I");
  add("split", "of the dataset [test]", cxxopts::value<std::string>(), "NAME");
  auto roll = options.add_options("Rollout");
  roll("direction", "forward or backward: this one rollout alone", cxxopts::value<std::string>(), "WAY");
  roll("speed", "of time, e.g. 0.5 or 2: this one rollout alone", cxxopts::value<std::string>(), "X");
  roll("steps", "intervals to roll out [the window's]", cxxopts::value<std::string>(), "N");
  roll("sample",
       "so many sequences from the prior instead; with --data from a density of what the model makes of its "
       "train split",
       cxxopts::value<std::string>(), "N");
  roll("seed", "of the samples [0]", cxxopts::value<std::string>(), "N");
  roll("interpolate", "rollouts from states between this sequence's and that of sequence J",
       cxxopts::value<std::string>(), "J");
  options.add_options("Output")("out", "picture: .png or .gif [rollout.png]", cxxopts::value<std::string>(),
                                "FILE")(
      "plain", "bare frames, a row for each sequence: no label, no gap, no zoom (.png)")(
      "json", "write errors and energies here; - for stdout", cxxopts::value<std::string>(), "FILE")(
      "device", "auto, cpu, cuda or cuda:1 [as trained]", cxxopts::value<std::string>(), "X")(
      "version", "print the version")("help", "print this");
  options.add_options("Hidden")("run", "", cxxopts::value<std::vector<std::string>>());
  options.parse_positional({"run"});
  return options;
}

class Program {
 public:
  explicit Program(const cxxopts::ParseResult& flags) : flags_(flags) {}

  int run() const {
    if (!has("run") || flags_["run"].as<std::vector<std::string>>().size() != 1)
      throw schemas::FieldError("expected one run: the directory of a run of hgn-fit");
    const fs::path out = has("out") ? text("out") : "rollout.png";
    if (out.extension() != ".png" && out.extension() != ".gif")
      throw schemas::FieldError("--out = \"" + out.string() +
                                "\" is not allowed: expected a name that ends in .png or .gif");
    if (has("plain") && out.extension() != ".png")
      throw schemas::FieldError("--plain makes a .png, not a .gif");
    const Threads limit(available_cores());
    model::set_arithmetic();
    const at::NoGradGuard no_grad;
    const TrainedRun run =
        load_run(flags_["run"].as<std::vector<std::string>>().front(), has("device") ? text("device") : "");
    const RolloutResult result = has("sample") ? samples(run) : of_data(run);
    write(out, result);
    if (has("json") && text("json") != "-") dataset::commit_file(text("json"), result.json.dump(2) + "\n");
    if (has("json") && text("json") == "-") {
      fmt::print("{}\n", result.json.dump(2));
    } else {
      for (const std::string& note : result.sheet.notes) fmt::print("{}\n", note);
      fmt::print("{}\n", out.string());
    }
    return success;
  }

 private:
  bool has(const char* flag) const { return flags_.count(flag) > 0; }
  std::string text(const char* flag) const { return flags_[flag].as<std::string>(); }
  std::int64_t whole(const char* flag, std::int64_t fallback, double low, double high) const {
    return has(flag) ? whole_number(flag, text(flag), low, high) : fallback;
  }

  std::int64_t steps(const TrainedRun& run) const { return whole("steps", run.shape.frames - 1, 1, 10'000); }

  double speed() const {
    double speed = 1;
    if (has("speed")) {
      std::size_t digits = 0;
      try {
        speed = std::stod(text("speed"), &digits);
      } catch (const std::exception&) {
      }
      if (digits != text("speed").size() || !(speed > 0) || !(speed <= 1000))
        throw schemas::FieldError("--speed = \"" + text("speed") +
                                  "\" is not allowed: expected a number > 0 and <= 1000");
    }
    if (!has("direction") || text("direction") == "forward") return speed;
    if (text("direction") == "backward") return -speed;
    throw schemas::FieldError("--direction = \"" + text("direction") +
                              "\" is not allowed: expected forward or backward");
  }

  static void check_data(const TrainedRun& run, const EvaluationData& data) {
    if (is_its_dataset(run.path, data.root)) return;
    tell(fmt::format("hgn-rollout: {} WAS TRAINED ON ANOTHER DATASET than {}\n", run.path.string(),
                     data.root.string()));
  }

  RolloutResult samples(const TrainedRun& run) const {
    for (const char* flag : {"index", "split", "direction", "speed", "interpolate"})
      if (has(flag)) throw schemas::FieldError(std::string("--") + flag + " does not go with --sample");
    const std::int64_t sequences = whole("sample", 8, 1, 1000);
    const auto seed = static_cast<std::uint64_t>(whole("seed", 0, 0, 1e15));
    if (!has("data")) return show_prior(run, sequences, steps(run), seed);
    const EvaluationData data(text("data"));
    check_data(run, data);
    return show_fitted(run, data, sequences, steps(run), seed);
  }

  RolloutResult of_data(const TrainedRun& run) const {
    if (!has("data")) throw schemas::FieldError("no dataset is chosen: give --data DIR (hamgen makes one)");
    SequenceChoice choice;
    if (has("split")) choice.split = text("split");
    if (!dataset::is_split(choice.split))
      throw schemas::FieldError("--split = \"" + choice.split + "\" is not allowed: there is no such split");
    const EvaluationData data(text("data"), choice.split == "train" ? "test" : choice.split);
    check_data(run, data);
    choice.index = static_cast<std::uint64_t>(whole("index", 0, 0, 1e15));
    if (has("seed")) throw schemas::FieldError("--seed goes with --sample");
    for (const char* flag : {"direction", "speed", "steps"})
      if (has("interpolate") && has(flag))
        throw schemas::FieldError(std::string("--") + flag + " does not go with --interpolate");
    if (has("interpolate"))
      return show_interpolation(run, data, choice,
                                static_cast<std::uint64_t>(whole("interpolate", 0, 0, 1e15)), 9);
    if (!has("direction") && !has("speed") && !has("steps")) return show_all(run, data, choice);
    return show_one(run, data, choice, steps(run), speed());
  }

  void write(const fs::path& out, const RolloutResult& result) const {
    if (out.extension() == ".gif")
      render::write_gif(out, animation(result.sheet.rows), 8);
    else
      write_png(out, has("plain") ? to_surface(strip(result.sheet.rows)) : draw(result.sheet));
  }

  const cxxopts::ParseResult& flags_;
};

int run(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const auto flags = options.parse(argc, argv);
  if (flags.count("help") > 0 || argc == 1) {
    fmt::print("{}", options.help({"Sequence", "Rollout", "Output"}));
    return success;
  }
  if (flags.count("version") > 0) {
    fmt::print("hgn-rollout {} ({}), LibTorch {}\n", version, git_commit, TORCH_VERSION);
    return success;
  }
  return Program(flags).run();
}

}  // namespace
}  // namespace hamgen::apps

int main(int argc, char** argv) {
  using hamgen::model::without_backtrace;
  return hamgen::apps::run_program(
      "hgn-rollout", [&] { return without_backtrace([&] { return hamgen::apps::run(argc, argv); }); });
}
