// TensorBoard's event files: scalars and pictures over steps, as length-prefixed records with CRC-32C checksums
// (TFRecord) that each hold one Event message (protocol buffers). Only what these need.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

namespace hamgen::model {

// CRC-32C (Castagnoli), as RFC 3720 gives it.
std::uint32_t crc32c(std::string_view bytes);

class EventFile {
 public:
  // Begins a file anew. Throws dataset::FileError where that is impossible.
  explicit EventFile(const std::filesystem::path& path);
  // Seconds since 1970, as TensorBoard's relative axis wants them.
  void add_scalar(const std::string& tag, double value, std::int64_t step, double wall_time);
  // `png`: the file's bytes. Nothing is added where they are none of a PNG.
  void add_png(const std::string& tag, std::string_view png, std::int64_t step, double wall_time);
  void flush();

 private:
  void write_record(const std::string& event);
  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace hamgen::model
