#include "apps/planned_shards.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <optional>

#include "apps/version.hpp"
#include "dataset/shard_file.hpp"
#include "render/frame_renderer.hpp"

namespace hamgen::apps {
namespace {

using simulators::Split;

// The shard's entry in a manifest; null where there is none.
const dataset::ShardRecord* find_entry(const dataset::Manifest* manifest, const PlannedShard& shard) {
  const dataset::SplitRecord* const split =
      manifest == nullptr ? nullptr : manifest->find(split_name(shard.split));
  return split == nullptr || shard.number >= split->shards.size() ? nullptr : &split->shards[shard.number];
}

// The record that the shard's bytes agree with, or the reason why there is none.
std::optional<dataset::ShardRecord> find_finished(const std::filesystem::path& dataset,
                                                  const std::string& plan_id, const PlannedShard& shard,
                                                  const dataset::Manifest* known, std::string& reason) {
  const auto is_right = [&](const dataset::ShardRecord& record) {
    try {
      if (record.first != shard.first || record.last != shard.last)
        throw dataset::ShardError("its record is of other trajectories");
      dataset::check_bytes(dataset, record);
      return true;
    } catch (const std::runtime_error& error) {
      reason = error.what();
      return false;
    }
  };
  const dataset::ShardRecord* const entry = find_entry(known, shard);
  if (entry != nullptr && is_right(*entry)) return *entry;
  try {
    const auto record = dataset::read_record(dataset, shard.file(), plan_id);
    if ((entry == nullptr || record != *entry) && is_right(record)) return record;
  } catch (const std::runtime_error& error) {
    if (entry == nullptr) reason = error.what();
  }
  return std::nullopt;
}

}  // namespace

const char* split_name(Split split) {
  return split == Split::train ? "train" : "test";
}

std::vector<PlannedShard> planned_shards(const Config& config) {
  const std::int64_t size = config.settings.integer("shard_size");
  std::vector<PlannedShard> shards;
  for (const auto& [split, trajectories] :
       {std::pair{Split::train, config.train_size()}, std::pair{Split::test, config.test_size()}})
    for (std::int64_t first = 0; first < trajectories; first += size)
      shards.push_back({.split = split,
                        .number = static_cast<std::uint64_t>(first / size),
                        .first = first,
                        .last = std::min(first + size, trajectories) - 1});
  return shards;
}

dataset::Plan plan_of(const Config& config) {
  return dataset::make_plan({.version = version, .git_commit = git_commit}, to_json(config));
}

Config config_of(const std::filesystem::path& dataset, const dataset::Plan& plan) {
  Config config = config_from_json(plan.config);
  const auto found = dataset::differences(plan.config, to_json(config));
  if (!found.empty())
    throw dataset::ManifestError(dataset.string() + " was begun by hamgen " + plan.generator.version +
                                 ", whose configuration this one does not have: " + listed(found, 5));
  return config;
}

dataset::SplitHeader split_header(const Config& config, const simulators::Simulation& simulation,
                                  Split split) {
  const auto& system = simulation.system();
  const auto& settings = config.settings;
  const auto size = static_cast<std::size_t>(settings.integer("image.size"));
  dataset::SplitHeader header;
  header.split = split_name(split);
  header.attributes = {{"schema_version", dataset::schema_version},
                       {"system", config.system->name},
                       {"hamiltonian", config.system->hamiltonian},
                       {"reference", config.system->reference},
                       {"split", header.split},
                       {"config", to_json(config).dump()},
                       {"seed", settings.integer("seed")},
                       {"generator", "hamgen"},
                       {"generator_version", version},
                       {"git_commit", git_commit},
                       {"solver", settings.text("integrator.method")},
                       {"absolute_tolerance", settings.real("integrator.absolute_tolerance")},
                       {"relative_tolerance", settings.real("integrator.relative_tolerance")},
                       {"max_energy_drift", simulation.max_energy_drift()}};
  header.time = simulation.times();
  header.x = render::column_x(size, simulation.nominal_view().half_width);
  header.y = render::row_y(size, simulation.nominal_view().half_width);
  header.coordinates = system.coordinate_names();
  for (const auto& label : system.parameter_labels()) {
    header.parameters.push_back(label.name);
    header.parameter_units.push_back(label.unit);
  }
  header.position_unit = system.position_unit();
  header.momentum_unit = system.momentum_unit();
  return header;
}

Inventory take_inventory(const std::filesystem::path& dataset, const std::string& plan_id,
                         const std::vector<PlannedShard>& shards, const dataset::Manifest* known) {
  std::vector<std::optional<dataset::ShardRecord>> found(shards.size());
  std::vector<std::string> reasons(shards.size());
  tbb::parallel_for(std::size_t{0}, shards.size(), [&](std::size_t i) {
    found[i] = find_finished(dataset, plan_id, shards[i], known, reasons[i]);
  });
  Inventory inventory;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    if (found[i]) {
      inventory.finished.push_back(std::move(*found[i]));
      continue;
    }
    inventory.missing.push_back(shards[i]);
    inventory.reasons.push_back(shards[i].file() + ": " + reasons[i]);
  }
  return inventory;
}

std::string listed(const std::vector<std::string>& items, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(most, items.size()); ++i) text += (i == 0 ? "" : "; ") + items[i];
  if (items.size() > most) text += "; and " + std::to_string(items.size() - most) + " more";
  return text;
}

}  // namespace hamgen::apps
