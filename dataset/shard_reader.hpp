// Reads trajectories back from one shard.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dataset/hdf5.hpp"

namespace hamgen::dataset {

class ShardReader {
 public:
  // Throws Hdf5Error where the file cannot be opened.
  explicit ShardReader(const std::filesystem::path& path);

  std::uint64_t trajectories() const { return trajectories_; }
  // The values of rows [first, first + count) of a dataset, row-major. Throws Hdf5Error.
  std::vector<double> numbers(const std::string& dataset, std::uint64_t first, std::uint64_t count) const;
  std::vector<std::uint8_t> frames(const std::string& dataset, std::uint64_t first,
                                   std::uint64_t count) const;

 private:
  template <class T>
  std::vector<T> rows(const std::string& name, Element element, std::uint64_t first,
                      std::uint64_t count) const;
  hdf5::Handle file_;
  std::uint64_t trajectories_;
};

}  // namespace hamgen::dataset
