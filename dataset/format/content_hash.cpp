#include "dataset/format/content_hash.hpp"

#include <xxhash.h>

#include <cstring>

#include "dataset/files/sha256.hpp"

namespace hamgen::dataset {

RowDigest digest_of(std::span<const std::byte> row) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(row.data(), row.size()));
  RowDigest digest;
  static_assert(sizeof canonical.digest == sizeof digest);
  std::memcpy(digest.data(), canonical.digest, sizeof digest);
  return digest;
}

void ContentHash::add(const std::string& dataset, const LabelValues& values) {
  if (const auto* const numbers = std::get_if<std::vector<double>>(&values)) {
    add(dataset, std::as_bytes(std::span(*numbers)));
    return;
  }
  std::string row;
  for (const std::string& text : std::get<std::vector<std::string>>(values)) row += text + '\0';
  add(dataset, std::as_bytes(std::span(row)));
}

std::string ContentHash::finish() const {
  Sha256 hash;
  for (const DatasetLayout& layout : shard_layout()) {
    const auto rows = rows_.find(layout.name);
    if (rows == rows_.end()) continue;
    const std::string title = layout.name + "\n";
    hash.add(std::as_bytes(std::span(title)));
    hash.add(std::as_bytes(std::span(rows->second)));
  }
  return hash.finish();
}

}  // namespace hamgen::dataset
