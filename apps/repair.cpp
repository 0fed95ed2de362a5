#include "apps/repair.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "apps/finish.hpp"
#include "apps/shard_builder.hpp"
#include "apps/threads.hpp"
#include "apps/version.hpp"
#include "dataset/claim.hpp"
#include "dataset/commit.hpp"
#include "dataset/shard_file.hpp"
#include "dataset/virtual_index.hpp"

namespace hamgen::apps {
namespace {

namespace fs = std::filesystem;

// What the directory says about itself.
struct Evidence {
  std::optional<dataset::Manifest> manifest;
  std::optional<dataset::Plan> plan;
  std::vector<std::string> found;  // what is wrong with them

  const dataset::Plan& agreed() const { return manifest ? manifest->plan : *plan; }
};

template <class Read>
auto read_or_note(Read read, std::vector<std::string>& found) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const std::runtime_error& error) {
    found.emplace_back(error.what());
    return std::nullopt;
  }
}

Evidence gather(const fs::path& dataset) {
  Evidence evidence;
  evidence.plan = read_or_note([&] { return dataset::read_plan(dataset); }, evidence.found);
  evidence.manifest = read_or_note([&] { return dataset::read_manifest(dataset); }, evidence.found);
  if (!evidence.plan && !evidence.manifest)
    throw dataset::ManifestError("cannot repair " + dataset.string() +
                                 ": nothing there says what belongs there: " + listed(evidence.found, 2));
  if (evidence.plan && evidence.manifest && evidence.plan->id != evidence.manifest->plan.id)
    throw dataset::ManifestError("cannot repair " + dataset.string() +
                                 ": plan.json and manifest.json are of different configurations");
  return evidence;
}

// The content of each missing shard, where a sound record of it is left.
std::map<std::string, std::string> known_contents(const fs::path& dataset, const Evidence& evidence,
                                                  const std::vector<PlannedShard>& missing) {
  std::map<std::string, std::string> contents;
  for (const PlannedShard& shard : missing) {
    try {
      contents[shard.file()] = dataset::read_record(dataset, shard.file(), evidence.agreed().id).content;
    } catch (const std::runtime_error&) {
    }
    if (!evidence.manifest) continue;
    const dataset::SplitRecord* const split = evidence.manifest->find(split_name(shard.split));
    if (split != nullptr && shard.number < split->shards.size())
      contents[shard.file()] = split->shards[shard.number].content;
  }
  return contents;
}

// Refuses a rebuilt shard that would not be what was lost.
void require_equal(const dataset::ShardRecord& rebuilt, const std::map<std::string, std::string>& contents,
                   const dataset::Plan& plan) {
  const auto known = contents.find(rebuilt.file);
  const bool is_same_build = plan.generator == dataset::Generator{version, git_commit};
  if (known != contents.end() ? known->second == rebuilt.content : is_same_build) return;
  throw dataset::ShardError(rebuilt.file +
                            (known != contents.end() ? " cannot be made again with equal content here"
                                                     : " cannot be compared with what it was") +
                            ": the dataset is by hamgen " + plan.generator.version + " (" +
                            plan.generator.git_commit + "), this is " + version + " (" + git_commit +
                            ") on " + cpu_class() +
                            ". Repair it with the program and the class of processor that made it");
}

// Records that are missing or broken while their shards are sound.
void restore_records(const fs::path& dataset, const Inventory& inventory, const std::string& plan_id,
                     std::vector<std::string>& found) {
  for (const dataset::ShardRecord& record : inventory.finished) {
    try {
      if (dataset::read_record(dataset, record.file, plan_id) == record) continue;
      found.push_back(dataset::record_file_name(record.file) + " is not the record of its shard");
    } catch (const std::runtime_error& error) {
      found.emplace_back(error.what());
    }
    dataset::commit_file(dataset / dataset::record_file_name(record.file), record_text(record, plan_id));
  }
}

void note_indices(const fs::path& dataset, const dataset::Manifest& manifest,
                  std::vector<std::string>& found) {
  for (const dataset::SplitRecord& split : manifest.splits) try {
      dataset::check_index(dataset, split);
    } catch (const std::runtime_error& error) {
      found.emplace_back(error.what());
    }
}

}  // namespace

Repair repair(const fs::path& dataset, unsigned threads, bool quiet) {
  const Threads limit(threads);
  const auto claim = dataset::Claim::of_directory(dataset);
  Evidence evidence = gather(dataset);
  const dataset::Plan plan = evidence.agreed();
  const Config config = config_of(dataset, plan);
  const simulators::Simulation simulation(*config.system, config.settings);
  dataset::tidy_up(dataset);
  if (!evidence.plan) dataset::commit_file(dataset / dataset::plan_name, dataset::plan_text(plan));

  const dataset::Manifest* const known = evidence.manifest ? &*evidence.manifest : nullptr;
  Inventory inventory = take_inventory(dataset, plan.id, planned_shards(config), known);
  Repair repair{.found = std::move(evidence.found), .manifest = {}};
  repair.found.insert(repair.found.end(), inventory.reasons.begin(), inventory.reasons.end());
  if (known != nullptr) note_indices(dataset, *known, repair.found);
  restore_records(dataset, inventory, plan.id, repair.found);
  const auto contents = known_contents(dataset, evidence, inventory.missing);
  build_missing(
      inventory, config, simulation,
      {.out = dataset,
       .plan_id = plan.id,
       .threads = threads,
       .quiet = quiet,
       .inspect = [&](const dataset::ShardRecord& record) { require_equal(record, contents, plan); }});
  repair.manifest = write_finish({config, simulation, plan, dataset, quiet}, inventory.finished, known);
  return repair;
}

}  // namespace hamgen::apps
