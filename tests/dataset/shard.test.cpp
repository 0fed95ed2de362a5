// What goes into a shard comes out of it: chunked and compressed, labelled, and equal for equal rows.
#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <random>

#include "dataset/commit.hpp"
#include "dataset/deflate.hpp"
#include "dataset/shard_reader.hpp"
#include "dataset/shard_writer.hpp"
#include "dataset/virtual_index.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen::dataset;

namespace {

constexpr std::size_t dimension = 2, parameters = 3;

SplitHeader header_of(const std::string& split, std::size_t frames, std::size_t size) {
  SplitHeader header;
  header.split = split;
  header.attributes = {{"system", "imaginary"}, {"seed", std::int64_t{7}}, {"tolerance", 1e-13}};
  for (std::size_t t = 0; t < frames; ++t) header.time.push_back(0.5 * static_cast<double>(t));
  header.x.assign(size, 1);
  header.y.assign(size, 2);
  header.coordinates = {"x", "y"};
  header.parameters = {"a", "b", "c"};
  header.parameter_units = {"mass", "length", "1"};
  header.position_unit = "length";
  header.momentum_unit = "mass length / time";
  return header;
}

// A row's values, made up from its number.
struct Content {
  Content(const SplitHeader& header, std::int64_t trajectory) : id(trajectory) {
    std::mt19937 random(static_cast<unsigned>(trajectory));
    chunking = chunk_frames(header.time.size(), header.frame_bytes());
    frames.resize(chunking.chunks * chunking.chunk_bytes());
    for (std::size_t i = 0; i < header.time.size() * header.frame_bytes(); ++i)
      frames[i] = static_cast<std::uint8_t>(random() % 7 == 0 ? random() : 82);
    for (std::size_t i = 0; i < header.time.size() * dimension; ++i)
      states.push_back(std::ldexp(random(), -20));
    energy.assign(header.time.size(), static_cast<double>(id) + 0.25);
    constants.assign(parameters, static_cast<double>(id));
  }
  ShardRow row(const SplitHeader& header) const {
    Deflater deflater(1);
    ShardRow row;
    row.trajectory = id;
    for (std::size_t i = 0; i < chunking.chunks; ++i)
      row.frames.push_back(deflater.compress({&frames[i * chunking.chunk_bytes()], chunking.chunk_bytes()}));
    if (header.split == "test") row.frames_clean = row.frames;
    row.q = row.p = row.q_observed = row.p_observed = row.dq_dt = row.dp_dt = states;
    row.energy = energy;
    row.energy_drift = {&drift, 1};
    row.parameters = constants;
    row.view_x = row.view_y = row.energy_drift;
    return row;
  }

  std::int64_t id;
  double drift = 1e-14;
  FrameChunking chunking;
  std::vector<std::uint8_t> frames;
  std::vector<double> states, energy, constants;
};

std::vector<std::byte> shard_bytes(const SplitHeader& header, std::int64_t first, std::int64_t count) {
  ShardWriter writer(header, static_cast<std::uint64_t>(count));
  for (std::int64_t id = first; id < first + count; ++id) writer.append(Content(header, id).row(header));
  const auto file = writer.finish();
  const auto image = file.image();
  return {image.begin(), image.end()};
}

}  // namespace

TEST_CASE("rows come back from a shard as they went in, also where chunks split the time axis") {
  const TemporaryDirectory directory;
  for (const auto& [frames, size] : {std::pair<std::size_t, std::size_t>{5, 16}, {31, 128}, {7, 1024}}) {
    const SplitHeader header = header_of("test", frames, size);
    commit_file(directory / "a.h5", shard_bytes(header, 40, 3));
    const ShardReader reader(directory / "a.h5");
    CHECK(reader.trajectories() == 3);
    for (std::uint64_t row = 0; row < 3; ++row) {
      const Content content(header, 40 + static_cast<std::int64_t>(row));
      std::vector<std::uint8_t> expected = content.frames;
      expected.resize(frames * size * size * 3);
      CHECK(reader.frames("frames", row, 1) == expected);
      CHECK(reader.frames("frames_clean", row, 1) == expected);
      CHECK(reader.numbers("q", row, 1) == content.states);
      CHECK(reader.numbers("dp_dt", row, 1) == content.states);
      CHECK(reader.numbers("energy", row, 1) == content.energy);
      CHECK(reader.numbers("parameters", row, 1) == content.constants);
    }
    CHECK_THROWS_AS(reader.numbers("q", 2, 2), Hdf5Error);
    CHECK_THROWS_AS(reader.numbers("nothing", 0, 1), Hdf5Error);
  }
}

