// What goes into a shard comes out of it: chunked and compressed, labelled, and equal for equal rows.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "dataset/files/commit.hpp"
#include "dataset/shards/shard_file.hpp"
#include "dataset/shards/virtual_index.hpp"
#include "tests/dataset/imaginary_shard.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen::dataset;

TEST_CASE("HDF5 reads back the rows of a shard, also where chunks split the time axis") {
  const TemporaryDirectory directory;
  for (const auto& [frames, size] : {std::pair<std::size_t, std::size_t>{5, 16}, {31, 128}, {7, 1024}}) {
    const SplitHeader header = header_of("test", frames, size);
    const auto path = directory / "a.h5";
    commit_file(path, ImaginaryShard(header, 40, 3).bytes);
    for (std::uint64_t row = 0; row < 3; ++row) {
      const Content content(header, 40 + static_cast<std::int64_t>(row));
      std::vector<std::uint8_t> expected = content.frames;
      expected.resize(content.frame_bytes);
      CHECK(read_with_hdf5<std::uint8_t>(path, "frames", row, 1) == expected);
      CHECK(read_with_hdf5<std::uint8_t>(path, "frames_clean", row, 1) == expected);
      CHECK(read_with_hdf5<double>(path, "q", row, 1) == content.states);
      CHECK(read_with_hdf5<double>(path, "dp_dt", row, 1) == content.states);
      CHECK(read_with_hdf5<double>(path, "energy", row, 1) == content.energy);
      CHECK(read_with_hdf5<double>(path, "parameters", row, 1) == content.constants);
    }
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

TEST_CASE("equal rows give equal bytes and content, other rows others") {
  const SplitHeader header = header_of("train", 5, 16);
  const ImaginaryShard shard(header, 0, 20), same(header, 0, 20), other(header, 1, 20);
  CHECK(shard.bytes == same.bytes);
  CHECK(shard.record.content == same.record.content);
  CHECK(shard.bytes != other.bytes);
  CHECK(shard.record.content != other.record.content);
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
  SplitRecord split;
  split.name = "train";
  for (const auto& [first, count] : {std::pair<std::int64_t, std::int64_t>{0, 3}, {3, 2}}) {
    const ImaginaryShard shard(header, first, count, split.shards.size());
    shard.write(directory / "before");
    split.shards.push_back(shard.record);
  }
  const auto index = make_virtual_index(header, split.shards);
  split.index = index_record("train", index.image());
  commit_file(directory / "before/train.h5", index.image());
  std::filesystem::rename(directory / "before", directory / "after");
  CHECK_NOTHROW(check_index(directory / "after", split.index));
  for (std::uint64_t row = 0; row < 5; ++row) {
    const Content content(header, static_cast<std::int64_t>(row));
    CHECK(read_with_hdf5<double>(directory / "after/train.h5", "q", row, 1) == content.states);
    CHECK(read_with_hdf5<std::uint8_t>(directory / "after/train.h5", "frames", row, 1) == content.frames);
  }

  SUBCASE("numbers of a shard that is missing are no numbers") {
    std::filesystem::remove(directory / "after" / split.shards[0].file);
    for (std::uint64_t row = 0; row < 5; ++row) {
      const auto energy = read_with_hdf5<double>(directory / "after/train.h5", "energy", row, 1);
      CHECK(std::ranges::all_of(energy, [](double x) { return std::isnan(x); }) == (row < 3));
    }
    CHECK(read_with_hdf5<std::uint8_t>(directory / "after/train.h5", "frames", 0, 1) ==
          std::vector<std::uint8_t>(5 * 16 * 16 * 3));
  }

  SUBCASE("an index that is missing or changed is refused") {
    commit_file(directory / "after/train.h5", std::string_view("not what it was"));
    CHECK_THROWS_WITH_AS(check_index(directory / "after", split.index), doctest::Contains("SHA-256"),
                         ShardError);
    std::filesystem::remove(directory / "after/train.h5");
    CHECK_THROWS_WITH_AS(check_index(directory / "after", split.index), doctest::Contains("No such file"),
                         ShardError);
  }
}
