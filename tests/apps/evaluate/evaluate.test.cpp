// Whole evaluations: the truth that is computed again is the dataset's own, and what a run scores is what it
// should.
#include "apps/evaluate/evaluate.hpp"

#include <doctest/doctest.h>

#include <numbers>

#include "apps/evaluate/rollout.hpp"
#include "apps/evaluate/true_motion.hpp"
#include "apps/fit/fit.hpp"
#include "model/metrics/metrics.hpp"
#include "tests/model/small_dataset.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen;
using doctest::Approx;

namespace {

// A run of a few steps in `directory`.
std::filesystem::path train(const std::filesystem::path& directory, const apps::Json& changes) {
  apps::FitOptions options;
  options.data = tests::small_dataset();
  options.out = directory;
  options.quiet = true;
  apps::fit(tests::small_config(changes), options);
  return directory;
}

}  // namespace

TEST_CASE(
    "frames that are computed again are the dataset's noise-free frames, also in steps of half the time") {
  const apps::EvaluationData data(tests::small_dataset());
  apps::TrueMotion motion(data.root, data.manifest, data.test);
  const double dt = motion.simulation().times()[1];
  for (const std::uint64_t trajectory : {0U, 3U}) {
    std::vector<std::uint8_t> stored(8 * data.test.frame_bytes());
    data.test.read_frames("frames_clean", {trajectory, 0, 8}, stored);
    CHECK(motion.frames(trajectory, motion.simulation().times()) == stored);
    const auto half = motion.frames(trajectory, {0, dt / 2, dt});
    CHECK(std::equal(half.begin() + 2 * static_cast<std::ptrdiff_t>(data.test.frame_bytes()), half.end(),
                     stored.begin() + static_cast<std::ptrdiff_t>(data.test.frame_bytes())));
  }
  // Mass-spring is periodic, with k / m = 4 in time pi: a period before is the same as now, and a quarter
  // before is a half before less a quarter.
  const double period = std::numbers::pi;
  const auto back = motion.frames(1, {0, -period / 4, -period}),
             onward = motion.frames(1, {0, 3 * period / 4});
  const auto frame = [&](const std::vector<std::uint8_t>& frames, std::size_t i) {
    const auto size = data.test.frame_bytes();
    return std::vector<std::uint8_t>(frames.begin() + static_cast<std::ptrdiff_t>(i * size),
                                     frames.begin() + static_cast<std::ptrdiff_t>((i + 1) * size));
  };
  CHECK(frame(back, 2) == frame(back, 0));
  CHECK(frame(back, 1) == frame(onward, 1));
  CHECK(frame(back, 1) != frame(back, 0));
  // Mass-spring: H = p^2 + q^2.
  CHECK(motion.energy(0, std::vector{0.5}, std::vector{-1.0}) == Approx(1.25));
  CHECK(motion.rate(0, std::vector{0.5}, std::vector{-1.0}) == std::vector<double>{-2, -1});
}

TEST_CASE(
    "known noise: noisy frames are compared with what is expected of them, clean ones with what is decoded") {
  const TemporaryDirectory directory;
  const auto path =
      train(directory / "hgn", {{"objective", {{"noise", "known"}}}, {"train", {{"steps", 10}}}});
  const apps::EvaluationData data(tests::small_dataset());
  const apps::TrainedRun run = apps::load_run(path);  // the blur is among the weights
  REQUIRE(data.manifest.position_noise);
  CHECK((*data.manifest.position_noise)[0] == 0);  // mass-spring moves along y
  const auto load = [&](const char* name) {
    return model::read_windows(data.test, name, {{0, 0, false}, {1, 0, false}, {2, 0, false}, {3, 0, false}},
                               8);
  };
  const model::Rollout rollout = run.video()->reconstruct(load("frames"), 8);
  const at::Tensor expected = run.video()->expected(rollout.frames);
  CHECK((expected - rollout.frames).abs().max().item<double>() > 1e-4);
  const auto error = [&](const at::Tensor& frames, const char* of) {
    return (frames - model::to_pixels(load(of), 16)).square().mean().item<double>();
  };
  const double noisy = error(expected, "frames"), clean = error(rollout.frames, "frames_clean");
  apps::EvaluationOptions options;
  options.forward = 12;
  options.backward = 5;
  const apps::Json one =
      apps::evaluate_runs({path}, data, options).at("runs").at(0).at("pixel_error").at("test");
  const apps::Json result = apps::read_json(path / "result.json").at("test");
  for (const apps::Json& said : {one.at("mse").at("mean"), result.at("mse")})
    CHECK(said.get<double>() == Approx(noisy).epsilon(1e-5));
  for (const apps::Json& said : {one.at("mse_clean").at("mean"), result.at("mse_clean")})
    CHECK(said.get<double>() == Approx(clean).epsilon(1e-5));
}