TEST_CASE("chunks hold at most 1 MiB, in equal parts of the time axis") {
  CHECK(chunk_frames(31, 64 * 64 * 3).chunks == 1);
  CHECK(chunk_frames(31, 64 * 64 * 3).frames_per_chunk == 31);
  const FrameChunking large = chunk_frames(31, 128 * 128 * 3);
  CHECK(large.chunks == 2);
  CHECK(large.frames_per_chunk == 16);
  CHECK(chunk_frames(10, std::uint64_t{4} << 20).frames_per_chunk == 1);  // a single frame above it
}

TEST_CASE("equal rows give equal bytes, other rows others") {
  const SplitHeader header = header_of("train", 5, 16);
  const auto bytes = shard_bytes(header, 0, 20);
  CHECK(bytes == shard_bytes(header, 0, 20));
  CHECK(bytes != shard_bytes(header, 1, 20));
}

TEST_CASE("the image is what HDF5 itself would give out") {
  const SplitHeader header = header_of("train", 5, 16);
  ShardWriter writer(header, 4);
  for (std::int64_t id = 0; id < 4; ++id) writer.append(Content(header, id).row(header));
  const auto file = writer.finish();
  const auto image = file.image();
  std::vector<std::byte> official(image.size());
  CHECK(H5Fget_file_image(file, official.data(), official.size()) == static_cast<ssize_t>(image.size()));
  CHECK(std::memcmp(official.data(), image.data(), image.size()) == 0);
}

TEST_CASE("rows of another shape, one row too many and missing rows are refused") {
  const SplitHeader header = header_of("train", 5, 16);
  const Content content(header, 0);
  ShardWriter writer(header, 1);
  ShardRow short_row = content.row(header);
  short_row.q = short_row.q.first(3);
  CHECK_THROWS_AS(writer.append(short_row), std::logic_error);
  ShardWriter other(header, 1);
  CHECK_THROWS_AS(other.finish(), std::logic_error);
  other.append(content.row(header));
  CHECK_THROWS_AS(other.append(content.row(header)), std::logic_error);
}

TEST_CASE("the virtual index shows all shards as one, also after the directory has moved") {
  const TemporaryDirectory directory;
  const SplitHeader header = header_of("train", 5, 16);
  std::filesystem::create_directories(directory / "before/train");
  std::vector<ShardRecord> shards;
  for (const auto& [first, count] : {std::pair<std::int64_t, std::int64_t>{0, 3}, {3, 2}}) {
    ShardRecord record;
    record.file = "train/shard-" + std::to_string(first) + ".h5";
    record.first = first;
    record.last = first + count - 1;
    commit_file(directory / "before" / record.file, shard_bytes(header, first, count));
    shards.push_back(record);
  }
  commit_file(directory / "before/train.h5", make_virtual_index(header, shards).image());
  std::filesystem::rename(directory / "before", directory / "after");
  const ShardReader reader(directory / "after/train.h5");
  CHECK(reader.trajectories() == 5);
  for (std::uint64_t row = 0; row < 5; ++row) {
    const Content content(header, static_cast<std::int64_t>(row));
    CHECK(reader.numbers("q", row, 1) == content.states);
    CHECK(reader.frames("frames", row, 1) == content.frames);
  }
}

TEST_CASE("a file that is no HDF5 file is refused by name") {
  const TemporaryDirectory directory;
  commit_file(directory / "a.h5", std::vector<std::byte>(100));
  CHECK_THROWS_WITH_AS(ShardReader(directory / "a.h5"), doctest::Contains("a.h5"), Hdf5Error);
  CHECK_THROWS_WITH_AS(ShardReader(directory / "b.h5"), doctest::Contains("b.h5"), Hdf5Error);
}
