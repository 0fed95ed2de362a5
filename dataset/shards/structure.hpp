// The skeleton that shards and virtual indices share: datasets, dimension scales, labels and attributes.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "dataset/format/layout.hpp"
#include "dataset/shards/hdf5.hpp"

namespace hamgen::dataset {

// The creation property list of one dataset: where its values will be.
using StorageOf = std::function<hdf5::Handle(const DatasetLayout&, std::span<const hsize_t> extents)>;

class Structure {
 public:
  // Creates everything in `file` and writes what does not depend on the trajectory (labels, time, pixel
  // grid).
  Structure(hid_t file, const SplitHeader& header, std::uint64_t trajectories, const StorageOf& storage_of);
  hid_t dataset(const std::string& name) const { return datasets_.at(name); }
  void close() { datasets_.clear(); }

 private:
  void create(hid_t file, const SplitHeader& header, std::uint64_t trajectories, const StorageOf& storage_of);
  void attach_scales(const SplitHeader& header);
  void write_labels(const SplitHeader& header);
  std::map<std::string, hdf5::Handle> datasets_;
};

std::vector<hsize_t> extents_of(const DatasetLayout& layout, const SplitHeader& header,
                                std::uint64_t trajectories);

}  // namespace hamgen::dataset
