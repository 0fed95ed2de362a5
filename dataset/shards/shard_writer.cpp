#include "dataset/shards/shard_writer.hpp"

#include <stdexcept>

namespace hamgen::dataset {
namespace {

// Values never written by the library itself need no fill, and all space is claimed in creation order.
hdf5::Handle shard_storage(const DatasetLayout& layout, std::span<const hsize_t> extents) {
  hdf5::Handle properties = hdf5::property_list(H5P_DATASET_CREATE);
  if (!layout.is_compressed) return properties;
  const FrameChunking chunking = chunk_frames(extents[1], extents[2] * extents[3] * extents[4]);
  const hsize_t chunk[] = {1, chunking.frames_per_chunk, extents[2], extents[3], extents[4]};
  hdf5::check(H5Pset_chunk(properties, 5, chunk), "set the chunk shape");
  hdf5::check(H5Pset_deflate(properties, 6), "set the deflate filter");  // the level is only a record
  return properties;
}

}  // namespace

std::span<const double> ShardRow::numbers(const std::string& dataset) const {
  const std::pair<const char*, std::span<const double>> columns[] = {{"q", q},
                                                                     {"p", p},
                                                                     {"q_observed", q_observed},
                                                                     {"p_observed", p_observed},
                                                                     {"dq_dt", dq_dt},
                                                                     {"dp_dt", dp_dt},
                                                                     {"energy", energy},
                                                                     {"energy_lost", energy_lost},
                                                                     {"energy_drift", energy_drift},
                                                                     {"parameters", parameters},
                                                                     {"view_x", view_x},
                                                                     {"view_y", view_y}};
  for (const auto& [name, values] : columns)
    if (dataset == name) return values;
  throw std::logic_error("a shard row has no " + dataset);
}

ShardWriter::ShardWriter(const SplitHeader& header, std::uint64_t trajectories)
    : header_(header),
      trajectories_(trajectories),
      chunking_(chunk_frames(header.time.size(), header.frame_bytes())),
      structure_(file_, header, trajectories, shard_storage) {
  for (const auto& [name, values] : header.labels()) content_.add(name, values);
}

bool ShardWriter::is_number_column(const DatasetLayout& layout) const {
  return layout.element == Element::f64 && layout.is_per_trajectory() && header_.holds(layout);
}

void ShardWriter::append(const ShardRow& row) {
  if (ids_.size() == trajectories_) throw std::logic_error("the shard is full");
  store_chunks("frames", row.frames, row.frames_digest);
  if (header_.holds(find_layout("frames_clean")))
    store_chunks("frames_clean", row.frames_clean, row.frames_clean_digest);
  for (const DatasetLayout& layout : shard_layout()) {
    if (!is_number_column(layout)) continue;
    std::uint64_t expected = 1;
    for (const hsize_t extent : extents_of(layout, header_, 1)) expected *= extent;
    const auto values = row.numbers(layout.name);
    if (values.size() != expected)
      throw std::logic_error("a shard row's " + layout.name + " has the wrong size");
    auto& column = columns_[layout.name];
    column.insert(column.end(), values.begin(), values.end());
    content_.add(layout.name, std::as_bytes(values));
  }
  ids_.push_back(row.trajectory);
  content_.add("trajectory", std::as_bytes(std::span(&row.trajectory, 1)));
}

void ShardWriter::store_chunks(const char* dataset, const std::vector<Chunk>& chunks,
                               const RowDigest& digest) {
  content_.add(dataset, digest);
  if (chunks.size() != chunking_.chunks) throw std::logic_error("a shard row has the wrong number of chunks");
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const hsize_t offset[] = {ids_.size(), i * chunking_.frames_per_chunk, 0, 0, 0};
    hdf5::check(H5Dwrite_chunk(structure_.dataset(dataset), H5P_DEFAULT, 0, offset, chunks[i].size(),
                               chunks[i].data()),
                "store a chunk");
  }
}

hdf5::MemoryFile ShardWriter::finish() {
  if (ids_.size() != trajectories_) throw std::logic_error("the shard is not complete");
  hdf5::write_all(structure_.dataset("trajectory"), Element::i64, ids_.data());
  for (const DatasetLayout& layout : shard_layout())
    if (is_number_column(layout))
      hdf5::write_all(structure_.dataset(layout.name), Element::f64, columns_.at(layout.name).data());
  structure_.close();
  return std::move(file_);
}

}  // namespace hamgen::dataset
