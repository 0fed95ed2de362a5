#include "dataset/format/claim.hpp"

#include <algorithm>
#include <vector>

#include "dataset/files/commit.hpp"
#include "dataset/format/layout.hpp"
#include "dataset/format/manifest.hpp"

namespace hamgen::dataset {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory)) files.push_back(entry.path());
  return files;
}

// Files that hamgen itself leaves in a split's directory; everything else is the user's.
bool is_shard_or_record(const std::string& name) {
  constexpr std::string_view prefix = "shard-";
  if (!name.starts_with(prefix)) return false;
  const auto end_of_number = name.find_first_not_of("0123456789", prefix.size());
  if (end_of_number == prefix.size() || end_of_number == std::string::npos) return false;
  const std::string ending = name.substr(end_of_number);
  return ending == ".h5" || ending == ".json";
}

void remove_dataset(const fs::path& dataset) {
  fs::remove(dataset / manifest_name);  // first: from here on it is not a finished dataset
  for (const char* name : {"preview.png", "preview.gif", "portrait.png"}) fs::remove(dataset / name);
  for (const std::string split : split_names) {
    fs::remove(dataset / (split + ".h5"));
    if (!fs::is_directory(fs::symlink_status(dataset / split))) continue;
    for (const fs::path& file : files_in(dataset / split))
      if (is_shard_or_record(file.filename().string())) fs::remove(file);
    if (fs::is_empty(dataset / split)) fs::remove(dataset / split);
  }
  fs::remove(dataset / plan_name);
}

bool holds_only_leftovers(const fs::path& dataset) {
  return std::ranges::all_of(files_in(dataset), [](const fs::path& file) {
    const std::string name = file.filename().string();
    return is_temporary(name) || name == lock_name;
  });
}

void require_plan(const fs::path& dataset, const Plan& plan) {
  const Plan there = read_plan(dataset);
  if (there.id == plan.id) return;
  std::string text;
  for (const std::string& difference : differences(there.config, plan.config))
    text += (text.empty() ? "" : "; ") + difference;
  if (!text.empty())
    throw ClaimError(dataset.string() + " was begun with another configuration (" + text +
                     "): give its own to go on, another --out, or --force to replace it");
  throw ClaimError(dataset.string() + " was begun by another build, hamgen " + there.generator.version +
                   " (" + there.generator.git_commit + "): this one is " + plan.generator.version + " (" +
                   plan.generator.git_commit + "). Go on with that one, or --force to replace it");
}

}  // namespace

Claim::Claim(const fs::path& dataset, Writers writers) : lock_(dataset, writers) {
  if (!lock_.is_held()) throw ClaimError("another hamgen is writing to " + dataset.string());
}

Claim Claim::of_plan(const fs::path& dataset, const Plan& plan, Writers writers, bool replace) try {
  make_directories(dataset);
  Claim claim(dataset, writers);
  if (replace && (is_there(dataset / plan_name) || is_there(dataset / manifest_name)))
    remove_dataset(dataset);
  if (!is_there(dataset / plan_name)) {
    // A plan that came meanwhile is another worker's.
    if (!replace && !holds_only_leftovers(dataset) && !is_there(dataset / plan_name))
      throw ClaimError(dataset.string() +
                       " exists and is not empty, but holds no plan.json: choose another " +
                       "--out, or --force to write there nevertheless");
    commit_new_file(dataset / plan_name, plan_text(plan));
  }
  require_plan(dataset, plan);
  return claim;
} catch (const fs::filesystem_error& error) {
  throw FileError("cannot use " + dataset.string() + " as the output directory: " + error.code().message());
}

Claim Claim::of_directory(const fs::path& dataset) {
  require_dataset(dataset);
  return Claim(dataset, Writers::alone);
}

void tidy_up(const fs::path& dataset) {
  remove_temporaries(dataset);
  for (const char* split : split_names) remove_temporaries(dataset / split);
}

}  // namespace hamgen::dataset
