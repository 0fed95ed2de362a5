// Reading shards: equal to what was written, in any part; nothing is read from a file that is not what its
// record says.
#include "dataset/shards/shard_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "dataset/files/commit.hpp"
#include "dataset/shards/split_reader.hpp"
#include "tests/dataset/imaginary_shard.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen::dataset;

namespace {

void overwrite(const std::filesystem::path& file, std::uint64_t offset, char byte) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(offset));
  stream.put(byte);
}

}  // namespace

TEST_CASE("frames come back in any window, numbers in any rows, whether the file stays open or not") {
  const TemporaryDirectory directory;
  for (const auto& [frames, size] : {std::pair<std::size_t, std::size_t>{5, 16}, {31, 128}, {7, 1024}}) {
    const SplitHeader header = header_of("test", frames, size);
    const ImaginaryShard shard(header, 40, 3);
    shard.write(directory.path());
    for (const bool keep_open : {true, false}) {
      const ShardFile file(directory.path(), shard.record, frame_shape_of(header), keep_open);
      CHECK(file.content() == shard.record.content);
      for (std::uint64_t row = 0; row < 3; ++row) {
        const Content content(header, 40 + static_cast<std::int64_t>(row));
        for (const auto& [first, count] :
             {std::pair<std::uint64_t, std::uint64_t>{0, frames}, {1, frames - 1}, {frames / 2, 2}}) {
          std::vector<std::uint8_t> pixels(count * header.frame_bytes());
          const auto begin =
              content.frames.begin() + static_cast<std::ptrdiff_t>(first * header.frame_bytes());
          for (const char* name : {"frames", "frames_clean"}) {
            file.read_frames(name, row, first, count, pixels);
            CHECK(std::equal(pixels.begin(), pixels.end(), begin));
          }
        }
        std::vector<double> states(file.numbers_per_row("q"));
        file.read_numbers("q", row, 1, states);
        CHECK(states == content.states);
      }
    }
  }
}

TEST_CASE("what a shard does not have is refused") {
  const TemporaryDirectory directory;
  const SplitHeader header = header_of("train", 5, 16);
  const ImaginaryShard shard(header, 0, 3);
  shard.write(directory.path());
  const ShardFile file(directory.path(), shard.record, frame_shape_of(header), true);
  std::vector<std::uint8_t> pixels(5 * header.frame_bytes());
  std::vector<double> numbers(10);
  CHECK_THROWS_AS(file.read_frames("frames_clean", 0, 0, 5, pixels), std::out_of_range);
  CHECK_THROWS_AS(file.read_frames("q", 0, 0, 5, pixels), std::out_of_range);
  CHECK_THROWS_AS(file.read_frames("frames", 3, 0, 5, pixels), std::out_of_range);
  CHECK_THROWS_AS(file.read_frames("frames", 0, 1, 5, pixels), std::out_of_range);
  CHECK_THROWS_AS(file.read_frames("frames", 0, ~std::uint64_t{0}, 5, pixels), std::out_of_range);
  CHECK_THROWS_AS(file.read_frames("frames", 0, 0, 4, pixels), std::out_of_range);
  CHECK_THROWS_AS(file.read_numbers("q", 3, 1, numbers), std::out_of_range);
  CHECK_THROWS_AS(file.read_numbers("q", ~std::uint64_t{0}, 1, numbers), std::out_of_range);
  CHECK_THROWS_AS(file.numbers_per_row("frames"), std::out_of_range);
}

TEST_CASE("a file of other bytes than its record's is never opened, wherever they differ") {
  const TemporaryDirectory directory;
  const SplitHeader header = header_of("train", 5, 16);
  const ImaginaryShard shard(header, 0, 3);
  const auto open = [&](const ShardRecord& record) {
    const ShardFile file(directory.path(), record, frame_shape_of(header), true);
  };
  CHECK_THROWS_WITH_AS(open(shard.record), doctest::Contains("No such file"), ShardError);
  shard.write(directory.path());
  for (std::size_t place = 0; place < shard.bytes.size(); place += 97) {
    auto damaged = shard.bytes;
    damaged[place] ^= std::byte{1};
    commit_file(directory / shard.record.file, damaged);
    CHECK_THROWS_WITH_AS(open(shard.record), doctest::Contains("SHA-256"), ShardError);
  }
  commit_file(directory / shard.record.file, std::span(shard.bytes).first(shard.bytes.size() - 1));
  CHECK_THROWS_WITH_AS(open(shard.record), doctest::Contains("bytes, not"), ShardError);
  commit_file(directory / shard.record.file, shard.bytes);
  CHECK_NOTHROW(open(shard.record));
}

TEST_CASE("a sound shard under the record of other trajectories is refused") {
  const TemporaryDirectory directory;
  const SplitHeader header = header_of("train", 5, 16);
  ImaginaryShard shard(header, 0, 3);
  shard.write(directory.path());
  shard.record.first += 3;
  shard.record.last += 3;
  CHECK_THROWS_WITH_AS(ShardFile(directory.path(), shard.record, frame_shape_of(header), true),
                       doctest::Contains("row 0 holds trajectory 0, not 3"), ShardError);
}

