#include "model/training/safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <limits>
#include <string_view>

#include "dataset/files/commit.hpp"
#include "dataset/files/sha256.hpp"
#include "dataset/format/manifest.hpp"

namespace hamgen::model {
namespace {

using dataset::Json;

static_assert(std::endian::native == std::endian::little, "safetensors holds little-endian numbers");

constexpr std::uint64_t longest_header = 100'000'000;  // the limit of the format's own reader
constexpr std::size_t length_bytes = 8;
constexpr std::size_t alignment = 8;
constexpr const char* digest_key = "sha256";
const std::string no_digest(64, '0');

struct ElementType {
  const char* name;
  at::ScalarType type;
};
constexpr std::array<ElementType, 5> element_types{{{"F32", at::kFloat},
                                                    {"F64", at::kDouble},
                                                    {"BF16", at::kBFloat16},
                                                    {"I64", at::kLong},
                                                    {"U8", at::kByte}}};

const char* name_of(at::ScalarType type) {
  for (const auto& element : element_types)
    if (element.type == type) return element.name;
  throw std::logic_error(std::string("safetensors: no element type for ") + at::toString(type));
}

struct Entry {
  std::string name;
  at::ScalarType type = at::kFloat;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;
};

std::uint64_t non_negative(const Json& json) {
  if (!json.is_number_unsigned()) throw SafetensorsError("a number in its header is not a whole one");
  return json.get<std::uint64_t>();
}

Entry entry_from_json(const std::string& name, const Json& json) {
  Entry entry;
  entry.name = name;
  const auto wrong = [&](const std::string& what) {
    return SafetensorsError("tensor \"" + name + "\" " + what);
  };
  if (!json.is_object() || !json.contains("dtype") || !json.contains("shape") ||
      !json.contains("data_offsets"))
    throw wrong("lacks dtype, shape or data_offsets");
  const auto type =
      std::ranges::find_if(element_types, [&](const auto& t) { return json["dtype"] == t.name; });
  if (type == element_types.end()) throw wrong("is of the unsupported type " + json["dtype"].dump());
  entry.type = type->type;
  const Json &shape = json["shape"], &offsets = json["data_offsets"];
  if (!shape.is_array() || shape.size() > 8) throw wrong("has a shape that is not understood");
  if (!offsets.is_array() || offsets.size() != 2) throw wrong("has data_offsets that are not understood");
  entry.begin = non_negative(offsets[0]);
  entry.end = non_negative(offsets[1]);
  std::uint64_t bytes = c10::elementSize(entry.type);
  constexpr std::uint64_t most = std::uint64_t{1} << 48;
  for (const Json& extent : shape) {
    const std::uint64_t n = non_negative(extent);
    if (n > most || (n > 0 && bytes > most / n)) throw wrong("is too large");
    bytes *= n;
    entry.shape.push_back(static_cast<std::int64_t>(n));
  }
  if (entry.end < entry.begin || entry.end - entry.begin != bytes) throw wrong("does not fill its place");
  return entry;
}

// Tensors in the order of their places, which must cover `data_bytes` without gap or overlap.
std::vector<Entry> entries_of(const Json& header, std::uint64_t data_bytes) {
  std::vector<Entry> entries;
  for (const auto& [name, json] : header.items())
    if (name != "__metadata__") entries.push_back(entry_from_json(name, json));
  std::ranges::stable_sort(entries, {}, [](const Entry& entry) { return std::pair(entry.begin, entry.end); });
  std::uint64_t at = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != at)
      throw SafetensorsError("tensor \"" + entry.name + "\" overlaps another, or leaves a gap");
    at = entry.end;
  }
  if (at != data_bytes)
    throw SafetensorsError("it holds " + std::to_string(data_bytes) +
                           " bytes of tensors, its header tells of " + std::to_string(at));
  return entries;
}

