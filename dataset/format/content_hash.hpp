// The hash of a shard's content, which stays the same however the content is compressed and stored.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "dataset/format/layout.hpp"

namespace hamgen::dataset {

using RowDigest = std::array<std::byte, 16>;
// XXH3, 128 bits, in its canonical byte order: twenty times as fast as SHA-256. It tells contents apart; that
// files are as they were written is SHA-256's part.
RowDigest digest_of(std::span<const std::byte> row);

// The content of a shard: SHA-256 over every dataset in the order of the layout, its name and a line feed,
// then the digests of its rows. The rows of a dataset are its trajectories, decompressed, little-endian; a
// dataset without a trajectory axis is one row, texts in it ending with a zero byte each.
class ContentHash {
 public:
  void add(const std::string& dataset, const RowDigest& digest) { rows_[dataset].push_back(digest); }
  void add(const std::string& dataset, std::span<const std::byte> row) { add(dataset, digest_of(row)); }
  void add(const std::string& dataset, const LabelValues& values);
  std::string finish() const;  // 64 hexadecimal digits

 private:
  std::map<std::string, std::vector<RowDigest>> rows_;
};

}  // namespace hamgen::dataset
