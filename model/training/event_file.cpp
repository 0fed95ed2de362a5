#include "model/training/event_file.hpp"

#include <array>
#include <bit>
#include <cstring>

#include "dataset/files/commit.hpp"

namespace hamgen::model {
namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
    table[byte] = crc;
  }
  return table;
}

// TFRecord stores checksums rotated and offset, so that a checksum of checksums stays meaningful.
std::uint32_t masked_crc(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8;
}

template <class T>
std::string raw(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

// Protocol buffers: a varint key of field number and wire type, then the value.
enum class Wire : std::uint64_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 128; value >>= 7) bytes += static_cast<char>(value | 128);
  return bytes + static_cast<char>(value);
}
std::string key(std::uint64_t field, Wire wire) {
  return varint(field << 3 | static_cast<std::uint64_t>(wire));
}
std::string message(std::uint64_t field, const std::string& content) {
  return key(field, Wire::bytes) + varint(content.size()) + content;
}

// Event: wall_time = 1, step = 2, file_version = 3, summary = 5.
std::string event(double wall_time, std::int64_t step, const std::string& content) {
  return key(1, Wire::fixed64) + raw(wall_time) + key(2, Wire::varint) +
         varint(static_cast<std::uint64_t>(step)) + content;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr auto table = make_crc_table();
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char c : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<unsigned char>(c)) & 255];
  return ~crc;
}

EventFile::EventFile(const std::filesystem::path& path)
    : path_(path), file_(path, std::ios::binary | std::ios::trunc) {
  write_record(event(0, 0, message(3, "brain.Event:2")));
}

void EventFile::add_scalar(const std::string& tag, double value, std::int64_t step, double wall_time) {
  // Summary.Value: tag = 1, simple_value = 2.
  const std::string scalar = message(1, tag) + key(2, Wire::fixed32) + raw(static_cast<float>(value));
  write_record(event(wall_time, step, message(5, message(1, scalar))));
}

void EventFile::add_png(const std::string& tag, std::string_view png, std::int64_t step, double wall_time) {
  constexpr std::string_view begin = "\x89PNG\r\n\x1a\n";
  constexpr std::size_t width_at = 16, header = 24;  // the first chunk: IHDR's width and height, big-endian
  if (png.size() < header || !png.starts_with(begin)) return;
  const auto number = [&](std::size_t at) {
    std::uint64_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(png[i]);
    return value;
  };
  // Summary.Value: tag = 1, image = 4; Summary.Image: height = 1, width = 2, colorspace = 3 (RGB: 3), PNG = 4.
  const std::string image = key(1, Wire::varint) + varint(number(width_at + 4)) + key(2, Wire::varint) +
                            varint(number(width_at)) + key(3, Wire::varint) + varint(3) +
                            message(4, std::string(png));
  write_record(event(wall_time, step, message(5, message(1, message(1, tag) + message(4, image)))));
}

void EventFile::flush() {
  file_.flush();
  if (!file_) throw dataset::FileError("cannot write " + path_.string());
}

void EventFile::write_record(const std::string& content) {
  const std::string length = raw(static_cast<std::uint64_t>(content.size()));
  file_ << length << raw(masked_crc(length)) << content << raw(masked_crc(content));
  if (!file_) throw dataset::FileError("cannot write " + path_.string());
}

}  // namespace hamgen::model
