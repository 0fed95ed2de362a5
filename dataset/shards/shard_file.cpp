#include "dataset/shards/shard_file.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "dataset/files/deflate.hpp"
#include "dataset/files/sha256.hpp"
#include "dataset/format/content_hash.hpp"
#include "dataset/shards/image_memory.hpp"

namespace hamgen::dataset {
namespace {

std::uint32_t crc_of(std::span<const std::byte> bytes) {
  return libdeflate_crc32(0, bytes.data(), bytes.size());
}

// A thread's memory for compressed bytes, and another for pixels of which only a part is wanted.
std::span<std::byte> scratch(std::vector<std::byte>& memory, std::uint64_t bytes) {
  if (memory.size() < bytes) memory.resize(bytes);
  return std::span(memory).first(bytes);
}

[[noreturn]] void fail_about(const std::filesystem::path& path, const std::string& reason) {
  throw ShardError("shard " + path.string() + " " + reason);
}

Descriptor open_checked(const std::filesystem::path& dataset, const ShardRecord& record) {
  Descriptor file = open_beneath(dataset, record.file);
  const std::uint64_t size = size_of(file, dataset / record.file);
  if (size != record.bytes)
    fail_about(dataset / record.file, "has " + std::to_string(size) + " bytes, not the " +
                                          std::to_string(record.bytes) + " of its record");
  return file;
}

// The whole file, if it is what the record says. `file` is its descriptor, open at the return.
std::unique_ptr<ImageBuffer> read_checked(const std::filesystem::path& dataset, const ShardRecord& record,
                                          Descriptor& file) try {
  const auto path = dataset / record.file;
  file = open_checked(dataset, record);
  auto image = std::make_unique<ImageBuffer>(record.bytes);
  read_at(file, 0, image->bytes(), path);
  if (sha256(image->bytes()) != record.sha256) fail_about(path, "does not have the SHA-256 of its record");
  return image;
} catch (const FileError& error) {
  throw ShardError(error);
}

}  // namespace

bool is_unreadable(const std::exception& error) {
  const auto* const of_file = dynamic_cast<const FileError*>(&error);
  const auto* const of_shard = dynamic_cast<const ShardError*>(&error);
  return (of_file != nullptr && of_file->is_unreadable()) ||
         (of_shard != nullptr && of_shard->is_unreadable());
}

void check_bytes(const std::filesystem::path& dataset, const ShardRecord& record) try {
  const auto path = dataset / record.file;
  const Descriptor file = open_checked(dataset, record);
  std::vector<std::byte> piece(std::size_t{1} << 20);
  Sha256 hash;
  for (std::uint64_t offset = 0; offset < record.bytes; offset += piece.size()) {
    piece.resize(std::min<std::uint64_t>(piece.size(), record.bytes - offset));
    read_at(file, offset, piece, path);
    hash.add(piece);
  }
  if (hash.finish() != record.sha256) fail_about(path, "does not have the SHA-256 of its record");
} catch (const FileError& error) {
  throw ShardError(error);
}

ShardFile::ShardFile(const std::filesystem::path& dataset, ShardRecord record,
                     const std::array<std::uint64_t, 4>& frame_shape, bool keep_open)
    : dataset_(dataset), record_(std::move(record)), frames_(frame_shape[0]) {
  Descriptor file;
  const auto image = read_checked(dataset, record_, file);
  try {
    map_ = map_shard(image->bytes(), {.split = record_.file.substr(0, record_.file.find('/')),
                                      .trajectories = record_.trajectories(),
                                      .frame_shape = frame_shape});
  } catch (const Hdf5Error& error) {
    fail_with(std::string("is not as a shard is: ") + error.what());
  }
  take_checksums(image->bytes());
  check_ids(image->bytes());
  if (keep_open) file_ = std::move(file);
}

void ShardFile::fail_with(const std::string& reason) const {
  fail_about(dataset_ / record_.file, reason);
}

int ShardFile::descriptor(Descriptor& opened) const {
  if (file_ >= 0) return file_;
  try {
    opened = open_beneath(dataset_, record_.file);
  } catch (const FileError& error) {
    throw ShardError(error);
  }
  return opened;
}

void ShardFile::take_checksums(std::span<const std::byte> image) {
  for (const auto& [name, dataset] : map_.datasets) {
    std::vector<FileRange> ranges = dataset.chunks;
    if (ranges.empty())
      for (std::uint64_t row = 0; row < map_.trajectories; ++row)
        ranges.push_back({dataset.offset + row * dataset.row_bytes, dataset.row_bytes});
    std::vector<Checked>& pieces = pieces_[name];
    for (const FileRange& range : ranges)
      pieces.push_back({range, crc_of(image.subspan(range.offset, range.bytes))});
  }
}

void ShardFile::check_ids(std::span<const std::byte> image) const {
  const DatasetMap& ids = map_.datasets.at("trajectory");
  for (std::uint64_t row = 0; row < map_.trajectories; ++row) {
    std::int64_t id = 0;
    std::memcpy(&id, image.data() + ids.offset + row * sizeof id, sizeof id);
    const std::int64_t expected = record_.first + static_cast<std::int64_t>(row);
    if (id != expected)
      fail_with("is not what its record says: row " + std::to_string(row) + " holds trajectory " +
                std::to_string(id) + ", not " + std::to_string(expected));
  }
}

const DatasetMap& ShardFile::find(const std::string& name) const {
  const auto found = map_.datasets.find(name);
  if (found == map_.datasets.end())
    throw std::out_of_range("shard " + record_.file + " has no dataset " + name);
  return found->second;
}

std::uint64_t ShardFile::numbers_per_row(const std::string& name) const {
  if (find_layout(name).element != Element::f64) throw std::out_of_range(name + " is no dataset of numbers");
  return find(name).row_bytes / sizeof(double);
}

void ShardFile::read_piece(int fd, const Checked& piece, std::span<std::byte> bytes) const {
  try {
    read_at(fd, piece.range.offset, bytes, dataset_ / record_.file);
  } catch (const FileError& error) {
    throw ShardError(error);
  }
  if (crc_of(bytes) != piece.crc) fail_with("has changed since it was opened");
}

void ShardFile::inflate_chunk(int fd, const Checked& chunk, std::span<std::uint8_t> pixels) const {
  thread_local std::vector<std::byte> memory;
  const auto stream = scratch(memory, chunk.range.bytes);
  read_piece(fd, chunk, stream);
  try {
    inflate_trusted(stream, pixels);
  } catch (const InflateError& error) {
    fail_with(error.what());
  }
}

void ShardFile::read_frames(const std::string& name, std::uint64_t row, std::uint64_t first,
                            std::uint64_t count, std::span<std::uint8_t> pixels) const {
  const DatasetMap& dataset = find(name);
  const FrameChunking& chunking = map_.chunking;
  const std::uint64_t frame = chunking.frame_bytes, per_chunk = chunking.frames_per_chunk;
  if (dataset.chunks.empty() || row >= map_.trajectories || count == 0 || count > frames_ ||
      first > frames_ - count || pixels.size() != count * frame)
    throw std::out_of_range("no frames " + std::to_string(first) + " + " + std::to_string(count) + " of " +
                            name + " of row " + std::to_string(row));
  Descriptor opened;
  const int fd = descriptor(opened);
  for (std::uint64_t chunk = first / per_chunk; chunk * per_chunk < first + count; ++chunk) {
    const std::uint64_t begin = std::max(first, chunk * per_chunk);
    const std::uint64_t end = std::min(first + count, (chunk + 1) * per_chunk);
    const Checked& piece = pieces(name)[row * chunking.chunks + chunk];
    const auto target = pixels.subspan((begin - first) * frame, (end - begin) * frame);
    if (target.size() == chunking.chunk_bytes()) {
      inflate_chunk(fd, piece, target);
      continue;
    }
    thread_local std::vector<std::uint8_t> whole;
    whole.resize(chunking.chunk_bytes());
    inflate_chunk(fd, piece, whole);
    std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>((begin - chunk * per_chunk) * frame),
                target.size(), target.begin());
  }
}

