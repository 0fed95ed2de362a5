// Shards of made-up content for the tests, and their values as HDF5 itself reads them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dataset/format/manifest.hpp"
#include "dataset/shards/shard_writer.hpp"

constexpr std::size_t imaginary_dimension = 2, imaginary_parameters = 3;

hamgen::dataset::SplitHeader header_of(const std::string& split, std::size_t frames, std::size_t size);

// A row's values, made up from its number.
struct Content {
  Content(const hamgen::dataset::SplitHeader& header, std::int64_t trajectory);
  hamgen::dataset::ShardRow row(const hamgen::dataset::SplitHeader& header) const;

  std::int64_t id;
  double drift = 1e-14;
  hamgen::dataset::FrameChunking chunking;
  std::vector<std::uint8_t> frames;  // padded to whole chunks
  std::size_t frame_bytes = 0;       // of all frames, without the padding
  std::vector<double> states, energy, constants;
};

// A shard's bytes, and its record but for statistics.
struct ImaginaryShard {
  ImaginaryShard(const hamgen::dataset::SplitHeader& header, std::int64_t first, std::int64_t count,
                 std::uint64_t number = 0);
  // Writes the file into its split's directory.
  void write(const std::filesystem::path& dataset) const;

  std::vector<std::byte> bytes;
  hamgen::dataset::ShardRecord record;
};

std::array<std::uint64_t, 4> frame_shape_of(const hamgen::dataset::SplitHeader& header);

// Rows [first, first + count) of a dataset of a file, as HDF5's own reading gives them.
template <class T>
std::vector<T> read_with_hdf5(const std::filesystem::path& file, const std::string& dataset,
                              std::uint64_t first, std::uint64_t count);
