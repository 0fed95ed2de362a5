#include "dataset/format/manifest.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "dataset/files/commit.hpp"
#include "dataset/format/layout.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen::dataset;

namespace {

Manifest example() {
  Manifest manifest;
  manifest.plan = make_plan({.version = "0.1.0", .git_commit = "abc"}, {{"system", "pendulum"}, {"n", 5}});
  manifest.system = "pendulum";
  manifest.hamiltonian = "H";
  manifest.frame_shape = {31, 64, 64, 3};
  manifest.channel_mean = {0.1, 0.2, 0.3};
  manifest.channel_std = {0.4, 0.5, 0.6};
  SplitRecord split;
  split.name = "train";
  split.frames = 31;
  split.index = {"train.h5", 10, std::string(64, 'c')};
  for (const auto& [first, last] : {std::pair<std::int64_t, std::int64_t>{0, 2}, {3, 4}}) {
    ShardRecord shard;
    shard.file = shard_file_name("train", split.shards.size());
    shard.bytes = 100;
    shard.sha256 = std::string(64, 'a');
    shard.content = std::string(64, 'b');
    shard.first = first;
    shard.last = last;
    shard.cpu = "x86_64 with FMA";
    shard.statistics = {.redraws = 1,
                        .redraw_reasons = {},
                        .tightenings = 2,
                        .max_energy_drift = 1e-13 * static_cast<double>(last),
                        .frames_out_of_view = 3,
                        .trajectories_out_of_view = 1,
                        .pixel_sum = {1, 2, 3},
                        .pixel_sum_of_squares = {4, 5, 6},
                        .pixels = 7};
    split.shards.push_back(shard);
  }
  manifest.splits = {split};
  return manifest;
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

// Refused with these words when sealed properly.
void refuses(const Json& json, const char* words) {
  const TemporaryDirectory directory;
  write_text(directory / "manifest.json", seal(json));
  CHECK_THROWS_WITH_AS(read_manifest(directory.path()), doctest::Contains(words), ManifestError);
}

}  // namespace

TEST_CASE("a manifest comes back as it was written, with and without yardsticks") {
  const TemporaryDirectory directory;
  Manifest manifest = example();
  manifest.turning_noise = {{16.0, 15.5}, 0.125};
  for (const bool has_yardsticks : {false, true}) {
    manifest.has_yardsticks = has_yardsticks;
    manifest.yardsticks = {200, 4, 0.01, 0.009, 0.004, 0.003, 0.0001};
    if (has_yardsticks) {
      manifest.splits.push_back(manifest.splits[0]);
      manifest.splits[1].name = "test";
      manifest.splits[1].frames = 100;
      manifest.is_reversible = false;
      manifest.position_noise = {0.5, 1.25};
      manifest.turning_noise.reset();
      manifest.splits[1].index.file = "test.h5";
      for (ShardRecord& shard : manifest.splits[1].shards) shard.file.replace(0, 5, "test");
    }
    commit_file(directory / manifest_name, manifest_text(manifest));
    CHECK(manifest_text(read_manifest(directory.path())) == manifest_text(manifest));
  }
  const Manifest read = read_manifest(directory.path());
  CHECK(read.find("train")->shards == manifest.splits[0].shards);
  CHECK(read.find("train")->trajectories() == 5);
  CHECK(read.find("test")->shards == manifest.splits[1].shards);
  CHECK(read.find("validation") == nullptr);
  CHECK(read.shape_of(*read.find("test")) == std::array<std::uint64_t, 4>{100, 64, 64, 3});
  CHECK(read.shape_of(*read.find("train")) == read.frame_shape);
  CHECK_FALSE(read.is_reversible);
  CHECK(read.position_noise == manifest.position_noise);
}

TEST_CASE("a split's statistics are those of its shards together") {
  const ShardStatistics total = example().splits[0].statistics();
  CHECK(total.redraws == 2);
  CHECK(total.max_energy_drift == 4e-13);
  CHECK(total.frames_out_of_view == 6);
  CHECK(total.pixel_sum_of_squares == std::array<std::uint64_t, 3>{8, 10, 12});
  CHECK(total.pixels == 14);
}

TEST_CASE("a missing, broken or incomplete manifest is refused with the reason") {
  const TemporaryDirectory directory;
  CHECK_THROWS_WITH_AS(read_manifest(directory / "none"), doctest::Contains("there is no directory"),
                       ManifestError);
  CHECK_THROWS_WITH_AS(read_manifest(directory.path()),
                       doctest::Contains("neither manifest.json nor plan.json"), ManifestError);
  write_text(directory / "manifest.json", "{\"schema_version\": 1, ");
  CHECK_THROWS_WITH_AS(read_manifest(directory.path()), doctest::Contains("manifest.json"), ManifestError);
  write_text(directory / "manifest.json", "{\"schema_version\": 1}");
  CHECK_THROWS_WITH_AS(read_manifest(directory.path()), doctest::Contains("checksum"), ManifestError);
  Json future = to_json(example());
  future["schema_version"] = schema_version + 1;
  refuses(future, "schema version 3");
  Json other_plan = to_json(example());
  other_plan["config"]["n"] = 6;
  refuses(other_plan, "its plan is not that of its configuration");
}

TEST_CASE("a manifest that makes no sense is refused, however well it is sealed") {
  const auto with = [](const char* pointer, const Json& value) {
    Json json = to_json(example());
    json[Json::json_pointer(pointer)] = value;
    return json;
  };
  const std::string first = "/splits/train/shards/0", second = "/splits/train/shards/1";
  for (const char* path : {"/etc/passwd", "../a.h5", "train/../../a.h5", "", "test/shard-00000.h5",
                           "train/shard-0.h5", "train/shard-00000.h5/x.h5", "train/shard-99999999999.h5"})
    refuses(with((first + "/file").c_str(), path), "not the name of a shard");
  refuses(with((second + "/file").c_str(), "train/shard-00000.h5"), "should be number 1");
  refuses(with("/splits/train/frames", 5), "no train split of frames.shape");
  refuses(with("/splits/train/frames", 0), "0 frames in the train split");
  refuses(with("/splits/train/frames", 1'000'000'000), "are not possible");
  refuses(with("/splits/train/frames", 31), "says more than a manifest");
  refuses(with("/is_reversible", true), "says more than a manifest");
  for (const Json& shift : {Json{1, 2, 3}, Json{1, -2}, Json{1}})
    refuses(with("/frames/position_noise", shift), "frames.position_noise");
  Json both = with("/frames/position_noise", {1, 1});
  both["frames"]["turning_noise"] = {{"pivot", {1, 2}}, {"std", 1}};
  refuses(both, "both position_noise and turning_noise");
  for (const Json& turn : {Json{{"pivot", {1, 2}}, {"std", -1}}, Json{{"pivot", {1}}, {"std", 1}}})
    refuses(with("/frames/turning_noise", turn), "frames.turning_noise");
  refuses(with("/splits/tests", to_json(example())["splits"]["train"]), "no split \"tests\"");
  refuses(with((second + "/first").c_str(), 4), "begin with trajectory 3");
  refuses(with((second + "/last").c_str(), 2), "cannot hold");
  refuses(with((second + "/last").c_str(), 9'000'000'000'000'000'000), "cannot hold");
  refuses(with((first + "/bytes").c_str(), -1), "whole number");
  refuses(with((first + "/bytes").c_str(), 1.5), "whole number");
  refuses(with((first + "/sha256").c_str(), "abc"), "not a SHA-256");
  refuses(with((first + "/pixels/sum").c_str(), {1, 2}), "per channel");
  refuses(with("/splits/train/redraws", 77), "redraws: 77 there, 2 here");
  refuses(with("/extra", 1), "extra");
  refuses(with("/yardsticks", Json::object()), "");
  refuses(with("/splits/train/trajectories", 6), "trajectories");
  refuses(with("/splits/train/shards", Json::array()), "trajectories");
  refuses(with("/splits/train/index/file", "/etc/passwd"), "not the index");
  refuses(with("/splits/more", Json::object()), "no split \"more\"");
  refuses(with("/frames/shape", {31, 64, 64}), "four axes");
  for (const Json& shape : {Json{0, 64, 64, 3}, Json{31, 64, 64, 4}, Json{31, 64, 32, 3},
                            Json{4'294'967'296, 4'294'967'296, 64, 3}})
    refuses(with("/frames/shape", shape), "is not possible");
  for (const Json& shape : {Json{31, -64, 64, 3}, Json{"31", 64, 64, 3}})
    refuses(with("/frames/shape", shape), "whole number");
  refuses(with("/frames/channel_mean", {0.1, 0.2}), "three channels");
}