TEST_CASE("an evaluation says what the trainer said of the same frames, and has every part") {
  const TemporaryDirectory directory;
  const auto run = train(directory / "hgn", {{"train", {{"steps", 20}}}});
  const apps::EvaluationData data(tests::small_dataset());
  apps::EvaluationOptions options;
  options.forward = 12;
  options.backward = 5;
  options.batch = 3;  // four trajectories: the last batch holds one
  const apps::Json json = apps::evaluate_runs({run}, data, options);
  const apps::Json& one = json.at("runs").at(0);
  const apps::Json result = apps::read_json(run / "result.json");
  CHECK(one.at("pixel_error").at("test").at("mse").at("mean").get<double>() ==
        Approx(result.at("test").at("mse").get<double>()).epsilon(1e-5));
  CHECK(one.at("pixel_error").at("test").at("mse_clean").at("mean").get<double>() ==
        Approx(result.at("test").at("mse_clean").get<double>()).epsilon(1e-5));
  CHECK(one.at("energy").at("drift").get<double>() ==
        Approx(result.at("test").at("energy_drift").get<double>()).epsilon(1e-3));
  CHECK(one.at("pixel_error").at("forward").at("per_frame").at("mse_clean").size() == 13);
  CHECK(one.at("pixel_error").at("backward").at("per_frame").at("time").front().get<double>() ==
        Approx(-5 * 0.125));
  // Forward and the window agree where they overlap.
  for (const std::size_t t : {0U, 4U, 7U})
    CHECK(one["pixel_error"]["forward"]["per_frame"]["mse_clean"][t].get<double>() ==
          Approx(one["pixel_error"]["test"]["per_frame"]["mse_clean"][t].get<double>()).epsilon(1e-4));
  CHECK(one.at("reversibility").at("state_error").get<double>() < 1e-3);
  CHECK(one.at("symplecticity").at("error").get<double>() < 1e-5);
  CHECK(one.at("pixel_error").at("train").at("mse_clean").at("mean").get<double>() <
        one.at("pixel_error").at("train").at("mse").at("mean").get<double>());
  CHECK(!one.at("is_other_dataset").get<bool>());
  for (const char* key : {"kl", "elbo", "active_latents", "latent", "valid_prediction_time", "parameters"})
    CHECK(one.contains(key));
  CHECK(json.at("yardsticks").at("static_image").at("mse").get<double>() > 0);
  const apps::Json& diagnosis = one.at("diagnosis");
  CHECK(diagnosis.at("directions").get<int>() <= diagnosis.at("numbers").get<int>());
  // Of a spring every small error turns with the state: in units of the spread it is the same at the end.
  CHECK(diagnosis.at("true_stretch").at("largest").get<double>() == Approx(1).epsilon(0.3));
  CHECK(diagnosis.at("stretch").at("largest").get<double>() > 0);
  CHECK(diagnosis.contains("frequency"));
}

TEST_CASE("constant pictures are scored on each course's own frames") {
  const TemporaryDirectory directory;
  const auto path = train(directory / "hgn", {{"train", {{"steps", 5}}}});
  const apps::EvaluationData data(tests::small_dataset());
  apps::EvaluationOptions options;
  options.forward = 12;
  options.backward = 5;
  const apps::Json yardsticks = apps::evaluate_runs({path}, data, options).at("yardsticks");
  const model::DataShape shape = apps::load_run(path).shape;
  const at::Tensor mean = model::mean_image(data.train, shape, at::kCPU);
  apps::TrueMotion motion(data.root, data.manifest, data.test);
  // [first, intervals] of the frames that count, intervals of `dt` each.
  const auto errors = [&](std::int64_t first, std::int64_t intervals, double dt) {
    double of_mean = 0, of_first = 0;
    for (std::uint64_t i = 0; i < 4; ++i) {
      const at::Tensor truth = apps::exact_frames(motion, i, intervals, dt, shape.image_size).slice(0, first);
      const at::Tensor seen =
          model::to_pixels(model::read_windows(data.test, "frames", {{i, 0, false}}, 1), shape.image_size)[0];
      of_mean += (truth - mean).square().mean().item<double>() / 4;
      of_first += (truth - seen).square().mean().item<double>() / 4;
    }
    return std::pair(of_mean, of_first);
  };
  for (const auto& [course, expected] :
       {std::pair("forward", errors(8, 12, 0.125)), std::pair("backward", errors(1, 5, -0.125)),
        std::pair("half_speed", errors(0, 7, 0.0625)), std::pair("double_speed", errors(0, 7, 0.25))}) {
    CAPTURE(course);
    CHECK(yardsticks.at("mean_image").at(course).get<double>() == Approx(expected.first).epsilon(1e-5));
    CHECK(yardsticks.at("static_image").at(course).get<double>() == Approx(expected.second).epsilon(1e-5));
  }
  CHECK(yardsticks.at("mean_image").at("mse").get<double>() > 0);
}

