// Checkpoints that fit are taken up whole; all others are refused with the reason, and nothing changes.
#include "model/training/checkpoint.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/temporary_directory.hpp"

using namespace hamgen;
using namespace hamgen::model;

namespace {

Checkpoint checkpoint_of(std::int64_t step) {
  return {step,
          {{"best_mse", 0.5}},
          {{"seed", "3"}},
          {{"w", at::full({3}, static_cast<double>(step), at::kFloat)}}};
}

}  // namespace

TEST_CASE("the newest three are kept, and the newest is found") {
  const TemporaryDirectory directory;
  for (const std::int64_t step : {5, 90, 100, 20000, 1234567890})
    save_checkpoint(directory / "", checkpoint_of(step));
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory / "")) ++files;
  CHECK(files == 3);
  std::vector<RefusedFile> refused;
  const Checkpoint newest = load_newest_checkpoint(directory / "", refused);
  CHECK(newest.step == 1234567890);
  CHECK(newest.state.at("best_mse") == 0.5);
  CHECK(newest.settings.at("seed") == "3");
  CHECK(refused.empty());
}

TEST_CASE("a damaged one is told and passed over; a foreign file is refused") {
  const TemporaryDirectory directory;
  save_checkpoint(directory / "", checkpoint_of(1));
  const auto last = save_checkpoint(directory / "", checkpoint_of(2));
  std::filesystem::resize_file(last, 40);
  std::vector<RefusedFile> refused;
  CHECK(load_newest_checkpoint(directory / "", refused).step == 1);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].reason.find("step-000000002") != std::string::npos);

  write_safetensors(directory / "foreign.safetensors", {{"w", at::ones({3})}}, {});
  CHECK_THROWS_WITH_AS(load_checkpoint(directory / "foreign.safetensors"),
                       doctest::Contains("is not a checkpoint of hgn-fit"), CheckpointError);
  write_safetensors(directory / "odd.safetensors", {}, {{"format", "hamgen-checkpoint-1"}, {"step", "many"}});
  CHECK_THROWS_WITH_AS(load_checkpoint(directory / "odd.safetensors"), doctest::Contains("damaged"),
                       CheckpointError);
  CHECK_THROWS_WITH_AS(load_newest_checkpoint(directory / "nowhere", refused),
                       doctest::Contains("no checkpoint to go on from"), CheckpointError);
}

TEST_CASE("tensors that do not fit are named, and nothing has changed") {
  const Tensor a = at::zeros({2}), b = at::zeros({3});
  const NamedTensors targets{{"a", a}, {"b", b}};
  CHECK_THROWS_WITH_AS(restore(targets, {{"a", at::ones({2})}}, "x"),
                       doctest::Contains("has no tensor \"b\""), CheckpointError);
  CHECK_THROWS_WITH_AS(restore(targets, {{"a", at::ones({2})}, {"b", at::ones({4})}}, "x"),
                       doctest::Contains("tensor \"b\" is Float [4] where Float [3] is expected"),
                       CheckpointError);
  CHECK_THROWS_WITH_AS(
      restore(targets, {{"a", at::ones({2})}, {"b", at::ones({3})}, {"c", at::ones({1})}}, "x"),
      doctest::Contains("tensor \"c\" too many"), CheckpointError);
  // As many too many as there are targets.
  CHECK_THROWS_AS(restore({{"a", a}}, {{"a", at::ones({2})}, {"b", at::ones({3})}}, "x"), CheckpointError);
  CHECK(a.sum().item<float>() == 0);
  restore(targets, {{"b", at::ones({3})}, {"a", at::ones({2})}}, "x");
  CHECK(a.sum().item<float>() + b.sum().item<float>() == 5);
}

TEST_CASE("a setting that differs is named, with both values") {
  CHECK(check_settings({{"seed", "3"}}, checkpoint_of(1)).empty());
  Checkpoint checkpoint = checkpoint_of(1);
  checkpoint.settings["threads"] = "1";
  CHECK(check_settings({{"seed", "3"}, {"threads", "2"}}, checkpoint) ==
        std::vector<std::string>{"threads = 1, not 2"});
  CHECK(check_settings({{"seed", "3"}, {"a.younger_field", "false"}}, checkpoint).empty());
  CHECK_THROWS_WITH_AS(check_settings({{"seed", "4"}}, checkpoint_of(1)),
                       doctest::Contains("seed = 3, not 4"), CheckpointError);
  CHECK_THROWS_AS(check_settings({{"seed", "3"}, {"data", "f00"}}, checkpoint_of(1)), CheckpointError);
}
