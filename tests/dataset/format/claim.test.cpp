// Who may write to a directory, and what --force removes.
#include "dataset/format/claim.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <thread>

#include "dataset/files/commit.hpp"
#include "dataset/format/manifest.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen::dataset;

namespace {

Plan plan_with(int seed, const std::string& commit = "abc") {
  return make_plan({.version = "0.1.0", .git_commit = commit}, {{"seed", seed}, {"noise", {{"std", 0.1}}}});
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

}  // namespace

TEST_CASE("one writer alone, or workers together, until they end") {
  const TemporaryDirectory directory;
  const auto dataset = directory / "data";
  std::optional<Claim> first = Claim::of_plan(dataset, plan_with(0), Writers::alone, false);
  for (const Writers writers : {Writers::alone, Writers::together})
    CHECK_THROWS_WITH_AS(Claim::of_plan(dataset, plan_with(0), writers, false),
                         doctest::Contains("another hamgen is writing"), ClaimError);
  CHECK_THROWS_AS(Claim::of_directory(dataset), ClaimError);
  CHECK_THROWS_AS(Claim::of_plan(dataset, plan_with(1), Writers::alone, true), ClaimError);
  first.reset();
  std::optional<Claim> worker = Claim::of_plan(dataset, plan_with(0), Writers::together, false);
  std::optional<Claim> other = Claim::of_plan(dataset, plan_with(0), Writers::together, false);
  CHECK_THROWS_AS(Claim::of_directory(dataset), ClaimError);
  worker.reset();
  CHECK_THROWS_AS(Claim::of_plan(dataset, plan_with(0), Writers::alone, false), ClaimError);
  CHECK(std::filesystem::exists(dataset / lock_name));
  other.reset();
  CHECK_FALSE(std::filesystem::exists(dataset / lock_name));
  CHECK_NOTHROW(Claim::of_plan(dataset, plan_with(0), Writers::alone, false));
}

TEST_CASE("the lock is for everyone whom the umask lets, and no symbolic link") {
  const TemporaryDirectory directory;
  const mode_t before = umask(0002);
  {
    const Claim claim = Claim::of_plan(directory / "data", plan_with(0), Writers::alone, false);
    struct stat status {};
    REQUIRE(stat((directory / "data" / lock_name).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0664);
  }
  umask(before);
  std::filesystem::create_symlink("elsewhere", directory / "data" / lock_name);
  CHECK_THROWS_WITH_AS(Claim::of_directory(directory / "data"), doctest::Contains("is a symbolic link"),
                       FileError);
}

TEST_CASE("a worker waits for another one that is just ending") {
  const TemporaryDirectory directory;
  std::optional<Claim> ending = Claim::of_plan(directory.path(), plan_with(0), Writers::alone, false);
  std::thread end([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ending.reset();
  });
  CHECK_NOTHROW(Claim::of_plan(directory.path(), plan_with(0), Writers::together, false));
  end.join();
}

TEST_CASE("a directory belongs to the configuration and the build that it was begun with") {
  const TemporaryDirectory directory;
  Claim::of_plan(directory.path(), plan_with(0), Writers::alone, false);
  CHECK_NOTHROW(Claim::of_plan(directory.path(), plan_with(0), Writers::alone, false));
  CHECK_THROWS_WITH_AS(Claim::of_plan(directory.path(), plan_with(1), Writers::alone, false),
                       doctest::Contains("seed: 0 there, 1 here"), ClaimError);
  CHECK_THROWS_WITH_AS(Claim::of_plan(directory.path(), plan_with(0, "def"), Writers::alone, false),
                       doctest::Contains("another build"), ClaimError);
  CHECK(read_plan(directory.path()).config == plan_with(0).config);
}

TEST_CASE("differences name every path") {
  const Json there{{"a", 1}, {"b", {{"c", 2}, {"d", 3}}}}, here{{"a", 1}, {"b", {{"c", 5}, {"e", 4}}}};
  CHECK(differences(there, there).empty());
  CHECK(differences(there, here) == std::vector<std::string>{"b.c: 2 there, 5 here",
                                                             "b.d: 3 there, nothing here",
                                                             "b.e: nothing there, 4 here"});
}

TEST_CASE("what is not a dataset's is left alone") {
  const TemporaryDirectory directory;
  const auto dataset = directory / "data";
  write_text(dataset / "notes.txt", "mine");
  CHECK_THROWS_WITH_AS(Claim::of_plan(dataset, plan_with(0), Writers::alone, false),
                       doctest::Contains("not empty"), ClaimError);
  CHECK_THROWS_WITH_AS(Claim::of_directory(dataset), doctest::Contains("neither manifest.json nor plan.json"),
                       ManifestError);
  CHECK_THROWS_AS(Claim::of_directory(directory / "none"), ManifestError);
  write_text(directory / "file", "mine");
  CHECK_THROWS_WITH_AS(Claim::of_plan(directory / "file", plan_with(0), Writers::alone, false),
                       doctest::Contains("it is a file"), FileError);

  for (const char* name :
       {"train/shard-00000.h5", "train/shard-00000.json", "train/mine.txt", "test/shard-1.h5", "train.h5",
        "manifest.json", "preview.png", "more/shard-00000.h5", "train/shard-x.h5"})
    write_text(dataset / name, "x");
  Claim::of_plan(dataset, plan_with(0), Writers::alone, true);
  const auto there = [&](const char* name) { return std::filesystem::exists(dataset / name); };
  for (const char* name :
       {"notes.txt", "train/mine.txt", "more/shard-00000.h5", "train/shard-x.h5", "plan.json"})
    CHECK(there(name));
  for (const char* name :
       {"train/shard-00000.h5", "train/shard-00000.json", "test", "train.h5", "manifest.json", "preview.png"})
    CHECK_FALSE(there(name));
}

TEST_CASE("left-overs of an interrupted run are no reason to refuse, and go away") {
  const TemporaryDirectory directory;
  write_text(directory / ".plan.json.0123456789abcdef.partial", "{");
  Claim::of_plan(directory.path(), plan_with(0), Writers::alone, false);
  write_text(directory / "train/.shard-00000.h5.0123456789abcdef.partial", "x");
  write_text(directory / "train/shard-00000.h5", "x");
  tidy_up(directory.path());
  CHECK_FALSE(std::filesystem::exists(directory / ".plan.json.0123456789abcdef.partial"));
  CHECK_FALSE(std::filesystem::exists(directory / "train/.shard-00000.h5.0123456789abcdef.partial"));
  CHECK(std::filesystem::exists(directory / "train/shard-00000.h5"));
}

TEST_CASE("a plan that is damaged is not taken for one") {
  const TemporaryDirectory directory;
  Claim::of_plan(directory.path(), plan_with(0), Writers::alone, false);
  std::ofstream(directory / plan_name, std::ios::app) << " ";
  CHECK_THROWS_WITH_AS(Claim::of_plan(directory.path(), plan_with(0), Writers::alone, false),
                       doctest::Contains("plan.json"), ManifestError);
}
