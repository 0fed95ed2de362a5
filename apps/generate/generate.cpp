#include "apps/generate/generate.hpp"

#include <fmt/format.h>

#include <optional>

#include "apps/generate/finish.hpp"
#include "apps/generate/redraws.hpp"
#include "apps/generate/shard_builder.hpp"
#include "apps/shell/streams.hpp"
#include "apps/shell/threads.hpp"
#include "dataset/format/claim.hpp"

namespace hamgen::apps {
namespace {

namespace fs = std::filesystem;

// A manifest that can be trusted, of this plan; null where there is none.
std::optional<dataset::Manifest> manifest_of(const fs::path& dataset, const dataset::Plan& plan) {
  try {
    auto manifest = dataset::read_manifest(dataset);
    if (manifest.plan.id == plan.id) return manifest;
  } catch (const std::runtime_error&) {
  }
  return std::nullopt;
}

// Of all splits, where no worker had more than its share.
void require_few_redraws(const Config& config, const Inventory& inventory) {
  for (const SplitConfig& split : config.splits) {
    dataset::ShardStatistics total;
    for (const dataset::ShardRecord& record : inventory.finished)
      if (record.file.starts_with(split_name(split.split) + std::string("/"))) total.add(record.statistics);
    apps::require_few_redraws(split_name(split.split), split.size, total);
  }
}

dataset::Manifest finished_with_a_word(const Making& making, std::vector<dataset::ShardRecord> records,
                                       const dataset::Manifest* known) {
  auto manifest = write_finish(making, std::move(records), known).manifest;
  tell(redraw_warning(manifest));
  return manifest;
}

void tell_of_indices(const Config& config, const GenerateOptions& options) {
  if (const std::string note = note_on_indices(config); !note.empty() && !options.quiet) tell(note + "\n");
}

}  // namespace

dataset::Manifest generate(const Config& config, const GenerateOptions& options) {
  const Threads limit(options.threads);
  const Simulations simulations(config);
  const dataset::Plan plan = plan_of(config);
  const auto claim = dataset::Claim::of_plan(options.out, plan, dataset::Writers::alone, options.force);
  tell_of_indices(config, options);
  dataset::tidy_up(options.out);
  const auto known = manifest_of(options.out, plan);
  Inventory inventory =
      take_inventory(options.out, plan.id, planned_shards(config), known ? &*known : nullptr);
  const Making making{
      config, simulations, plan, options.out, options.threads, options.quiet, allows_redraws(config, plan)};
  std::vector<std::string> restored;
  complete(making, inventory, restored);
  return finished_with_a_word(making, inventory.finished, known ? &*known : nullptr);
}

std::size_t generate_share(const Config& config, const WorkerShare& share, const GenerateOptions& options) {
  const Threads limit(options.threads);
  const Simulations simulations(config);
  const dataset::Plan plan = plan_of(config);
  const auto claim = dataset::Claim::of_plan(options.out, plan, dataset::Writers::together, false);
  tell_of_indices(config, options);
  const auto all = planned_shards(config);
  std::vector<PlannedShard> mine;
  for (std::size_t i = share.index; i < all.size(); i += share.count) mine.push_back(all[i]);
  Inventory inventory = take_inventory(options.out, plan.id, mine, nullptr);
  std::vector<std::string> restored;
  complete(
      {config, simulations, plan, options.out, options.threads, options.quiet, allows_redraws(config, plan)},
      inventory, restored);
  return mine.size();
}

dataset::Manifest finish(const fs::path& dataset, unsigned threads, bool quiet) {
  const Threads limit(threads);
  const auto claim = dataset::Claim::of_directory(dataset);
  const dataset::Plan plan = dataset::read_plan(dataset);
  const Config config = config_of(dataset, plan);
  const Simulations simulations(config);
  const auto shards = planned_shards(config);
  const auto known = manifest_of(dataset, plan);
  const Inventory inventory = take_inventory(dataset, plan.id, shards, known ? &*known : nullptr);
  if (!inventory.missing.empty())
    throw IncompleteDataset(fmt::format("{} of {} shards of {} are missing: {}", inventory.missing.size(),
                                        shards.size(), dataset.string(), listed(inventory.reasons, 20)));
  if (!allows_redraws(config, plan)) require_few_redraws(config, inventory);
  dataset::tidy_up(dataset);
  return finished_with_a_word({config, simulations, plan, dataset, threads, quiet}, inventory.finished,
                              known ? &*known : nullptr);
}

}  // namespace hamgen::apps