TEST_CASE("a network that computes in fp64 for a while goes back to fp32, however that ends") {
  const TemporaryDirectory directory;
  const apps::TrainedRun run = apps::load_run(train(directory / "hgn", {{"train", {{"steps", 2}}}}));
  const auto type = [&] { return run.network->parameters().front().scalar_type(); };
  try {
    const apps::InDouble in_double(*run.network);
    CHECK((type() == at::kDouble));
    throw std::runtime_error("in between");
  } catch (const std::runtime_error&) {
  }
  CHECK((type() == at::kFloat));
}

TEST_CASE("a model of states is judged by derivatives and by the true energy along its rollouts") {
  const TemporaryDirectory directory;
  const auto run =
      train(directory / "hnn", {{"model", "hnn"}, {"hnn", {{"hidden", {32}}}}, {"train", {{"steps", 200}}}});
  const apps::EvaluationData data(tests::small_dataset());
  const apps::Json error = apps::evaluate_runs({run}, data, {}).at("runs").at(0).at("state_error");
  // Noise of 0.1 in states whose derivatives are twice as large: 0.04 on average.
  CHECK(error.at("test").at("derivative_mse_of_exact_law").at("mean").get<double>() ==
        Approx(0.04).epsilon(0.5));
  CHECK(error.at("test").at("derivative_mse").at("mean").get<double>() > 0);
  CHECK(error.at("test").at("energy_mse").at("mean").get<double>() >= 0);
  CHECK_THROWS_AS(apps::show_all(apps::load_run(run), data, {}), schemas::FieldError);
}

TEST_CASE("seeds of one configuration are a group, with an interval over runs") {
  const TemporaryDirectory directory;
  std::vector<std::filesystem::path> runs;
  for (const int seed : {0, 1, 2})
    runs.push_back(train(directory / std::to_string(seed), {{"seed", seed}, {"train", {{"steps", 5}}}}));
  runs.push_back(
      train(directory / "euler", {{"integrator", {{"method", "euler"}}}, {"train", {{"steps", 5}}}}));
  apps::EvaluationOptions options;
  options.forward = 9;
  options.backward = 2;
  const apps::Json groups =
      apps::evaluate_runs(runs, apps::EvaluationData(tests::small_dataset()), options).at("groups");
  REQUIRE(groups.size() == 2);
  for (const apps::Json& group : groups) {
    CHECK(group.at("seeds") == (group.at("title") == "hgn euler" ? 1 : 3));
    CHECK(group.at("test").at("mse").at("n") == group.at("seeds"));
  }
}

TEST_CASE("a latent Hamiltonian is the same backward: the sheet says by how much the way back misses") {
  const TemporaryDirectory directory;
  const auto path = train(directory / "hgn", {{"train", {{"steps", 5}}}});
  const apps::TrainedRun run = apps::load_run(path);
  const apps::EvaluationData data(tests::small_dataset());
  const apps::RolloutResult all = apps::show_all(run, data, {"train", 2});
  CHECK(all.sheet.rows.size() == 9);
  CHECK(all.json.at("reversal").at("miss_of_length").get<double>() < 1e-4);
  CHECK(all.sheet.notes.at(0).find("forward and back again") != std::string::npos);
  CHECK(apps::show_prior(run, 3, 5, 1).sheet.rows.at(2).frames.sizes() == at::IntArrayRef{6, 3, 16, 16});
  const auto between = apps::show_interpolation(run, data, {"test", 0}, 3, 5);
  const auto end = apps::show_one(run, data, {"test", 3}, 7, 1);
  CHECK(at::allclose(between.sheet.rows.at(4).frames, end.sheet.rows.at(1).frames, 1e-4, 1e-5));
  CHECK_THROWS_WITH_AS(apps::show_all(run, data, {"test", 4}), doctest::Contains("trajectories 0 to 3"),
                       schemas::FieldError);
}
