// One finished shard for reading. All its bytes are read once, compared with the SHA-256 of its record, and
// mapped (shard_map.hpp); from then on values are read from where they lie, by any number of threads at once
// and without HDF5. A checksum of every piece is kept, so that bytes which change later are noticed, too.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "dataset/files/file.hpp"
#include "dataset/format/shard_record.hpp"
#include "dataset/shards/shard_map.hpp"

namespace hamgen::dataset {

// A shard that is missing, damaged, unreadable, or not what its record says; the message names the file and
// the reason.
class ShardError : public std::runtime_error {
 public:
  explicit ShardError(const std::string& message) : std::runtime_error(message) {}
  explicit ShardError(const FileError& error)
      : std::runtime_error(error.what()), is_unreadable_(error.is_unreadable()) {}
  bool is_unreadable() const { return is_unreadable_; }  // as of FileError

 private:
  bool is_unreadable_ = false;
};

// Whether `error` is a FileError or ShardError that says nothing about what is in the file.
bool is_unreadable(const std::exception& error);

// Throws ShardError where the file's size or SHA-256 is not the record's. Needs a megabyte of memory.
void check_bytes(const std::filesystem::path& dataset, const ShardRecord& record);

class ShardFile {
 public:
  // `frame_shape`: T, H, W, 3. Throws ShardError. `keep_open`: hold on to the file's descriptor; otherwise
  // every read opens it again.
  ShardFile(const std::filesystem::path& dataset, ShardRecord record,
            const std::array<std::uint64_t, 4>& frame_shape, bool keep_open);

  const ShardRecord& record() const { return record_; }
  const ShardMap& map() const { return map_; }
  // Numbers per trajectory of a dataset of float64. Throws std::out_of_range for one that there is not.
  std::uint64_t numbers_per_row(const std::string& name) const;

  // Frames [first, first + count) of "frames" or "frames_clean" of a row (a trajectory, counted within the
  // shard), RGB8 [count, H, W, 3]. Throws ShardError; std::out_of_range for what there is not.
  void read_frames(const std::string& name, std::uint64_t row, std::uint64_t first, std::uint64_t count,
                   std::span<std::uint8_t> pixels) const;
  // Rows [row, row + count) of a dataset of float64, [count, numbers_per_row]. Throws likewise.
  void read_numbers(const std::string& name, std::uint64_t row, std::uint64_t count,
                    std::span<double> numbers) const;

  // The content's hash, from every value and every decompressed frame; each row of "frames" is shown to
  // `see_frames` on the way. Throws ShardError.
  using FramesVisitor = std::function<void(std::span<const std::uint8_t>)>;
  std::string content(const FramesVisitor& see_frames = [](std::span<const std::uint8_t>) {}) const;

 private:
  struct Checked {
    FileRange range;
    std::uint32_t crc = 0;
  };
  const DatasetMap& find(const std::string& name) const;
  void take_checksums(std::span<const std::byte> image);
  void check_ids(std::span<const std::byte> image) const;
  const std::vector<Checked>& pieces(const std::string& name) const { return pieces_.at(name); }
  // The descriptor that is held, or one that `opened` holds from now on.
  int descriptor(Descriptor& opened) const;
  void read_piece(int fd, const Checked& piece, std::span<std::byte> bytes) const;
  void inflate_chunk(int fd, const Checked& chunk, std::span<std::uint8_t> pixels) const;
  [[noreturn]] void fail_with(const std::string& reason) const;

  std::filesystem::path dataset_;
  ShardRecord record_;
  ShardMap map_;
  std::uint64_t frames_ = 0;
  std::map<std::string, std::vector<Checked>> pieces_;  // chunks, or rows
  Descriptor file_;
};

}  // namespace hamgen::dataset
