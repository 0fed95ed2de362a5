// Training: it learns, it can be interrupted anywhere and goes on bit for bit, and it stops where it should.
#include "model/training/trainer.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <random>

#include "tests/model/small_dataset.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen;
using namespace hamgen::model;
using tests::SmallRun;

namespace {

Limits until(std::int64_t step) {
  return {std::nullopt, step, nullptr};
}

// The log without what depends on the clock.
std::vector<dataset::Json> timeless_log(const std::filesystem::path& run) {
  auto lines = read_log(run);
  for (auto& line : lines) {
    line.erase("time");
    line.erase("steps_per_second");
  }
  return lines;
}

void check_equal(const NamedTensors& a, const NamedTensors& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CAPTURE(a[i].first);
    CHECK(a[i].first == b[i].first);
    CHECK(at::equal(a[i].second, b[i].second));
  }
}

}  // namespace

TEST_CASE("a run that is stopped 20 times at random steps equals one that never was, bit for bit") {
  for (const apps::Json& changes :
       {apps::Json::object(), tests::vector_state,
        apps::Json{{"objective", {{"kind", "geco"}}}, {"hamiltonian", {{"form", "separable"}}}},
        apps::Json{{"precision", "bf16"}, {"data", {{"reverse", false}, {"context", 4}, {"horizon", 6}}}}}) {
    CAPTURE(changes.dump());
    const TemporaryDirectory directory;
    SmallRun whole(directory / "whole", changes);
    CHECK(whole.trainer.train({}, {}) == Ending::finished);

    std::mt19937 random(17);
    std::set<std::int64_t> stops;
    while (stops.size() < 20) stops.insert(static_cast<std::int64_t>(1 + random() % 59));
    stops.insert(60);
    std::vector<RefusedFile> refused;
    for (const std::int64_t stop : stops) {
      SmallRun part(directory / "parts", changes);
      if (stop != *stops.begin())
        part.trainer.resume(load_newest_checkpoint(directory / "parts/checkpoints", refused));
      part.trainer.train(until(stop), {});
      CHECK(part.trainer.step() == stop);
    }
    CHECK(refused.empty());
    check_equal(load_newest_checkpoint(directory / "whole/checkpoints", refused).tensors,
                load_newest_checkpoint(directory / "parts/checkpoints", refused).tensors);
    CHECK(timeless_log(directory / "whole") == timeless_log(directory / "parts"));
  }
}

TEST_CASE("a signal saves at the next step and ends the run as interrupted") {
  const TemporaryDirectory directory;
  SmallRun run(directory / "run");
  std::atomic<bool> flag{false};
  Hooks hooks;
  hooks.on_step = [&](std::int64_t step) { flag = step == 23; };
  CHECK(run.trainer.train({std::nullopt, std::nullopt, &flag}, hooks) == Ending::interrupted);
  std::vector<RefusedFile> refused;
  CHECK(load_newest_checkpoint(directory / "run/checkpoints", refused).step == 23);
}

TEST_CASE("four sequences are overfitted to a tenth of the mean image's error") {
  const TemporaryDirectory directory;
  SmallRun run(
      directory / "run",
      {{"latent", {{"q_channels", 4}, {"z_channels", 8}, {"deterministic", true}}},
       {"encoder", {{"filters", {16, 16}}}},
       {"decoder", {{"filters", {32, 16}}}},
       {"data", {{"validation", 20}, {"reverse", false}}},
       {"optimizer", {{"learning_rate", 0.003}, {"warmup", 20}, {"average_decay", 0}}},
       {"objective", {{"frames", nullptr}, {"consistency", 0}}},  // nothing that asks for more than memory
       {"train", {{"steps", 500}, {"validate_every", 500}, {"log_every", 500}}}});
  run.training.training = 4;
  Trainer trainer(run.config.settings, run.training,
                  window_source(run.config.settings, run.training, run.data.splits(),
                                run.network->observation(), run.network->training_frames(run.training.shape)),
                  run.network, at::kCPU, directory / "run");
  trainer.train({}, {});
  std::vector<Window> windows;
  for (std::uint64_t i = 0; i < 4; ++i) windows.push_back({i, 0, false});
  const Tensor frames = read_windows(run.data.reader, "frames", windows, 8), truth = to_pixels(frames, 16);
  const double mean_image = (truth - truth.mean(at::IntArrayRef{0, 1}, true)).square().mean().item<double>();
  const double error = (dynamic_cast<const VideoModel&>(*run.network).reconstruct(frames, 8).frames - truth)
                           .square()
                           .mean()
                           .item<double>();
  MESSAGE("error / mean image's: " << error / mean_image);
  CHECK(error < 0.1 * mean_image);
}

