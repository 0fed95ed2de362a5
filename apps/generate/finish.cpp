#include "apps/generate/finish.hpp"

#include <algorithm>
#include <cmath>

#include "apps/generate/yardsticks.hpp"
#include "dataset/files/commit.hpp"
#include "dataset/shards/virtual_index.hpp"
#include "render/canvas.hpp"
#include "render/channel_sums.hpp"
#include "simulators/position_noise.hpp"

namespace hamgen::apps {
namespace {

void describe_pixels(dataset::Manifest& manifest) {
  const dataset::ShardStatistics total = manifest.find("train")->statistics();
  const render::ChannelSums sums{
      .sum = total.pixel_sum, .sum_of_squares = total.pixel_sum_of_squares, .pixels = total.pixels};
  for (std::size_t channel = 0; channel < 3; ++channel) {
    manifest.channel_mean.push_back(sums.mean(channel));
    manifest.channel_std.push_back(sums.standard_deviation(channel));
  }
}

// So that every CPU finds the same.
double rounded(double value) {
  constexpr double steps = 1 << 20;
  return std::round(value * steps) / steps;
}

// In pixels of the stored frames.
void describe_noise(const Making& making, dataset::Manifest& manifest) {
  const simulators::Simulation& simulation = making.simulations.train();
  const auto size = static_cast<double>(render::Canvas::from(making.config.settings).size);
  const double pixels = size / (2 * simulation.nominal_view().half_width);  // of a unit of length
  const std::int64_t trajectories = making.config.train_size();
  if (const auto shift = simulators::position_noise(simulation, trajectories)) {
    manifest.position_noise = {rounded((*shift)[0] * pixels), rounded((*shift)[1] * pixels)};
  } else if (const auto turn = simulators::turning_noise(simulation, trajectories)) {
    const auto [x, y] = turn->pivot;
    const std::array pivot{rounded(size / 2 + x * pixels), rounded(size / 2 - y * pixels)};
    if (std::max(std::abs(pivot[0]), std::abs(pivot[1])) <= dataset::farthest_pivot)
      manifest.turning_noise = {pivot, rounded(turn->deviation)};
  }
}

}  // namespace

dataset::Manifest describe(const Making& making, std::vector<dataset::ShardRecord> records,
                           std::map<std::string, dataset::hdf5::MemoryFile>& indices) {
  dataset::Manifest manifest;
  manifest.plan = making.plan;
  manifest.system = making.config.system->name;
  manifest.hamiltonian = making.simulations.train().hamiltonian();
  manifest.is_reversible = making.simulations.train().is_reversible();
  manifest.frame_shape = frame_shape(making.config, making.simulations.train());
  describe_noise(making, manifest);
  std::ranges::sort(records, {}, &dataset::ShardRecord::first);
  for (const SplitConfig& split : making.config.splits) {
    dataset::SplitRecord found;
    found.name = split_name(split.split);
    found.frames = making.simulations.of(split.split).frames();
    std::ranges::copy_if(records, std::back_inserter(found.shards), [&](const dataset::ShardRecord& record) {
      return record.file.starts_with(found.name + "/");
    });
    if (found.shards.empty()) continue;
    const auto header = split_header(making.config, making.simulations, making.plan, split.split);
    auto index = dataset::make_virtual_index(header, found.shards);
    found.index = dataset::index_record(found.name, index.image());
    indices.emplace(found.index.file, std::move(index));
    manifest.splits.push_back(std::move(found));
  }
  describe_pixels(manifest);
  return manifest;
}

Finished write_finish(const Making& making, std::vector<dataset::ShardRecord> records,
                      const dataset::Manifest* known) {
  std::map<std::string, dataset::hdf5::MemoryFile> indices;
  Finished finished{.manifest = describe(making, std::move(records), indices)};
  dataset::Manifest& manifest = finished.manifest;
  for (const auto& [file, index] : indices)
    finished.has_changed |= dataset::commit_if_changed(making.out / file, index.image());
  manifest.has_yardsticks = manifest.find("test") != nullptr;
  if (manifest.has_yardsticks)
    manifest.yardsticks =
        known != nullptr && known->has_yardsticks ? known->yardsticks : measure_yardsticks(making, manifest);
  const std::string text = dataset::manifest_text(manifest);
  finished.has_changed |=
      dataset::commit_if_changed(making.out / dataset::manifest_name, std::as_bytes(std::span(text)));
  return finished;
}

}  // namespace hamgen::apps
