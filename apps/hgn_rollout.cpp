// hgn-rollout: pictures of what a trained model makes of time.
#include <fmt/format.h>

#include <cmath>

#include "apps/evaluate/rollout.hpp"
#include "apps/shell/arguments.hpp"
#include "apps/shell/command_line.hpp"
#include "apps/shell/common_flags.hpp"
#include "apps/shell/cores.hpp"
#include "apps/shell/streams.hpp"
#include "apps/shell/threads.hpp"
#include "apps/shell/version.hpp"
#include "dataset/files/commit.hpp"
#include "dataset/format/layout.hpp"

namespace hamgen::apps {
namespace {

namespace fs = std::filesystem;
using schemas::FieldError;

constexpr const char* overview = R"(shows how a trained model sees motion

  hgn-rollout runs/hgn --data mass_spring                              forward, backward, fast, slow: rollout.png
  hgn-rollout runs/hgn --data mass_spring --direction backward --speed 0.5 --steps 60 --out back.gif
  hgn-rollout runs/hgn --sample 8 --out samples.png                    sequences from the prior N(0, 1)
  hgn-rollout runs/hgn --sample 8 --data mass_spring                   from a mixture fitted to what is encoded
  hgn-rollout runs/hgn --data mass_spring --interpolate 7              from sequence 0's state to sequence 7's

A .png is a sheet of frames, a .gif an animation. The truth above each rollout is the exact motion, without noise.
)";

std::int64_t steps(const Arguments& arguments, const TrainedRun& run) {
  return arguments.whole("steps", run.shape.frames - 1, 1, 10'000);
}

double speed(const Arguments& arguments) {
  double speed = 1;
  if (arguments.has("speed")) {
    std::size_t digits = 0;
    try {
      speed = std::stod(arguments.text("speed"), &digits);
    } catch (const std::exception&) {
    }
    if (digits != arguments.text("speed").size() || !(speed > 0) || !(speed <= 1000))
      throw FieldError("--speed = \"" + arguments.text("speed") +
                       "\" is not allowed: expected a number > 0 and <= 1000");
  }
  if (!arguments.has("direction") || arguments.text("direction") == "forward") return speed;
  if (arguments.text("direction") == "backward") return -speed;
  throw FieldError("--direction = \"" + arguments.text("direction") +
                   "\" is not allowed: expected forward or backward");
}

void check_data(const TrainedRun& run, const EvaluationData& data) {
  if (is_its_dataset(run.path, data.root)) return;
  tell(fmt::format("hgn-rollout: {} WAS TRAINED ON ANOTHER DATASET than {}\n", run.path.string(),
                   data.root.string()));
}

RolloutResult samples(const Arguments& arguments, const TrainedRun& run) {
  arguments.refuse({"index", "split", "direction", "speed", "interpolate"}, "does not go with --sample");
  const std::int64_t sequences = arguments.whole("sample", 8, 1, 1000);
  const auto seed = static_cast<std::uint64_t>(arguments.whole("seed", 0, 0, 1e15));
  if (!arguments.has("data")) return show_prior(run, sequences, steps(arguments, run), seed);
  const EvaluationData data(arguments.text("data"));
  check_data(run, data);
  return show_fitted(run, data, sequences, steps(arguments, run), seed);
}

RolloutResult of_data(const Arguments& arguments, const TrainedRun& run) {
  if (!arguments.has("data")) throw FieldError("no dataset is chosen: give --data DIR (hamgen makes one)");
  SequenceChoice choice;
  if (arguments.has("split")) choice.split = arguments.text("split");
  if (!dataset::is_split(choice.split))
    throw FieldError("--split = \"" + choice.split + "\" is not allowed: there is no such split");
  const EvaluationData data(arguments.text("data"), choice.split == "train" ? "test" : choice.split);
  check_data(run, data);
  choice.index = static_cast<std::uint64_t>(arguments.whole("index", 0, 0, 1e15));
  arguments.refuse({"seed"}, "goes with --sample");
  if (arguments.has("interpolate"))
    arguments.refuse({"direction", "speed", "steps"}, "does not go with --interpolate");
  if (arguments.has("interpolate"))
    return show_interpolation(run, data, choice,
                              static_cast<std::uint64_t>(arguments.whole("interpolate", 0, 0, 1e15)), 9);
  if (!arguments.has("direction") && !arguments.has("speed") && !arguments.has("steps"))
    return show_all(run, data, choice);
  return show_one(run, data, choice, steps(arguments, run), speed(arguments));
}

void write(const fs::path& out, const RolloutResult& result, bool is_plain) {
  if (out.extension() == ".gif")
    render::write_gif(out, animation(result.sheet.rows), 8);
  else
    write_png(out, is_plain ? to_surface(strip(result.sheet.rows)) : draw(result.sheet));
}

int roll_out(const Arguments& arguments) {
  if (arguments.words().size() != 1) throw FieldError("expected one run: the directory of a run of hgn-fit");
  const fs::path out = arguments.text("out", "rollout.png");
  if (out.extension() != ".png" && out.extension() != ".gif")
    throw FieldError("--out = \"" + out.string() +
                     "\" is not allowed: expected a name that ends in .png or .gif");
  if (arguments.has("plain") && out.extension() != ".png")
    throw FieldError("--plain makes a .png, not a .gif");
  const Threads limit(available_cores());
  at::set_num_threads(static_cast<int>(available_cores()));
  model::set_arithmetic();
  const at::NoGradGuard no_grad;
  const TrainedRun run = load_run(arguments.words().front(), arguments.text("device"));
  const RolloutResult result = arguments.has("sample") ? samples(arguments, run) : of_data(arguments, run);
  write(out, result, arguments.has("plain"));
  if (arguments.has("json") && arguments.text("json") != "-")
    dataset::commit_file(arguments.text("json"), result.json.dump(2) + "\n");
  if (arguments.has("json") && arguments.text("json") == "-") {
    fmt::print("{}\n", result.json.dump(2));
  } else {
    for (const std::string& note : result.sheet.notes) fmt::print("{}\n", note);
    fmt::print("{}\n", out.string());
  }
  return success;
}

std::vector<std::string> split_names() {
  return {"train", "test", "validation", "test_extrapolate", "test_energy", "test_parameters"};
}
std::vector<std::string> directions() {
  return {"forward", "backward"};
}

std::vector<FlagGroup> flag_groups() {
  const std::vector<Flag> sequence{
      {"data", "DIR", "dataset that hamgen made"},
      {"index", "I", "which sequence of the split [0]"},
      {"split", "NAME", "of the dataset [test]", "", 0, split_names},
  };
  const std::vector<Flag> rollout{
      {"direction", "WAY", "forward or backward: this one rollout alone", "", 0, directions},
      {"speed", "FLOAT", "of time, e.g. 0.5 or 2: this one rollout alone"},
      {"steps", "N", "intervals to roll out [the window's]"},
      {"sample", "N",
       "so many sequences from the prior instead; with --data from a density of what the model makes of its train "
       "split"},
      {"seed", "N", "of the samples [0]"},
      {"interpolate", "J", "rollouts from states between this sequence's and that of sequence J"},
  };
  const std::vector<Flag> output{
      {"out", "FILE", "picture: .png or .gif [rollout.png]", "", 'o'},
      {"plain", "", "bare frames, a row for each sequence: no label, no gap, no zoom (.png)"},
      {"json", "FILE", "write errors and energies here; - for stdout"},
      device_as_trained,
      version_flag,
      help_flag,
  };
  return {{"Sequence", sequence}, {"Rollout", rollout}, {"Output", output}};
}

const CommandLine& command_line() {
  static const CommandLine line{
      .program = "hgn-rollout",
      .synopsis = "RUN --data DIR [options]",
      .overview = overview,
      .groups = flag_groups(),
      .commands = {},
      .synonyms = {{"run", "the run is named without a flag: hgn-rollout runs/hgn --data DIR"},
                   {"dataset", "the dataset is --data DIR"},
                   {"output", "the picture is --out FILE, or -o FILE"},
                   {"backward", "time runs backward with --direction backward"},
                   {"forward", "how far: --steps N"},
                   {"frames", "how far: --steps N"},
                   {"length", "how far: --steps N"},
                   {"samples", "samples from the prior are --sample N"},
                   {"n", "samples from the prior are --sample N"},
                   {"gif", "an animation is --out NAME.gif"},
                   {"gpu", "a GPU is --device cuda, or cuda:1 for the second"}},
      .words = "RUN",
      .version =
          [] { return fmt::format("hgn-rollout {} ({}), LibTorch {}", version, git_commit, TORCH_VERSION); },
      .run = roll_out,
      .uses_openmp = [](const Arguments&) { return true; },
  };
  return line;
}

}  // namespace
}  // namespace hamgen::apps

int main(int argc, char** argv) {
  using namespace hamgen;
  return apps::run_program("hgn-rollout", [&] {
    return model::without_backtrace([&] { return apps::run_command_line(apps::command_line(), argc, argv); });
  });
}