TEST_CASE("a loss that is not finite stops the run, names the tensor, and leaves the last checkpoint") {
  const TemporaryDirectory directory;
  SmallRun run(directory / "run");
  CHECK(run.trainer.train(until(20), {}) == Ending::step_limit);
  {
    const at::NoGradGuard no_grad;
    run.network->named_parameters()["decoder.block0_0.weight"][0] = std::nan("");
  }
  CHECK_THROWS_WITH_AS(run.trainer.train({}, {}),
                       doctest::Contains("step 21: decoder.block0_0.weight is not finite"), DivergenceError);
  std::vector<RefusedFile> refused;
  CHECK(load_newest_checkpoint(directory / "run/checkpoints", refused).step == 20);
}

TEST_CASE("every term of the loss is looked at: one that is not finite stops the run by its name") {
  // Its loss and its gradient are finite; one of the terms that only the log shows is not.
  struct Model : hamgen::model::Model {
    Model() { weight = register_parameter("weight", at::ones({1})); }
    Observation observation() const override { return Observation::frames; }
    LossTerms loss(const Batch&, const StepContext& context) override {
      LossTerms terms;
      terms.loss = weight.square().sum();
      terms.averaged = {{"mse", terms.loss.detach()},
                        {"kl", at::full({}, context.step == 3 ? std::nan("") : 1.0, at::kFloat)},
                        {"inconsistency", at::ones({})}};
      return terms;
    }
    Validation validate(const Batch& batch) override { return {at::zeros({batch.frames.size(0)}), {}}; }
    Tensor weight;
  };
  const TemporaryDirectory directory;
  SmallRun run(directory / "run");
  const auto model = std::make_shared<Model>();
  Trainer trainer(run.config.settings, run.training,
                  window_source(run.config.settings, run.training, run.data.splits(), model->observation(),
                                model->training_frames(run.training.shape)),
                  model, at::kCPU, directory / "run");
  CHECK_THROWS_WITH_AS(trainer.train({}, {}), doctest::Contains("step 4: kl is not finite"), DivergenceError);
}

TEST_CASE(
    "a run that ended between the checkpoint of its best step and the best weights has them when it goes on") {
  const TemporaryDirectory directory;
  const apps::Json changes{{"train", {{"validate_every", 5}, {"checkpoint_every", 50}}}};
  const auto best = directory / "run/best.safetensors";
  const auto step_of = [](const std::filesystem::path& file) {
    return read_safetensors(file).metadata.at("step");
  };
  {
    SmallRun run(directory / "run", changes);
    run.trainer.train(until(5), {});
  }
  REQUIRE(step_of(best) == "5");
  const TensorFile whole = read_safetensors(best);
  const auto go_on = [&] {
    SmallRun run(directory / "run", changes);
    std::vector<RefusedFile> refused;
    run.trainer.resume(load_newest_checkpoint(directory / "run/checkpoints", refused));
    run.trainer.train(until(5), {});
  };
  SUBCASE("there were none before") {
    std::filesystem::remove(best);
  }
  SUBCASE("there were older ones") {
    write_safetensors(best, whole.tensors, {{"step", "0"}});
  }
  go_on();
  CHECK(step_of(best) == "5");
  check_equal(read_safetensors(best).tensors, whole.tensors);
}

TEST_CASE(
    "of a dataset with a validation split, the best weights are those with the least clean error there") {
  // Its error against noisy frames falls from validation to validation, that against clean ones rises.
  struct Model : hamgen::model::Model {
    Model() { weight = register_parameter("weight", at::ones({1})); }
    Observation observation() const override { return Observation::frames; }
    LossTerms loss(const Batch& batch, const StepContext&) override {
      CHECK_FALSE(batch.frames_clean.defined());
      LossTerms terms;
      terms.loss = weight.square().sum();
      terms.averaged = {{"mse", terms.loss.detach()}};
      return terms;
    }
    Validation validate(const Batch& batch) override {
      REQUIRE(batch.frames_clean.defined());
      CHECK(batch.frames_clean.sizes() == batch.frames.sizes());
      ++validations;
      const auto everywhere = [&](double value) { return at::full({batch.frames.size(0)}, value); };
      return {.error = everywhere(1.0 / validations), .energy = {}, .error_clean = everywhere(validations)};
    }
    Tensor weight;
    int validations = 0;
  };
  const TemporaryDirectory directory;
  SmallRun run(directory / "run", {{"data", {{"validation", nullptr}}}, {"train", {{"validate_every", 5}}}},
               tests::small_dataset_with_validation());
  CHECK(run.training.training == 24);
  CHECK(run.training.validation == 6);
  const auto model = std::make_shared<Model>();
  Trainer trainer(run.config.settings, run.training,
                  window_source(run.config.settings, run.training, run.data.splits(), model->observation(),
                                model->training_frames(run.training.shape)),
                  model, at::kCPU, directory / "run");
  trainer.train(until(10), {});
  CHECK(read_safetensors(directory / "run/best.safetensors").metadata.at("step") == "5");
  const apps::Json last = read_log(directory / "run").back();
  CHECK(last.at("mse") == 0.5);
  CHECK(last.at("mse_clean") == 2);
  CHECK(last.at("best_mse_clean") == 1);
}

