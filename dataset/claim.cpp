#include "dataset/claim.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "dataset/commit.hpp"
#include "dataset/manifest.hpp"

namespace hamgen::dataset {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory)) files.push_back(entry.path());
  return files;
}

bool is_same_file(int fd, const fs::path& path) {
  struct stat opened {
  }, named{};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

// The lock on a directory's plan, which nobody replaced meanwhile; nothing where there is no plan. Over NFS
// an exclusive lock needs a file that is open for writing.
std::optional<Descriptor> lock_plan(const fs::path& dataset, Writers writers) {
  const fs::path path = dataset / plan_name;
  const int operation = (writers == Writers::alone ? LOCK_EX : LOCK_SH) | LOCK_NB;
  while (is_there(path)) {
    Descriptor file(path, O_RDWR | O_NOFOLLOW);
    int status = -1;
    do {
      status = ::flock(file, operation);
    } while (status != 0 && errno == EINTR);
    if (status != 0 && errno == EWOULDBLOCK)
      throw ClaimError("another hamgen is writing to " + dataset.string());
    // A file system without locks: what is written is complete and equal for equal plans all the same.
    const bool has_locks = errno != ENOSYS && errno != EOPNOTSUPP && errno != ENOLCK;
    if (status != 0 && has_locks) fail("lock", path);
    if (is_same_file(file, path)) return file;
  }
  return std::nullopt;
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
  for (const char* name : {"train.h5", "test.h5", "preview.png", "preview.gif", "portrait.png"})
    fs::remove(dataset / name);
  for (const char* split : {"train", "test"}) {
    if (!fs::is_directory(dataset / split)) continue;
    for (const fs::path& file : files_in(dataset / split))
      if (is_shard_or_record(file.filename().string())) fs::remove(file);
    if (fs::is_empty(dataset / split)) fs::remove(dataset / split);
  }
  fs::remove(dataset / plan_name);
}

bool holds_only_leftovers(const fs::path& dataset) {
  return std::ranges::all_of(files_in(dataset),
                             [](const fs::path& file) { return is_temporary(file.filename().string()); });
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

Claim Claim::of_plan(const fs::path& dataset, const Plan& plan, Writers writers, bool replace) try {
  if (is_there(dataset) && !fs::is_directory(dataset))
    throw FileError("cannot write to " + dataset.string() + ": it is a file, not a directory");
  fs::create_directories(dataset);
  std::optional<Descriptor> lock = lock_plan(dataset, writers);
  if (replace) {
    remove_dataset(dataset);
  } else if (!lock && !holds_only_leftovers(dataset)) {
    throw ClaimError(dataset.string() + " exists and is not empty, but holds no plan.json: choose another " +
                     "--out, or --force to remove what hamgen left there");
  }
  // Whoever comes second finds the other's plan, and its lock.
  if (replace || !lock) {
    commit_new_file(dataset / plan_name, plan_text(plan));
    lock = lock_plan(dataset, writers);
  }
  if (!lock) throw ClaimError("another hamgen is removing " + dataset.string());
  require_plan(dataset, plan);
  return Claim(std::move(*lock));
} catch (const fs::filesystem_error& error) {
  throw FileError("cannot use " + dataset.string() + " as the output directory: " + error.code().message());
}

Claim Claim::of_directory(const fs::path& dataset) {
  if (auto lock = lock_plan(dataset, Writers::alone)) return Claim(std::move(*lock));
  if (!is_there(dataset)) throw FileError("there is no directory " + dataset.string());
  throw FileError(dataset.string() + " holds no plan.json: it is not a dataset that hamgen began");
}

void tidy_up(const fs::path& dataset) {
  for (const fs::path& directory : {dataset, dataset / "train", dataset / "test"})
    remove_temporaries(directory);
}

}  // namespace hamgen::dataset
