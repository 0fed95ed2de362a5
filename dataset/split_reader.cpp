#include "dataset/split_reader.hpp"

#include <algorithm>
#include <map>

#include "dataset/deflate.hpp"
#include "dataset/layout.hpp"

namespace hamgen::dataset {

struct SplitReader::Shard {
  ShardRecord record;
  hdf5::Handle file;
  std::map<std::string, hdf5::Handle> datasets;
};

SplitReader::SplitReader(std::filesystem::path dataset, const Manifest& manifest, const std::string& split)
    : root_(std::move(dataset)), shape_(manifest.frame_shape) {
  hdf5::require_thread_safety();
  const SplitRecord* const record = manifest.find(split);
  if (record == nullptr) throw ManifestError(root_.string() + " has no split \"" + split + "\"");
  for (const ShardRecord& shard : record->shards) {
    if (shard.first != static_cast<std::int64_t>(trajectories_) || shard.last < shard.first)
      throw ShardError(shard.file + " should begin with trajectory " + std::to_string(trajectories_) +
                       " of the " + split + " split: the manifest is damaged");
    const auto path = root_ / shard.file;
    std::error_code error;
    const auto bytes = std::filesystem::file_size(path, error);
    if (error) throw ShardError("cannot open shard " + path.string() + ": " + error.message());
    if (bytes != shard.bytes)
      throw ShardError("shard " + path.string() + " has " + std::to_string(bytes) + " bytes, not the " +
                       std::to_string(shard.bytes) + " of the manifest");
    trajectories_ += shard.trajectories();
    shards_.push_back(std::make_unique<Shard>());
    shards_.back()->record = shard;
  }
  if (trajectories_ != record->trajectories)
    throw ShardError("the shards of the " + split + " split hold " + std::to_string(trajectories_) +
                     " trajectories, not the " + std::to_string(record->trajectories) + " of the manifest");
}

SplitReader::~SplitReader() = default;

SplitReader::Shard& SplitReader::shard_of(std::uint64_t trajectory) const {
  const auto behind =
      std::ranges::upper_bound(shards_, static_cast<std::int64_t>(trajectory), {},
                               [](const std::unique_ptr<Shard>& shard) { return shard->record.first; });
  return **std::prev(behind);
}

void SplitReader::check_dataset(const Shard& shard, const std::string& name, hid_t id) const {
  std::vector<hsize_t> expected{shard.record.trajectories()};
  expected.insert(expected.end(), shape_.begin(), shape_.end());
  if (hdf5::extents_of(id) != expected)
    throw ShardError("shard " + shard.record.file + ": " + name + " does not have the shape of the manifest");
  const FrameChunking chunking = chunk_frames(shape_[0], frame_bytes());
  if (hdf5::chunk_extents(id) !=
      std::vector<hsize_t>{1, chunking.frames_per_chunk, shape_[1], shape_[2], shape_[3]})
    throw ShardError("shard " + shard.record.file + ": " + name + " is not stored in this schema's chunks");
  std::int64_t first = 0;
  const hsize_t origin[] = {0}, one[] = {1};
  hdf5::read_block(hdf5::open_dataset(shard.file, "trajectory"), Element::i64, origin, one, &first);
  if (first != shard.record.first)
    throw ShardError("shard " + shard.record.file + " begins with trajectory " + std::to_string(first) +
                     ", not " + std::to_string(shard.record.first) + " as the manifest says");
}

hid_t SplitReader::opened(Shard& shard, const std::string& name) const {
  const std::lock_guard lock(opening_);
  if (shard.file < 0) shard.file = hdf5::open_read_only(root_ / shard.record.file);
  auto found = shard.datasets.find(name);
  if (found == shard.datasets.end()) {
    hdf5::Handle id = hdf5::open_dataset(shard.file, name);
    check_dataset(shard, name, id);
    found = shard.datasets.emplace(name, std::move(id)).first;
  }
  return found->second;
}

void SplitReader::check_all(const std::string& name) const {
  for (const auto& shard : shards_) try {
      opened(*shard, name);
    } catch (const Hdf5Error& error) {
      throw ShardError("shard " + (root_ / shard->record.file).string() + ": " + error.what());
    }
}

void SplitReader::read_frames(const std::string& name, std::uint64_t trajectory, std::uint64_t first,
                              std::uint64_t count, std::span<std::uint8_t> pixels) const {
  if (trajectory >= trajectories_ || count == 0 || first + count > shape_[0] ||
      pixels.size() != count * frame_bytes())
    throw std::out_of_range("no frames " + std::to_string(first) + " + " + std::to_string(count) +
                            " of trajectory " + std::to_string(trajectory));
  Shard& shard = shard_of(trajectory);
  try {
    const hid_t dataset = opened(shard, name);
    const FrameChunking chunking = chunk_frames(shape_[0], frame_bytes());
    const std::uint64_t per_chunk = chunking.frames_per_chunk;
    std::vector<std::uint8_t> expanded(chunking.chunk_bytes());
    for (std::uint64_t chunk = first / per_chunk; chunk * per_chunk < first + count; ++chunk) {
      const std::uint64_t begin = std::max(first, chunk * per_chunk);
      const std::uint64_t end = std::min(first + count, (chunk + 1) * per_chunk);
      const hsize_t offset[] = {trajectory - static_cast<std::uint64_t>(shard.record.first),
                                chunk * per_chunk, 0, 0, 0};
      inflate(hdf5::read_raw_chunk(dataset, offset), expanded);
      const auto source =
          expanded.begin() + static_cast<std::ptrdiff_t>((begin - chunk * per_chunk) * frame_bytes());
      std::copy_n(source, (end - begin) * frame_bytes(),
                  pixels.begin() + static_cast<std::ptrdiff_t>((begin - first) * frame_bytes()));
    }
  } catch (const ShardError&) {
    throw;
  } catch (const std::exception& error) {
    throw ShardError("shard " + (root_ / shard.record.file).string() + ", trajectory " +
                     std::to_string(trajectory) + ": " + error.what());
  }
}

}  // namespace hamgen::dataset
