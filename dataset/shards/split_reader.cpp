#include "dataset/shards/split_reader.hpp"

#include <sys/resource.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <mutex>

namespace hamgen::dataset {
namespace {

// Of the 1024 that a process usually may have, or a quarter of what this one may.
std::size_t most_open_files() {
  constexpr std::size_t most = 256;
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::min<std::size_t>(most, limit.rlim_cur / 4) : most;
}

}  // namespace

struct SplitReader::Slot {
  ShardRecord record;
  std::mutex opening;
  std::unique_ptr<const ShardFile> file;
};

SplitReader::SplitReader(std::filesystem::path dataset, const Manifest& manifest, const std::string& split)
    : root_(std::move(dataset)), split_(split) {
  const SplitRecord* const record = manifest.find(split);
  if (record == nullptr) throw ManifestError(root_.string() + " has no split \"" + split + "\"");
  shape_ = manifest.shape_of(*record);
  trajectories_ = record->trajectories();
  for (const ShardRecord& shard : record->shards) {
    const auto path = root_ / shard.file;
    std::error_code error;
    const auto bytes = std::filesystem::file_size(path, error);
    if (error) throw ShardError("cannot open shard " + path.string() + ": " + error.message());
    if (bytes != shard.bytes)
      throw ShardError("shard " + path.string() + " has " + std::to_string(bytes) + " bytes, not the " +
                       std::to_string(shard.bytes) + " of the manifest");
    shards_.push_back(std::make_unique<Slot>());
    shards_.back()->record = shard;
  }
}

SplitReader::~SplitReader() = default;

const ShardFile& SplitReader::shard(std::size_t number) const {
  Slot& slot = *shards_.at(number);
  const std::lock_guard lock(slot.opening);
  if (slot.file == nullptr)
    slot.file = std::make_unique<ShardFile>(root_, slot.record, shape_, number < most_open_files());
  return *slot.file;
}

void SplitReader::check_all() const {
  tbb::parallel_for(std::size_t{0}, shards_.size(), [&](std::size_t number) { shard(number); });
}

std::size_t SplitReader::shard_of(std::uint64_t trajectory) const {
  if (trajectory >= trajectories_)
    throw std::out_of_range("no trajectory " + std::to_string(trajectory) + " of " +
                            std::to_string(trajectories_));
  const auto behind =
      std::ranges::upper_bound(shards_, static_cast<std::int64_t>(trajectory), {},
                               [](const std::unique_ptr<Slot>& slot) { return slot->record.first; });
  return static_cast<std::size_t>(behind - shards_.begin()) - 1;
}

void SplitReader::read_frames(const std::string& name, const FrameWindow& window,
                              std::span<std::uint8_t> pixels) const {
  const ShardFile& file = shard(shard_of(window.trajectory));
  file.read_frames(name, window.trajectory - static_cast<std::uint64_t>(file.record().first), window.first,
                   window.count, pixels);
}

void SplitReader::read_frames(const std::string& name, std::span<const FrameWindow> windows,
                              std::span<std::uint8_t> pixels) const {
  std::vector<std::uint64_t> places{0};
  for (const FrameWindow& window : windows) {
    if (window.count > shape_[0]) throw std::out_of_range("a window is longer than a trajectory");
    places.push_back(places.back() + window.count * frame_bytes());
  }
  if (places.back() != pixels.size())
    throw std::out_of_range("the windows' frames do not fill the buffer: " + std::to_string(places.back()) +
                            " bytes into " + std::to_string(pixels.size()));
  tbb::parallel_for(std::size_t{0}, windows.size(), [&](std::size_t i) {
    read_frames(name, windows[i], pixels.subspan(places[i], places[i + 1] - places[i]));
  });
}

std::vector<double> SplitReader::numbers(const std::string& name, std::uint64_t first,
                                         std::uint64_t count) const {
  if (count > trajectories_ || first > trajectories_ - count)
    throw std::out_of_range("no trajectories " + std::to_string(first) + " + " + std::to_string(count) +
                            " of " + std::to_string(trajectories_));
  std::vector<double> all;
  const std::uint64_t expected = shards_.empty() ? 0 : shard(0).numbers_per_row(name);
  for (std::uint64_t next = first; next < first + count;) {
    const ShardFile& file = shard(shard_of(next));
    const std::uint64_t row = next - static_cast<std::uint64_t>(file.record().first);
    const std::uint64_t rows = std::min(first + count - next, file.record().trajectories() - row);
    const std::uint64_t before = all.size(), per_row = file.numbers_per_row(name);
    if (per_row != expected)
      throw ShardError("shard " + (root_ / file.record().file).string() + ": " + name +
                       " does not have the shape of the first shard's");
    all.resize(before + rows * per_row);
    file.read_numbers(name, row, rows, std::span(all).subspan(before));
    next += rows;
  }
  return all;
}

}  // namespace hamgen::dataset