void ShardFile::read_numbers(const std::string& name, std::uint64_t row, std::uint64_t count,
                             std::span<double> numbers) const {
  const std::uint64_t per_row = numbers_per_row(name);
  if (count > map_.trajectories || row > map_.trajectories - count || numbers.size() != count * per_row)
    throw std::out_of_range("no rows " + std::to_string(row) + " + " + std::to_string(count) + " of " + name);
  Descriptor opened;
  const int fd = descriptor(opened);
  for (std::uint64_t i = 0; i < count; ++i)
    read_piece(fd, pieces(name)[row + i], std::as_writable_bytes(numbers.subspan(i * per_row, per_row)));
}

std::string ShardFile::content(const FramesVisitor& see_frames) const {
  ContentHash hash;
  for (const auto& [name, values] : map_.labels) hash.add(name, values);
  std::vector<double> numbers;
  std::vector<std::uint8_t> frames(frames_ * map_.chunking.frame_bytes);
  for (std::int64_t id = record_.first; id <= record_.last; ++id)
    hash.add("trajectory", std::as_bytes(std::span(&id, 1)));
  for (const auto& [name, dataset] : map_.datasets) {
    if (name == "trajectory") continue;
    for (std::uint64_t row = 0; row < map_.trajectories; ++row) {
      if (dataset.chunks.empty()) {
        numbers.resize(dataset.row_bytes / sizeof(double));
        read_numbers(name, row, 1, numbers);
        hash.add(name, std::as_bytes(std::span(numbers)));
      } else {
        read_frames(name, row, 0, frames_, frames);
        hash.add(name, std::as_bytes(std::span(frames)));
        if (name == "frames") see_frames(frames);
      }
    }
  }
  return hash.finish();
}

}  // namespace hamgen::dataset
