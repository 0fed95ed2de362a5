#include "apps/generate/inventory.hpp"

#include <tbb/parallel_for.h>

#include <optional>

#include "apps/shell/stop_signal.hpp"
#include "apps/shell/version.hpp"
#include "dataset/files/commit.hpp"
#include "dataset/shards/shard_file.hpp"

namespace hamgen::apps {
namespace {

// The shard's entry in a manifest; null where there is none.
const dataset::ShardRecord* find_entry(const dataset::Manifest* manifest, const PlannedShard& shard) {
  const dataset::SplitRecord* const split =
      manifest == nullptr ? nullptr : manifest->find(split_name(shard.split));
  return split == nullptr || shard.number >= split->shards.size() ? nullptr : &split->shards[shard.number];
}

// What cannot be read may be whole: nothing is put in its place.
void require_readable(const std::exception& error) {
  if (dataset::is_unreadable(error))
    throw dataset::FileError(
        std::string(error.what()) + ". It may be whole, and is not replaced: make it readable, or remove it",
        true);
}

// The record that the shard's bytes agree with, or the reason why there is none.
std::optional<dataset::ShardRecord> find_finished(const std::filesystem::path& dataset,
                                                  const std::string& plan_id, const PlannedShard& shard,
                                                  const dataset::Manifest* known, std::string& reason,
                                                  std::string& content) {
  const auto is_right = [&](const dataset::ShardRecord& record) {
    try {
      if (record.first != shard.first || record.last != shard.last)
        throw dataset::ShardError("its record is of other trajectories");
      dataset::check_bytes(dataset, record);
      return true;
    } catch (const std::runtime_error& error) {
      require_readable(error);
      reason = error.what();
      return false;
    }
  };
  if (stop_requested()) throw Interrupted("stopped by a signal. The same command goes on");
  const dataset::ShardRecord* const entry = find_entry(known, shard);
  if (entry != nullptr) content = entry->content;
  if (entry != nullptr && is_right(*entry)) return *entry;
  try {
    const auto record = dataset::read_record(dataset, shard.file(), plan_id);
    if (entry == nullptr) content = record.content;
    if ((entry == nullptr || record != *entry) && is_right(record)) return record;
  } catch (const std::runtime_error& error) {
    require_readable(error);
    if (entry == nullptr) reason = error.what();
  }
  return std::nullopt;
}

}  // namespace

Inventory take_inventory(const std::filesystem::path& dataset, const std::string& plan_id,
                         const std::vector<PlannedShard>& shards, const dataset::Manifest* known) {
  std::vector<std::optional<dataset::ShardRecord>> found(shards.size());
  std::vector<std::string> reasons(shards.size()), contents(shards.size());
  tbb::parallel_for(std::size_t{0}, shards.size(), [&](std::size_t i) {
    found[i] = find_finished(dataset, plan_id, shards[i], known, reasons[i], contents[i]);
  });
  Inventory inventory;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    if (found[i]) {
      inventory.finished.push_back(std::move(*found[i]));
      continue;
    }
    inventory.missing.push_back(shards[i]);
    inventory.reasons.push_back(shards[i].file() + ": " + reasons[i]);
    if (!contents[i].empty()) inventory.contents[shards[i].file()] = contents[i];
  }
  return inventory;
}

void restore_records(const std::filesystem::path& dataset, const Inventory& inventory,
                     const std::string& plan_id, std::vector<std::string>& found) {
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

void require_equal(const dataset::ShardRecord& rebuilt, const Inventory& inventory,
                   const dataset::Plan& plan) {
  const auto known = inventory.contents.find(rebuilt.file);
  const bool is_known = known != inventory.contents.end();
  if (is_known ? known->second == rebuilt.content : plan.generator == this_generator()) return;
  throw dataset::ShardError(
      rebuilt.file +
      (is_known ? " cannot be made again with equal content here" : " cannot be compared with what it was") +
      ": the dataset is by hamgen " + plan.generator.version + " (" + plan.generator.git_commit +
      "), this is " + version + " (" + git_commit + ") on " + cpu_class() +
      "; use the program and the class of processor that made it");
}

}  // namespace hamgen::apps
