#include "dataset/files/commit.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

#include "dataset/shards/image_memory.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen::dataset;

namespace {

std::vector<std::byte> pattern(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 + i / 4096);
  return bytes;
}

std::vector<std::byte> read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  std::vector<std::byte> bytes(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) bytes[i] = static_cast<std::byte>(text[i]);
  return bytes;
}

std::size_t files_in(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

}  // namespace

TEST_CASE("a committed file has its bytes, whatever their number and alignment") {
  const TemporaryDirectory directory;
  for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 1000000U}) {
    const auto bytes = pattern(size + 1);
    commit_file(directory / "unaligned", std::span(bytes).subspan(1));
    CHECK(read(directory / "unaligned") == std::vector<std::byte>(bytes.begin() + 1, bytes.end()));
    auto* const aligned = static_cast<std::byte*>(allocate_image(size));
    std::copy_n(bytes.begin(), size, aligned);
    commit_file(directory / "aligned", {aligned, size});
    release_image(aligned);
    CHECK(read(directory / "aligned") ==
          std::vector<std::byte>(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
  }
  CHECK(files_in(directory.path()) == 2);
}

TEST_CASE("image memory grows with its content") {
  auto* image = static_cast<std::byte*>(allocate_image(10));
  image[9] = std::byte{42};
  image = static_cast<std::byte*>(reallocate_image(image, 100 << 20));
  CHECK(image[9] == std::byte{42});
  image[(100 << 20) - 1] = std::byte{1};
  release_image(image);
  CHECK(reallocate_image(nullptr, 10) != nullptr);
}

TEST_CASE("a file is replaced as a whole, and whatever else has a temporary name stays as it is") {
  const TemporaryDirectory directory;
  commit_file(directory / ".a.0123456789abcdef.partial", pattern(3));
  commit_file(directory / "a", pattern(10));
  commit_file(directory / "a", pattern(20));
  CHECK(read(directory / "a") == pattern(20));
  CHECK(files_in(directory.path()) == 2);
  CHECK(is_temporary(".a.0123456789abcdef.partial"));
  CHECK_FALSE(is_temporary("a.partial"));
  CHECK_FALSE(is_temporary("a"));
}

TEST_CASE("a new file is only written where there is none, an equal one is not written again") {
  const TemporaryDirectory directory;
  CHECK(commit_new_file(directory / "a", "first"));
  CHECK_FALSE(commit_new_file(directory / "a", "second"));
  CHECK(read_text(directory.path(), "a") == "first");
  const auto inode = [&] {
    struct stat status {};
    stat((directory / "a").c_str(), &status);
    return status.st_ino;
  };
  const auto before = inode();
  commit_if_changed(directory / "a", std::as_bytes(std::span("first", 5)));
  CHECK(inode() == before);
  commit_if_changed(directory / "a", std::as_bytes(std::span("third", 5)));
  CHECK(read_text(directory.path(), "a") == "third");
  CHECK(files_in(directory.path()) == 1);
}

TEST_CASE("a failure names the file and the reason, and leaves nothing") {
  const TemporaryDirectory directory;
  CHECK_THROWS_WITH_AS(commit_file(directory / "no/a", pattern(10)),
                       doctest::Contains("No such file or directory"), FileError);
  std::filesystem::create_directory(directory / "taken");
  CHECK_THROWS_WITH_AS(commit_file(directory / "taken", pattern(10)), doctest::Contains("taken"), FileError);
  CHECK(files_in(directory.path()) == 1);
}
