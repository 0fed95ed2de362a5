// hgn-eval: how good trained runs are, beside each other and beside what can be expected.
#include <fmt/format.h>

#include <cxxopts.hpp>

#include "apps/evaluate/evaluate.hpp"
#include "apps/evaluate/evaluate_density.hpp"
#include "apps/evaluate/rollout.hpp"
#include "apps/page/evaluation_page.hpp"
#include "apps/page/evaluation_text.hpp"
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

constexpr const char* overview = R"(hgn-eval - evaluates what hgn-fit has trained

  hgn-eval runs/hgn --data mass_spring                           a table
  hgn-eval runs/* --data mass_spring --html report.html          a page with tables, charts and pictures
  hgn-eval runs/* --data mass_spring --json report.json          every number, for scripts
  hgn-eval runs/ring                                             a density, beside what it was trained on

Errors are given inside the window that a model sees, beyond it in both directions of time, and at half and double
speed; beside the noise floor and what a mean or a static image would do. docs/evaluation.md explains each.
)";

cxxopts::Options make_options() {
  cxxopts::Options options("hgn-eval", overview);
  options.custom_help("RUN... --data DIR [options]");
  options.positional_help("");
  options.set_width(110);
  auto add = options.add_options("Evaluation");
  add("data", "dataset that hamgen made; for densities: in place of what they were trained on",
      cxxopts::value<std::string>(), "DIR");
  add("split",
      "of test trajectories: test, validation, test_extrapolate, test_energy or test_parameters [test]",
      cxxopts::value<std::string>(), "NAME");
  add("trajectories", "of each split, from its first on [200]", cxxopts::value<std::string>(), "N");
  add("forward",
      "roll out to so many intervals after the window's first frame [60, or to the end of longer "
      "trajectories]",
      cxxopts::value<std::string>(), "N");
  add("backward", "and before it [30]", cxxopts::value<std::string>(), "N");
  add("points", "of densities: test points [500]", cxxopts::value<std::string>(), "N");
  add("draws", "of densities: importance weights of each point, 1, 10, 100 ... up to that [1000]",
      cxxopts::value<std::string>(), "N");
  add("device", "auto, cpu, cuda or cuda:1 [as trained]", cxxopts::value<std::string>(), "X");
  add("threads", "CPU threads [all cores it may use]", cxxopts::value<std::string>(), "N");
  options.add_options("Output")("json", "write every number here; - for stdout",
                                cxxopts::value<std::string>(), "FILE")(
      "html", "write a page here that needs no other file", cxxopts::value<std::string>(), "FILE")(
      "quiet", "no progress on stderr")("version", "print the version")("help", "print this");
  options.add_options("Hidden")("runs", "", cxxopts::value<std::vector<std::string>>());
  options.parse_positional({"runs"});
  return options;
}

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
void show(const Json& evaluation, const std::vector<PagePicture>& pictures,
          const cxxopts::ParseResult& flags) {
  const auto file = [&](const char* flag) {
    return flags.count(flag) > 0 ? flags[flag].as<std::string>() : std::string();
  };
  const std::string json = file("json"), html = file("html");
  if (!json.empty() && json != "-") dataset::commit_file(json, evaluation.dump(2) + "\n");
  if (!html.empty()) dataset::commit_file(html, evaluation_page(evaluation, pictures));
  fmt::print("{}", json == "-" ? evaluation.dump(2) + "\n" : evaluation_text(evaluation));
}

int evaluate(const cxxopts::ParseResult& flags) {
  const auto has = [&](const char* flag) { return flags.count(flag) > 0; };
  const auto text = [&](const char* flag) { return flags[flag].as<std::string>(); };
  const auto whole = [&](const char* flag, std::int64_t fallback, double low, double high) {
    return has(flag) ? whole_number(flag, text(flag), low, high) : fallback;
  };
  if (!has("runs")) throw schemas::FieldError("no run is named: give the directories of runs of hgn-fit");
  EvaluationOptions options;
  options.trajectories = static_cast<std::uint64_t>(whole("trajectories", 200, 1, 1e9));
  options.backward = whole("backward", 30, 1, 10'000);
  if (has("device")) options.device = text("device");
  const auto threads = whole("threads", available_cores(), 1, 1024);
  const Threads limit(static_cast<unsigned>(threads));
  at::set_num_threads(static_cast<int>(threads));
  model::set_arithmetic();
  if (!has("quiet")) options.progress = [](const std::string& line) { tell(fmt::format("{}\n", line)); };
  std::vector<fs::path> runs;
  for (const std::string& run : flags["runs"].as<std::vector<std::string>>()) runs.emplace_back(run);
  for (const char* flag : {"json", "html"})
    if (has(flag) && text(flag) != "-" && !fs::is_directory(fs::absolute(text(flag)).parent_path()))
      throw schemas::FieldError(std::string("--") + flag + " = \"" + text(flag) +
                                "\" is not allowed: there is no such directory");
  if (std::ranges::any_of(runs, is_density_run)) {
    DensityOptions density;
    if (has("data")) density.data = text("data");
    density.points = whole("points", density.points, 2, 1'000'000);
    density.draws = whole("draws", density.draws, 1, 1'000'000);
    density.grid_draws = std::min(density.grid_draws, density.draws);
    density.device = options.device;
    density.progress = options.progress;
    show(evaluate_densities(runs, density), {}, flags);
    return success;
  }
  if (!has("data")) throw schemas::FieldError("no dataset is chosen: give --data DIR (hamgen makes one)");
  const std::string split = has("split") ? text("split") : "test";
  if (split == "train" || !dataset::is_split(split))
    throw schemas::FieldError(
        "--split = \"" + split +
        "\" is not allowed: expected test, test_extrapolate, test_energy or test_parameters");
  const EvaluationData data(text("data"), split);
  const auto longest = static_cast<std::int64_t>(data.test.frames_per_trajectory()) - 1;
  options.forward = whole("forward", std::max<std::int64_t>(60, longest), 1, 10'000);
  for (const fs::path& run : runs)
    if (is_run(run) && !is_its_dataset(run, data.root))
      tell(fmt::format(
          "hgn-eval: {} WAS TRAINED ON ANOTHER DATASET than {}: its errors say how it generalises\n",
          run.string(), data.root.string()));
  const Json evaluation = evaluate_runs(runs, data, options);
  show(evaluation, has("html") ? pictures_of(runs, data, options.device) : std::vector<PagePicture>{}, flags);
  return success;
}

int run(int argc, char** argv) {
  cxxopts::Options options = make_options();
  const auto flags = options.parse(argc, argv);
  if (flags.count("help") > 0 || argc == 1) {
    fmt::print("{}", options.help({"Evaluation", "Output"}));
    return success;
  }
  if (flags.count("version") > 0) {
    fmt::print("hgn-eval {} ({}), LibTorch {}\n", version, git_commit, TORCH_VERSION);
    return success;
  }
  return evaluate(flags);
}

}  // namespace
}  // namespace hamgen::apps

int main(int argc, char** argv) {
  using hamgen::model::without_backtrace;
  return hamgen::apps::run_program(
      "hgn-eval", [&] { return without_backtrace([&] { return hamgen::apps::run(argc, argv); }); });
}
