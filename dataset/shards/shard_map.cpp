#include "dataset/shards/shard_map.hpp"

#include <algorithm>
#include <limits>

namespace hamgen::dataset {
namespace {

using hdf5::Handle;

void require(bool is_so, const std::string& otherwise) {
  if (!is_so) throw Hdf5Error(otherwise);
}

std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  require(b == 0 || a <= std::numeric_limits<std::uint64_t>::max() / b, "a dataset is impossibly large");
  return a * b;
}

std::uint64_t element_bytes(Element element) {
  return element == Element::u8 ? 1 : 8;
}

// Every object of the file: datasets of the layout, by hard links of one component, and nothing else.
std::vector<std::string> object_names(hid_t file) {
  std::vector<std::string> names;
  bool has_other_links = false;
  std::pair<std::vector<std::string>&, bool&> found{names, has_other_links};
  const auto visit = [](hid_t, const char* name, const H5L_info_t* link, void* data) -> herr_t {
    auto& [list, other] = *static_cast<std::pair<std::vector<std::string>&, bool&>*>(data);
    other = other || link->type != H5L_TYPE_HARD;
    list.emplace_back(name);
    return list.size() > 1000 ? 1 : 0;
  };
  hdf5::check(H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, nullptr, visit, &found), "list a file's objects");
  require(!has_other_links, "it links to something outside of itself");
  return names;
}

class Mapper {
 public:
  // Both outlive it.
  Mapper(std::span<const std::byte> image, const ShardExpectation& expected)
      : file_size_(image.size()), expected_(expected), file_(hdf5::open_image(image)) {
    map_.trajectories = expected.trajectories;
    map_.chunking = chunk_frames(expected.frame_shape[0],
                                 expected.frame_shape[1] * expected.frame_shape[2] * expected.frame_shape[3]);
  }

  ShardMap map() {
    require_plain_file();
    map_names();
    for (const DatasetLayout& layout : shard_layout())
      if (is_held(layout)) map_dataset(layout);
    for (const char* name : {"schema_version", "split", "config", "max_energy_drift"})
      map_.attributes.emplace(name, hdf5::read_attribute(file_, name));
    return std::move(map_);
  }

 private:
  // Whether there is friction, the file itself tells.
  bool is_held(const DatasetLayout& layout) const {
    switch (layout.presence) {
      case Presence::always:
        return true;
      case Presence::all_but_train:
        return expected_.split != "train";
      case Presence::with_friction:
        return H5Lexists(file_, layout.name.c_str(), H5P_DEFAULT) > 0;
    }
    return false;
  }

  void require_plain_file() const {
    const Handle creation(H5Fget_create_plist(file_), H5Pclose, "read a file's properties");
    hsize_t user_block = 0;
    hdf5::check(H5Pget_userblock(creation, &user_block), "read a file's properties");
    require(user_block == 0, "it begins with a user block");
  }

  void map_names() const {
    for (const std::string& name : object_names(file_)) {
      const auto& all = shard_layout();
      const auto found = std::ranges::find(all, name, &DatasetLayout::name);
      require(found != all.end() && is_held(*found), "it holds \"" + name + "\", which a shard does not");
      // H5Oget_info is another function, with another structure, since HDF5 1.12.
      const Handle object(H5Oopen(file_, name.c_str(), H5P_DEFAULT), H5Oclose, "examine " + name);
      require(H5Iget_type(object) == H5I_DATASET, name + " is not a dataset");
    }
  }

  std::vector<std::uint64_t> shape_of(const DatasetLayout& layout, hid_t dataset) const {
    const std::vector<hsize_t> extents = hdf5::extents_of(dataset);
    require(extents.size() == layout.axes.size(), layout.name + " does not have the axes of a shard's");
    const auto& [frames, rows, columns, channels] = expected_.frame_shape;
    const auto labels_of = [&](const char* name) { return map_.label_count(name); };
    for (std::size_t i = 0; i < extents.size(); ++i) {
      const Axis axis = layout.axes[i];
      const std::uint64_t known = axis == Axis::trajectory ? expected_.trajectories
                                  : axis == Axis::time     ? frames
                                  : axis == Axis::y        ? rows
                                  : axis == Axis::x        ? columns
                                  : axis == Axis::channel  ? channels
                                  : layout.is_scale()      ? extents[i]
                                                           : labels_of(axis_name(axis));
      require(extents[i] == known, layout.name + " does not have the shape that the manifest says");
    }
    return {extents.begin(), extents.end()};
  }

  void require_type(const DatasetLayout& layout, hid_t dataset) const {
    const Handle type(H5Dget_type(dataset), H5Tclose, "read a dataset's type");
    const bool is_as_expected = layout.element == Element::text
                                    ? H5Tget_class(type) == H5T_STRING
                                    : H5Tequal(type, hdf5::stored_type(layout.element)) > 0;
    require(is_as_expected, layout.name + " is not of the type of a shard's");
  }