Metadata metadata_of(const Json& header) {
  Metadata metadata;
  const auto found = header.find("__metadata__");
  if (found == header.end()) return metadata;
  if (!found->is_object()) throw SafetensorsError("its metadata are not understood");
  for (const auto& [key, value] : found->items()) {
    if (!value.is_string()) throw SafetensorsError("its metadata are not texts");
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

// What a file's digest is of, piece by piece: begins with its header, without the digits.
dataset::Sha256 begin_digest(std::uint64_t length, std::string header, std::size_t digits_at) {
  header.replace(digits_at, no_digest.size(), no_digest);
  dataset::Sha256 hash;
  hash.add(std::as_bytes(std::span(&length, 1)));
  hash.add(std::as_bytes(std::span(header)));
  return hash;
}

// Where the digits of the digest stand in the header; npos where they do not.
std::size_t digits_in(const std::string& header, const std::string& digest) {
  constexpr std::string_view before = R"("sha256":")";
  for (std::size_t at = header.find(before); at != std::string::npos; at = header.find(before, at + 1))
    if (header.compare(at + before.size(), digest.size(), digest) == 0) return at + before.size();
  return std::string::npos;
}

void add(const Tensor& tensor, dataset::Sha256& hash) {
  hash.add({static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()});
}

// Takes the digest out of the metadata, and compares.
void check_digest(std::uint64_t length, const std::string& header, TensorFile& file) {
  const auto found = file.metadata.find(digest_key);
  if (found == file.metadata.end()) return;
  const std::string digest = found->second;
  file.metadata.erase(found);
  const std::size_t digits_at = digits_in(header, digest);
  bool is_right = dataset::is_sha256(digest) && digits_at != std::string::npos;
  if (is_right) {
    dataset::Sha256 hash = begin_digest(length, header, digits_at);
    for (const auto& [name, tensor] : file.tensors) add(tensor, hash);
    is_right = hash.finish() == digest;
  }
  if (!is_right) throw SafetensorsError("it is damaged: its content does not have its SHA-256");
}

TensorFile read(const std::filesystem::path& path) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(path, error);
  if (error) throw SafetensorsError(error.message());
  std::ifstream file(path, std::ios::binary);
  std::uint64_t header_length = 0;
  if (size < length_bytes || !file.read(reinterpret_cast<char*>(&header_length), length_bytes))
    throw SafetensorsError("it is too short");
  if (header_length > longest_header || header_length > size - length_bytes)
    throw SafetensorsError("its header is said to have " + std::to_string(header_length) +
                           " bytes, the file has " + std::to_string(size));
  std::string text(header_length, '\0');
  file.read(text.data(), static_cast<std::streamsize>(header_length));
  const Json header = Json::parse(text, nullptr, false);
  if (!file || !header.is_object()) throw SafetensorsError("its header is not a JSON object");
  TensorFile result;
  result.metadata = metadata_of(header);
  for (const Entry& entry : entries_of(header, size - length_bytes - header_length)) {
    Tensor tensor = at::empty(entry.shape, entry.type);
    file.read(static_cast<char*>(tensor.data_ptr()), static_cast<std::streamsize>(entry.end - entry.begin));
    if (!file) throw SafetensorsError("it cannot be read to its end");
    result.tensors.emplace_back(entry.name, std::move(tensor));
  }
  check_digest(header_length, text, result);
  return result;
}

}  // namespace

const Tensor& TensorFile::at(const std::string& name) const {
  const auto found = std::ranges::find(tensors, name, &NamedTensors::value_type::first);
  if (found == tensors.end()) throw SafetensorsError("it has no tensor \"" + name + "\"");
  return found->second;
}

void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       const Metadata& metadata) {
  Json header = Json::object();
  header["__metadata__"] = metadata;
  header["__metadata__"][digest_key] = no_digest;
  std::vector<Tensor> contents;
  std::uint64_t at = 0;
  for (const auto& [name, tensor] : tensors) {
    contents.push_back(tensor.detach().to(at::kCPU).contiguous());
    const std::uint64_t end = at + contents.back().nbytes();
    header[name] = {{"dtype", name_of(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + alignment - 1) / alignment * alignment, ' ');
  const std::uint64_t length = text.size();
  const std::size_t digits_at = digits_in(text, no_digest);
  dataset::Sha256 hash = begin_digest(length, text, digits_at);
  for (const Tensor& tensor : contents) add(tensor, hash);
  text.replace(digits_at, no_digest.size(), hash.finish());
  std::vector<std::byte> bytes(length_bytes + text.size() + at);
  std::byte* place = bytes.data();
  const auto append = [&](const void* data, std::size_t count) {
    if (count > 0) std::memcpy(place, data, count);
    place += count;
  };
  append(&length, length_bytes);
  append(text.data(), text.size());
  for (const Tensor& tensor : contents) append(tensor.data_ptr(), tensor.nbytes());
  dataset::commit_file(path, bytes);
}

TensorFile read_safetensors(const std::filesystem::path& path) {
  try {
    return read(path);
  } catch (const SafetensorsError& reason) {
    throw SafetensorsError("cannot read " + path.string() + ": " + reason.what());
  }
}

}  // namespace hamgen::model
