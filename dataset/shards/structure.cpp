#include "dataset/shards/structure.hpp"

#include <hdf5_hl.h>

namespace hamgen::dataset {
namespace {

// "{p} / time" with momentum in "mass length / time" is "mass length / time^2".
std::string resolve_units(std::string units, const SplitHeader& header) {
  const auto substitute = [&](const std::string& from, const std::string& to) {
    if (const auto at = units.find(from); at != std::string::npos) units.replace(at, from.size(), to);
  };
  substitute("{q}", header.position_unit);
  substitute("{p}", header.momentum_unit);
  substitute("{H}", header.energy_unit);
  substitute("/ time / time", "/ time^2");
  return units;
}

}  // namespace

std::vector<hsize_t> extents_of(const DatasetLayout& layout, const SplitHeader& header,
                                std::uint64_t trajectories) {
  std::vector<hsize_t> extents;
  for (const Axis axis : layout.axes) extents.push_back(header.extent(axis, trajectories));
  return extents;
}

Structure::Structure(hid_t file, const SplitHeader& header, std::uint64_t trajectories,
                     const StorageOf& storage_of) {
  for (const auto& [name, value] : header.attributes) hdf5::write_attribute(file, name, value);
  create(file, header, trajectories, storage_of);
  attach_scales(header);
  write_labels(header);
}

void Structure::create(hid_t file, const SplitHeader& header, std::uint64_t trajectories,
                       const StorageOf& storage_of) {
  const hdf5::Handle text = hdf5::text_type();
  for (const DatasetLayout& layout : shard_layout()) {
    if (!header.holds(layout)) continue;
    const auto extents = extents_of(layout, header, trajectories);
    const hid_t type =
        layout.element == Element::text ? static_cast<hid_t>(text) : hdf5::stored_type(layout.element);
    hdf5::Handle dataset =
        hdf5::create_dataset(file, layout.name, type, extents, storage_of(layout, extents));
    if (!layout.units.empty()) hdf5::write_attribute(dataset, "units", resolve_units(layout.units, header));
    hdf5::write_attribute(dataset, "long_name", layout.long_name);
    if (layout.is_scale())
      hdf5::check(H5DSset_scale(dataset, layout.name.c_str()), "make " + layout.name + " a dimension scale");
    datasets_.emplace(layout.name, std::move(dataset));
  }
}

void Structure::attach_scales(const SplitHeader& header) {
  for (const DatasetLayout& layout : shard_layout()) {
    if (!header.holds(layout) || layout.is_scale()) continue;
    for (unsigned axis = 0; axis < layout.axes.size(); ++axis)
      hdf5::check(H5DSattach_scale(dataset(layout.name), dataset(axis_name(layout.axes[axis])), axis),
                  "attach a dimension scale to " + layout.name);
  }
}

void Structure::write_labels(const SplitHeader& header) {
  for (const auto& [name, values] : header.labels()) {
    if (const auto* const numbers = std::get_if<std::vector<double>>(&values))
      hdf5::write_all(dataset(name), Element::f64, numbers->data());
    else
      hdf5::write_texts(dataset(name), std::get<std::vector<std::string>>(values));
  }
}

}  // namespace hamgen::dataset
