// hgn-eval: how good trained runs are, beside each other and beside what can be expected.
#include <fmt/format.h>

#include "apps/evaluate/evaluate.hpp"
#include "apps/evaluate/evaluate_density.hpp"
#include "apps/evaluate/rollout.hpp"
#include "apps/page/evaluation_page.hpp"
#include "apps/page/evaluation_text.hpp"
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

constexpr const char* overview = R"(evaluates what hgn-fit has trained

  hgn-eval runs/hgn --data mass_spring                           a table
  hgn-eval runs/* --data mass_spring --html report.html          a page with tables, charts and pictures
  hgn-eval runs/* --data mass_spring --json report.json          every number, for scripts
  hgn-eval runs/ring                                             a density, beside what it was trained on

Errors are given inside the window that a model sees, beyond it in both directions of time, and at half and double
speed; beside the noise floor and what a mean or a static image would do. docs/evaluation.md explains each.
)";

// Fig. 7 of every model of videos, and samples from its prior.
std::vector<PagePicture> pictures_of(const std::vector<fs::path>& runs, const EvaluationData& data,
                                     const std::string& device) {
  std::vector<PagePicture> pictures;
  for (const fs::path& path : runs) {
    const TrainedRun run = load_run(path, device);
    if (run.video() == nullptr) continue;
    pictures.push_back(
        {run.title() + ": rollouts of test sequence 0",
         "The observed frames; then the exact motion above the model's, forward, backward, at twice and half "
         "the speed.",
         render::png_bytes(draw(show_all(run, data, {}).sheet))});
    if (run.video()->draw_start(1, 0))
      pictures.push_back({run.title() + ": samples from the prior",
                          "No sequence of the data: drawn from the model.",
                          render::png_bytes(draw(show_prior(run, 4, run.shape.frames - 1, 0).sheet))});
  }
  return pictures;
}

// The evaluation to the files that were asked for, and to stdout.
void show(const Json& evaluation, const std::vector<PagePicture>& pictures, const Arguments& arguments) {
  const std::string json = arguments.text("json"), html = arguments.text("html");
  if (!json.empty() && json != "-") dataset::commit_file(json, evaluation.dump(2) + "\n");
  if (!html.empty()) dataset::commit_file(html, evaluation_page(evaluation, pictures));
  fmt::print("{}", json == "-" ? evaluation.dump(2) + "\n" : evaluation_text(evaluation));
  if (!html.empty() && json != "-") fmt::print("The page with charts and pictures:  {}\n", html);
}

int evaluate(const Arguments& arguments) {
  if (arguments.words().empty()) throw FieldError("no run is named: give the directories of runs of hgn-fit");
  EvaluationOptions options;
  options.trajectories = static_cast<std::uint64_t>(arguments.whole("trajectories", 200, 1, 1e9));
  options.backward = arguments.whole("backward", 30, 1, 10'000);
  if (arguments.has("device")) options.device = arguments.text("device");
  const auto threads = arguments.whole("threads", available_cores(), 1, 1024);
  const Threads limit(static_cast<unsigned>(threads));
  at::set_num_threads(static_cast<int>(threads));
  model::set_arithmetic();
  if (!arguments.has("quiet"))
    options.progress = [](const std::string& line) { tell(fmt::format("{}\n", line)); };
  std::vector<fs::path> runs;
  for (const std::string& run : arguments.words()) runs.emplace_back(run);
  for (const char* flag : {"json", "html"})
    if (arguments.has(flag) && arguments.text(flag) != "-" &&
        !fs::is_directory(fs::absolute(arguments.text(flag)).parent_path()))
      throw FieldError(std::string("--") + flag + " = \"" + arguments.text(flag) +
                       "\" is not allowed: there is no such directory");
  if (std::ranges::any_of(runs, is_density_run)) {
    DensityOptions density;
    if (arguments.has("data")) density.data = arguments.text("data");
    density.points = arguments.whole("points", density.points, 2, 1'000'000);
    density.draws = arguments.whole("draws", density.draws, 1, 1'000'000);
    density.grid_draws = std::min(density.grid_draws, density.draws);
    density.device = options.device;
    density.progress = options.progress;
    show(evaluate_densities(runs, density), {}, arguments);
    return success;
  }
  if (!arguments.has("data")) throw FieldError("no dataset is chosen: give --data DIR (hamgen makes one)");
  const std::string split = arguments.text("split", "test");
  if (split == "train" || !dataset::is_split(split))
    throw FieldError("--split = \"" + split +
                     "\" is not allowed: expected test, test_extrapolate, test_energy or test_parameters");
  const EvaluationData data(arguments.text("data"), split);
  const auto longest = static_cast<std::int64_t>(data.test.frames_per_trajectory()) - 1;
  options.forward = arguments.whole("forward", std::max<std::int64_t>(60, longest), 1, 10'000);
  for (const fs::path& run : runs)
    if (is_run(run) && !is_its_dataset(run, data.root))
      tell(fmt::format(
          "hgn-eval: {} WAS TRAINED ON ANOTHER DATASET than {}: its errors say how it generalises\n",
          run.string(), data.root.string()));
  const Json evaluation = evaluate_runs(runs, data, options);
  show(evaluation,
       arguments.has("html") ? pictures_of(runs, data, options.device) : std::vector<PagePicture>{},
       arguments);
  return success;
}

std::vector<std::string> split_names() {
  return {"test", "validation", "test_extrapolate", "test_energy", "test_parameters"};
}

std::vector<FlagGroup> flag_groups() {
  const std::vector<Flag> evaluation{
      {"data", "DIR", "dataset that hamgen made; for densities: in place of what they were trained on"},
      {"split", "NAME",
       "of test trajectories: test, validation, test_extrapolate, test_energy or test_parameters [test]", "",
       0, split_names},
      {"trajectories", "N", "of each split, from its first on [200]"},
      {"forward", "N",
       "roll out to so many intervals after the window's first frame [60, or to the end of longer trajectories]"},
      {"backward", "N", "and before it [30]"},
      {"points", "N", "of densities: test points [500]"},
      {"draws", "N", "of densities: importance weights of each point, 1, 10, 100 ... up to that [1000]"},
      device_as_trained,
      {"threads", "N", "CPU threads [all cores it may use]"},
  };
  const std::vector<Flag> output{
      {"json", "FILE", "write every number here; - for stdout"},
      {"html", "FILE", "write a page here that needs no other file"},
      quiet_flag,
      version_flag,
      help_flag,
  };
  return {{"Evaluation", evaluation}, {"Output", output}};
}

const CommandLine& command_line() {
  static const CommandLine line{
      .program = "hgn-eval",
      .synopsis = "RUN... --data DIR [options]",
      .overview = overview,
      .groups = flag_groups(),
      .commands = {},
      .synonyms = {{"run", "runs are named without a flag: hgn-eval runs/hgn --data DIR"},
                   {"dataset", "the dataset is --data DIR"},
                   {"output", "numbers go to --json FILE, a page to --html FILE"},
                   {"out", "numbers go to --json FILE, a page to --html FILE"},
                   {"n", "the number of test trajectories is --trajectories N"},
                   {"steps", "to roll out further: --forward N and --backward N"},
                   {"horizon", "to roll out further: --forward N and --backward N"},
                   {"report", "numbers go to --json FILE, a page to --html FILE"},
                   {"gpu", "a GPU is --device cuda, or cuda:1 for the second"}},
      .words = "RUN...",
      .version =
          [] { return fmt::format("hgn-eval {} ({}), LibTorch {}", version, git_commit, TORCH_VERSION); },
      .run = evaluate,
      .uses_openmp = [](const Arguments&) { return true; },
  };
  return line;
}

}  // namespace
}  // namespace hamgen::apps

int main(int argc, char** argv) {
  using namespace hamgen;
  return apps::run_program("hgn-eval", [&] {
    return model::without_backtrace([&] { return apps::run_command_line(apps::command_line(), argc, argv); });
  });
}
