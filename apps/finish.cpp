#include "apps/finish.hpp"

#include <algorithm>

#include "apps/yardsticks.hpp"
#include "dataset/commit.hpp"
#include "dataset/digest.hpp"
#include "dataset/virtual_index.hpp"
#include "render/channel_sums.hpp"

namespace hamgen::apps {
namespace {

using simulators::Split;

dataset::Manifest describe(const Finishing& finishing) {
  const auto size = static_cast<std::uint64_t>(finishing.config.settings.integer("image.size"));
  dataset::Manifest manifest;
  manifest.plan = finishing.plan;
  manifest.system = finishing.config.system->name;
  manifest.hamiltonian = finishing.config.system->hamiltonian;
  manifest.frame_shape = {finishing.simulation.frames(), size, size, 3};
  return manifest;
}

dataset::SplitRecord write_index(const Finishing& finishing, Split split,
                                 std::vector<dataset::ShardRecord> shards) {
  const auto header = split_header(finishing.config, finishing.simulation, split);
  const auto index = dataset::make_virtual_index(header, shards);
  const auto bytes = index.image();
  dataset::SplitRecord record;
  record.name = header.split;
  record.index = {.file = header.split + ".h5", .bytes = bytes.size(), .sha256 = dataset::sha256(bytes)};
  record.shards = std::move(shards);
  dataset::commit_if_changed(finishing.out / record.index.file, bytes);
  return record;
}

void describe_pixels(dataset::Manifest& manifest) {
  const dataset::ShardStatistics total = manifest.find("train")->statistics();
  const render::ChannelSums sums{
      .sum = total.pixel_sum, .sum_of_squares = total.pixel_sum_of_squares, .pixels = total.pixels};
  for (std::size_t channel = 0; channel < 3; ++channel) {
    manifest.channel_mean.push_back(sums.mean(channel));
    manifest.channel_std.push_back(sums.standard_deviation(channel));
  }
}

}  // namespace

dataset::Manifest write_finish(const Finishing& finishing, std::vector<dataset::ShardRecord> records,
                               const dataset::Manifest* known) {
  dataset::Manifest manifest = describe(finishing);
  for (const auto& [split, size] : {std::pair{Split::train, finishing.config.train_size()},
                                    std::pair{Split::test, finishing.config.test_size()}}) {
    if (size == 0) continue;
    std::vector<dataset::ShardRecord> shards;
    std::ranges::copy_if(records, std::back_inserter(shards),
                         [name = split_name(split)](const dataset::ShardRecord& record) {
                           return record.file.starts_with(name);
                         });
    std::ranges::sort(shards, {}, &dataset::ShardRecord::first);
    manifest.splits.push_back(write_index(finishing, split, std::move(shards)));
  }
  describe_pixels(manifest);
  manifest.has_yardsticks = finishing.config.test_size() > 0;
  if (manifest.has_yardsticks)
    manifest.yardsticks = known != nullptr
                              ? known->yardsticks
                              : measure_yardsticks(finishing.config, finishing.simulation, finishing.quiet);
  const std::string text = dataset::manifest_text(manifest);
  dataset::commit_if_changed(finishing.out / dataset::manifest_name, std::as_bytes(std::span(text)));
  return manifest;
}

}  // namespace hamgen::apps
