// zlib-format compression with ISA-L and expansion with libdeflate, each the faster one, outside HDF5's
// global lock: what h5py reads as the "gzip" filter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

namespace hamgen::dataset {

inline constexpr int fastest_compression = 0, densest_compression = 3;  // ISA-L levels

// Owns the compressor's working memory: one per thread.
class Deflater {
 public:
  explicit Deflater(int level);
  Deflater(Deflater&&) noexcept;
  ~Deflater();
  // A complete zlib stream (RFC 1950). Equal input gives equal output.
  std::vector<std::byte> compress(std::span<const std::uint8_t> bytes);

 private:
  class Stream;
  int level_;
  std::unique_ptr<Stream> stream_;
  std::vector<std::uint8_t> workspace_;
  std::vector<std::byte> output_;
};

class InflateError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Expands a complete zlib stream that holds exactly `bytes.size()` bytes, never more than these. Throws
// InflateError for anything else. Thread-safe.
void inflate(std::span<const std::byte> stream, std::span<std::uint8_t> bytes);
// The same without a look at the stream's own checksum, for streams whose bytes were compared otherwise.
void inflate_trusted(std::span<const std::byte> stream, std::span<std::uint8_t> bytes);

}  // namespace hamgen::dataset