TEST_CASE("links, pipes and paths that lead elsewhere are not followed") {
  namespace fs = std::filesystem;
  const TemporaryDirectory directory;
  const SplitHeader header = header_of("train", 5, 16);
  const ImaginaryShard shard(header, 0, 3);
  shard.write(directory / "elsewhere");
  const auto refuses = [&](const std::string& reason) {
    CHECK_THROWS_WITH_AS(ShardFile(directory / "data", shard.record, frame_shape_of(header), true),
                         doctest::Contains(reason.c_str()), ShardError);
  };
  fs::create_directories(directory / "data");
  fs::create_directory_symlink(directory / "elsewhere/train", directory / "data/train");
  refuses("symbolic link");
  fs::remove(directory / "data/train");
  fs::create_directory(directory / "data/train");
  fs::create_symlink(directory / "elsewhere/train/shard-00000.h5", directory / "data/train/shard-00000.h5");
  refuses("symbolic link");
  fs::remove(directory / "data/train/shard-00000.h5");
  REQUIRE(mkfifo((directory / "data/train/shard-00000.h5").c_str(), 0600) == 0);
  refuses("not a regular file");
  CHECK_THROWS_AS(open_beneath(directory / "data", "../elsewhere/train/shard-00000.h5"), FileError);
  CHECK_THROWS_AS(open_beneath(directory / "data", "/etc/hostname"), FileError);
  CHECK_THROWS_AS(open_beneath(directory / "data", ""), FileError);
}

TEST_CASE("bytes that change after the file was opened are noticed") {
  const TemporaryDirectory directory;
  const SplitHeader header = header_of("train", 5, 16);
  const ImaginaryShard shard(header, 0, 3);
  shard.write(directory.path());
  const ShardFile file(directory.path(), shard.record, frame_shape_of(header), true);
  std::vector<std::uint8_t> pixels(5 * header.frame_bytes());
  std::vector<double> states(10);
  CHECK_NOTHROW(file.read_frames("frames", 1, 0, 5, pixels));
  const FileRange chunk = file.map().datasets.at("frames").chunks[1];
  overwrite(directory / shard.record.file, chunk.offset + chunk.bytes / 2,
            static_cast<char>(~std::to_integer<int>(shard.bytes[chunk.offset + chunk.bytes / 2])));
  CHECK_THROWS_WITH_AS(file.read_frames("frames", 1, 0, 5, pixels), doctest::Contains("has changed"),
                       ShardError);
  CHECK_NOTHROW(file.read_frames("frames", 0, 0, 5, pixels));
  const std::uint64_t offset = file.map().datasets.at("q").offset;
  overwrite(directory / shard.record.file, offset,
            static_cast<char>(~std::to_integer<int>(shard.bytes[offset])));
  CHECK_THROWS_WITH_AS(file.read_numbers("q", 0, 1, states), doctest::Contains("has changed"), ShardError);
  std::filesystem::resize_file(directory / shard.record.file, 10);
  CHECK_THROWS_WITH_AS(file.read_frames("frames", 0, 0, 5, pixels), doctest::Contains("ends too early"),
                       ShardError);
}

TEST_CASE("many threads read a split at once, window by window or as one batch, and get equal frames") {
  const TemporaryDirectory directory;
  const SplitHeader header = header_of("train", 5, 16);
  Manifest manifest;
  manifest.frame_shape = frame_shape_of(header);
  manifest.splits.emplace_back();
  manifest.splits[0].name = "train";
  manifest.splits[0].frames = manifest.frame_shape[0];
  for (std::int64_t number = 0; number < 4; ++number) {
    const ImaginaryShard shard(header, 6 * number, 6, static_cast<std::uint64_t>(number));
    shard.write(directory.path());
    manifest.splits[0].shards.push_back(shard.record);
  }
  const SplitReader reader(directory.path(), manifest, "train");
  CHECK(reader.trajectories() == 24);
  std::vector<FrameWindow> windows;
  for (std::uint64_t i = 0; i < 200; ++i) windows.push_back({(7 * i) % 24, i % 3, 1 + i % 2});
  std::vector<std::uint8_t> expected, pixels;
  for (const FrameWindow& window : windows) {
    const Content content(header, static_cast<std::int64_t>(window.trajectory));
    const auto begin =
        content.frames.begin() + static_cast<std::ptrdiff_t>(window.first * header.frame_bytes());
    expected.insert(expected.end(), begin,
                    begin + static_cast<std::ptrdiff_t>(window.count * header.frame_bytes()));
  }
  pixels.resize(expected.size());
  reader.read_frames("frames", windows, pixels);
  CHECK(pixels == expected);
  CHECK_THROWS_AS(reader.read_frames("frames", windows, std::span(pixels).first(10)), std::out_of_range);
  CHECK_THROWS_AS(reader.read_frames("frames", FrameWindow{24, 0, 1}, pixels), std::out_of_range);

  std::vector<std::thread> threads;
  std::vector<std::vector<std::uint8_t>> results(4, std::vector<std::uint8_t>(expected.size()));
  for (auto& result : results)
    threads.emplace_back([&] {
      std::size_t place = 0;
      for (const FrameWindow& window : windows) {
        const std::size_t bytes = window.count * header.frame_bytes();
        reader.read_frames("frames", window, std::span(result).subspan(place, bytes));
        place += bytes;
      }
    });
  for (auto& thread : threads) thread.join();
  for (const auto& result : results) CHECK(result == expected);

  const auto q = reader.numbers("q", 4, 10);  // over two shards
  for (std::size_t i = 0; i < 10; ++i) {
    const Content content(header, 4 + static_cast<std::int64_t>(i));
    CHECK(std::equal(content.states.begin(), content.states.end(),
                     q.begin() + static_cast<std::ptrdiff_t>(10 * i)));
  }
  CHECK_THROWS_AS(reader.numbers("q", 20, 5), std::out_of_range);
}
