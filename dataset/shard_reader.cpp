#include "dataset/shard_reader.hpp"

namespace hamgen::dataset {

ShardReader::ShardReader(const std::filesystem::path& path)
    : file_(hdf5::open_read_only(path)),
      trajectories_(hdf5::extents_of(hdf5::open_dataset(file_, "trajectory")).at(0)) {}

template <class T>
std::vector<T> ShardReader::rows(const std::string& name, Element element, std::uint64_t first,
                                 std::uint64_t count) const {
  const hdf5::Handle dataset = hdf5::open_dataset(file_, name);
  std::vector<hsize_t> block = hdf5::extents_of(dataset), offset(block.size(), 0);
  if (first + count > block.at(0))
    throw Hdf5Error(name + " has " + std::to_string(block[0]) + " rows; asked for rows " +
                    std::to_string(first) + " to " + std::to_string(first + count - 1));
  offset[0] = first;
  block[0] = count;
  std::size_t elements = 1;
  for (const hsize_t extent : block) elements *= extent;
  std::vector<T> values(elements);
  hdf5::read_block(dataset, element, offset, block, values.data());
  return values;
}

std::vector<double> ShardReader::numbers(const std::string& dataset, std::uint64_t first,
                                         std::uint64_t count) const {
  return rows<double>(dataset, Element::f64, first, count);
}

std::vector<std::uint8_t> ShardReader::frames(const std::string& dataset, std::uint64_t first,
                                              std::uint64_t count) const {
  return rows<std::uint8_t>(dataset, Element::u8, first, count);
}

}  // namespace hamgen::dataset
