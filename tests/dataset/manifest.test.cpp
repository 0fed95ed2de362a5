#include "dataset/manifest.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/temporary_directory.hpp"

using namespace hamgen::dataset;

namespace {

Manifest example() {
  Manifest manifest;
  manifest.generator_version = "0.1.0";
  manifest.git_commit = "abc";
  manifest.system = "pendulum";
  manifest.hamiltonian = "H";
  manifest.config = {{"system", "pendulum"}, {"n", 3}};
  manifest.frame_shape = {31, 64, 64, 3};
  manifest.channel_mean = {0.1, 0.2, 0.3};
  manifest.channel_std = {0.4, 0.5, 0.6};
  SplitRecord split;
  split.name = "train";
  split.trajectories = 3;
  split.index = "train.h5";
  split.shards = {{"train/shard-00000.h5", 100, std::string(64, 'a'), 0, 2}};
  split.max_energy_drift = 1.5e-13;
  manifest.splits = {split};
  return manifest;
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

}  // namespace

TEST_CASE("a manifest comes back as it was written, with and without yardsticks") {
  const TemporaryDirectory directory;
  Manifest manifest = example();
  for (const bool has_yardsticks : {false, true}) {
    manifest.has_yardsticks = has_yardsticks;
    manifest.yardsticks = {200, 64, 0.01, 0.009, 0.004, 0.003};
    write_manifest(directory.path(), manifest);
    CHECK(to_json(read_manifest(directory.path())) == to_json(manifest));
  }
  CHECK(read_manifest(directory.path()).find("train")->shards[0].trajectories() == 3);
  CHECK(read_manifest(directory.path()).find("test") == nullptr);
}

TEST_CASE("a missing, broken, incomplete or foreign manifest is refused with the reason") {
  const TemporaryDirectory directory;
  CHECK_THROWS_WITH_AS(read_manifest(directory / "none"), doctest::Contains("there is no directory"),
                       ManifestError);
  CHECK_THROWS_WITH_AS(read_manifest(directory.path()), doctest::Contains("not a finished dataset"),
                       ManifestError);
  write_text(directory / "manifest.json", "{\"schema_version\": 1, ");
  CHECK_THROWS_WITH_AS(read_manifest(directory.path()), doctest::Contains("manifest.json"), ManifestError);
  write_text(directory / "manifest.json", "{\"schema_version\": 1}");
  CHECK_THROWS_AS(read_manifest(directory.path()), ManifestError);
  for (const char* path : {"/etc/passwd", "../a.h5", "train/../../a.h5", ""}) {
    Json stray = to_json(example());
    stray["splits"]["train"]["shards"][0]["file"] = path;
    write_text(directory / "manifest.json", stray.dump());
    CHECK_THROWS_WITH_AS(read_manifest(directory.path()), doctest::Contains("not a path within"),
                         ManifestError);
  }
  Json future = to_json(example());
  future["schema_version"] = 2;
  write_text(directory / "manifest.json", future.dump());
  CHECK_THROWS_WITH_AS(read_manifest(directory.path()), doctest::Contains("schema version 2"), ManifestError);
}
