#include "apps/generate/repair.hpp"

#include <optional>

#include "apps/generate/finish.hpp"
#include "apps/generate/shard_builder.hpp"
#include "apps/shell/threads.hpp"
#include "dataset/files/commit.hpp"
#include "dataset/format/claim.hpp"
#include "dataset/shards/shard_file.hpp"
#include "dataset/shards/virtual_index.hpp"

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

void note_indices(const fs::path& dataset, const dataset::Manifest& manifest,
                  std::vector<std::string>& found) {
  for (const dataset::SplitRecord& split : manifest.splits) try {
      dataset::check_index(dataset, split.index);
    } catch (const std::runtime_error& error) {
      found.emplace_back(error.what());
    }
}

}  // namespace

std::vector<std::string> repair(const fs::path& dataset, unsigned threads, bool quiet) {
  const Threads limit(threads);
  const auto claim = dataset::Claim::of_directory(dataset);
  Evidence evidence = gather(dataset);
  const dataset::Plan plan = evidence.agreed();
  const Config config = config_of(dataset, plan);
  const Simulations simulations(config);
  dataset::tidy_up(dataset);
  if (!evidence.plan) dataset::commit_file(dataset / dataset::plan_name, dataset::plan_text(plan));

  const dataset::Manifest* const known = evidence.manifest ? &*evidence.manifest : nullptr;
  std::vector<std::string> found = std::move(evidence.found);
  if (known != nullptr) note_indices(dataset, *known, found);
  Inventory inventory = take_inventory(dataset, plan.id, planned_shards(config), known);
  found.insert(found.end(), inventory.reasons.begin(), inventory.reasons.end());
  const Making making{config, simulations, plan, dataset, threads, quiet, /*any_redraws=*/true};
  complete(making, inventory, found);
  const Finished finished = write_finish(making, inventory.finished, known);
  if (found.empty() && finished.has_changed)
    found.emplace_back("the index or the manifest was not what it should be");
  return found;
}

}  // namespace hamgen::apps