TEST_CASE("training stops after validations that bring nothing, and after its time") {
  const TemporaryDirectory directory;
  SmallRun still(directory / "still", {{"optimizer", {{"learning_rate", 1e-12}}},
                                       {"train", {{"patience", 2}, {"validate_every", 5}, {"steps", 60}}}});
  CHECK(still.trainer.train({}, {}) == Ending::no_improvement);
  CHECK(still.trainer.step() < 60);
  SmallRun brief(directory / "brief");
  CHECK(brief.trainer.train({0.0, std::nullopt, nullptr}, {}) == Ending::time_limit);
  CHECK(brief.trainer.step() == 0);
}

TEST_CASE("a checkpoint of another configuration is refused by what differs") {
  const TemporaryDirectory directory;
  SmallRun run(directory / "run");
  run.trainer.train(until(3), {});
  std::vector<RefusedFile> refused;
  const Checkpoint checkpoint = load_newest_checkpoint(directory / "run/checkpoints", refused);
  SmallRun wider(directory / "wider", {{"hamiltonian", {{"filters", {32}}}}});
  CHECK_THROWS_WITH_AS(wider.trainer.resume(checkpoint), doctest::Contains("hamiltonian.filters"),
                       CheckpointError);
  SmallRun other_seed(directory / "seed", {{"seed", 5}});
  CHECK_THROWS_WITH_AS(other_seed.trainer.resume(checkpoint), doctest::Contains("seed = 0, not 5"),
                       CheckpointError);
  SmallRun faster(directory / "faster", {{"optimizer", {{"learning_rate", 0.5}}}});
  CHECK_THROWS_WITH_AS(faster.trainer.resume(checkpoint), doctest::Contains("learning_rate"),
                       CheckpointError);
}

TEST_CASE("log lines tell reconstruction, divergence, multiplier, energy and its drift") {
  const TemporaryDirectory directory;
  SmallRun run(directory / "run");
  run.trainer.train(until(20), {});
  const auto lines = read_log(directory / "run");
  REQUIRE(lines.size() == 3);
  for (const char* key : {"loss", "mse", "kl", "multiplier", "energy_mean", "energy_drift", "gradient_norm",
                          "learning_rate", "horizon"})
    CHECK(lines[1].at(key).is_number());
  CHECK(lines[2].at("kind") == "validation");
  CHECK(lines[2].at("mse").is_number());
}

TEST_CASE("a configuration that the data cannot serve is refused by its field") {
  const auto refusal = [&](const apps::Json& changes,
                           const std::filesystem::path& root = tests::small_dataset()) -> std::string {
    const TemporaryDirectory directory;
    try {
      SmallRun run(directory / "run", changes, root);
    } catch (const schemas::FieldError& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(refusal({{"data", {{"context", 9}}}}).find("data.context = 9") == 0);
  CHECK(refusal({{"data", {{"horizon", 40}}}}).find("data.horizon = 40") == 0);
  CHECK(refusal({{"data", {{"image_size", 32}}}}).find("data.image_size = 32") == 0);
  CHECK(refusal({{"data", {{"validation", 24}}}}).find("data.validation = 24 leaves nothing") == 0);
  CHECK(refusal({{"data", {{"validation", 7}}}}, tests::small_dataset_with_validation())
            .find("data.validation = 7 is not allowed: the validation split has 6") == 0);
  CHECK(refusal({{"data", {{"image_size", 8}}}}) == "accepted");
  CHECK(refusal({{"objective", {{"noise", "known"}}}}) == "accepted");
}

TEST_CASE(
    "known noise: the manifest's shift in pixels as trained, and none where there is no noise or nobody "
    "asks") {
  const tests::SmallData data;
  REQUIRE(data.manifest.position_noise);
  const auto shift = [&](const apps::Json& changes, const dataset::Manifest& manifest) {
    return training_data(tests::small_config(changes).settings, manifest, data.splits()).shape.noise.shift;
  };
  const apps::Json known{{"objective", {{"noise", "known"}}}};
  CHECK(shift(apps::Json::object(), data.manifest) == std::array{0.0, 0.0});
  CHECK(shift(known, data.manifest) == *data.manifest.position_noise);
  apps::Json smaller = known;
  smaller["data"]["image_size"] = 8;
  CHECK(shift(smaller, data.manifest)[1] == doctest::Approx((*data.manifest.position_noise)[1] / 2));
  dataset::Manifest turning = data.manifest;
  turning.position_noise.reset();
  turning.turning_noise = {{16, 4}, 0.25};
  const FrameNoise turned =
      training_data(tests::small_config(smaller).settings, turning, data.splits()).shape.noise;
  CHECK(turned.pivot == std::array{8.0, 2.0});
  CHECK(turned.turn == 0.25);
  CHECK(turned.shift == std::array{0.0, 0.0});
  dataset::Manifest older = data.manifest;
  older.position_noise.reset();
  CHECK_THROWS_WITH_AS(shift(known, older), doctest::Contains("neither frames.position_noise"),
                       schemas::FieldError);
  older.plan.config["noise"]["std"] = 0;
  CHECK(shift(known, older) == std::array{0.0, 0.0});
}