  void require_storage(const DatasetLayout& layout, hid_t dataset) const {
    const Handle creation(H5Dget_create_plist(dataset), H5Pclose, "read a dataset's properties");
    require(H5Pget_external_count(creation) == 0, layout.name + " is stored in another file");
    require(H5Pget_layout(creation) == (layout.is_compressed ? H5D_CHUNKED : H5D_CONTIGUOUS),
            layout.name + " is not stored like a shard's");
    const int filters = H5Pget_nfilters(creation);
    require(filters == (layout.is_compressed ? 1 : 0), layout.name + " has the wrong number of filters");
    if (!layout.is_compressed) return;
    unsigned flags = 0, config = 0;
    std::size_t values = 0;
    require(H5Pget_filter2(creation, 0, &flags, &values, nullptr, 0, nullptr, &config) == H5Z_FILTER_DEFLATE,
            layout.name + " has a filter other than deflate");
    hsize_t chunk[5] = {};
    const auto& shape = expected_.frame_shape;
    const hsize_t wanted[5] = {1, map_.chunking.frames_per_chunk, shape[1], shape[2], shape[3]};
    require(H5Pget_chunk(creation, 5, chunk) == 5 && std::ranges::equal(chunk, wanted),
            layout.name + " is not stored in a shard's chunks");
  }

  void require_inside(const DatasetLayout& layout, std::uint64_t offset, std::uint64_t bytes) const {
    require(offset <= file_size_ && bytes <= file_size_ - offset, layout.name + " reaches out of the file");
  }

  void map_dataset(const DatasetLayout& layout) {
    const Handle dataset = hdf5::open_dataset(file_, layout.name);
    require_type(layout, dataset);
    require_storage(layout, dataset);
    const auto shape = shape_of(layout, dataset);
    if (!layout.is_per_trajectory()) return map_label(layout, dataset, shape[0]);
    DatasetMap found;
    found.row_bytes = element_bytes(layout.element);
    for (const std::uint64_t extent : std::span(shape).subspan(1))
      found.row_bytes = product(found.row_bytes, extent);
    if (layout.is_compressed)
      map_chunks(layout, dataset, found);
    else
      found.offset = map_contiguous(layout, dataset, product(found.row_bytes, shape[0]));
    map_.datasets.emplace(layout.name, std::move(found));
  }

  std::uint64_t map_contiguous(const DatasetLayout& layout, hid_t dataset, std::uint64_t bytes) const {
    if (bytes == 0) return 0;  // the constants of a system that has none: HDF5 gives them no place
    const haddr_t offset = H5Dget_offset(dataset);
    require(offset != HADDR_UNDEF, layout.name + " has no values");
    require_inside(layout, offset, bytes);
    return offset;
  }

  void map_chunks(const DatasetLayout& layout, hid_t dataset, DatasetMap& found) const {
    for (hsize_t row = 0; row < expected_.trajectories; ++row)
      for (std::uint64_t chunk = 0; chunk < map_.chunking.chunks; ++chunk) {
        const hsize_t place[] = {row, chunk * map_.chunking.frames_per_chunk, 0, 0, 0};
        unsigned skipped_filters = 0;
        haddr_t offset = HADDR_UNDEF;
        hsize_t bytes = 0;
        hdf5::check(H5Dget_chunk_info_by_coord(dataset, place, &skipped_filters, &offset, &bytes),
                    "find a chunk");
        require(offset != HADDR_UNDEF && bytes > 0, layout.name + " lacks a chunk");
        require(skipped_filters == 0, layout.name + " has a chunk that is not compressed");
        require_inside(layout, offset, bytes);
        found.chunks.push_back({offset, bytes});
      }
  }

  void map_label(const DatasetLayout& layout, hid_t dataset, std::uint64_t size) {
    require(size <= file_size_, layout.name + " reaches out of the file");
    if (layout.element == Element::text) {
      map_.labels.emplace_back(layout.name, hdf5::read_texts(dataset));
      return;
    }
    map_contiguous(layout, dataset, product(size, 8));
    std::vector<double> values(size);
    const hsize_t offset[] = {0}, count[] = {size};
    hdf5::read_block(dataset, Element::f64, offset, count, values.data());
    map_.labels.emplace_back(layout.name, std::move(values));
  }

  std::uint64_t file_size_;
  const ShardExpectation& expected_;
  Handle file_;
  ShardMap map_;
};

}  // namespace

std::uint64_t ShardMap::label_count(const std::string& axis) const {
  for (const auto& [name, values] : labels)
    if (name == axis) return std::visit([](const auto& list) { return list.size(); }, values);
  throw Hdf5Error("there are no labels of " + axis);
}

ShardMap map_shard(std::span<const std::byte> image, const ShardExpectation& expected) {
  return Mapper(image, expected).map();
}

}  // namespace hamgen::dataset
