#include "dataset/files/commit.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
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

namespace {

int directory_answer = 0;  // what flushing a directory fails with

}  // namespace

// In place of libc's, for all of this program.
extern "C" int fsync(int fd) {
  struct stat status {};
  if (directory_answer != 0 && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
    errno = directory_answer;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fsync, fd));
}

TEST_CASE("a file system that cannot flush directories will do, one that fails to will not") {
  const TemporaryDirectory directory;
  for (const int answer : {EINVAL, EOPNOTSUPP, ENOTSUP, ENOSYS}) {
    CAPTURE(answer);
    directory_answer = answer;
    CHECK_NOTHROW(commit_file(directory / "a", pattern(10)));
    CHECK_NOTHROW(make_directories(directory / std::to_string(answer) / "b"));
  }
  directory_answer = EIO;
  CHECK_THROWS_WITH_AS(commit_file(directory / "b", pattern(10)), doctest::Contains("Input/output error"),
                       FileError);
  directory_answer = 0;
  CHECK_FALSE(is_there(directory / "b"));
}

TEST_CASE("files and directories are for everyone whom the umask lets") {
  const TemporaryDirectory directory;
  const auto mode_of = [](const std::filesystem::path& path) {
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    return status.st_mode & 0777;
  };
  for (const mode_t mask : {0002U, 0022U, 0077U}) {
    const auto here = directory / std::to_string(mask);
    const mode_t before = umask(mask);
    make_directories(here / "sub");
    commit_file(here / "sub/a", pattern(10));
    commit_new_file(here / "sub/b", "text");
    umask(before);
    CHECK(mode_of(here) == (0777 & ~mask));
    CHECK(mode_of(here / "sub") == (0777 & ~mask));
    CHECK(mode_of(here / "sub/a") == (0666 & ~mask));
    CHECK(mode_of(here / "sub/b") == (0666 & ~mask));
  }
}

TEST_CASE("symbolic links are refused by name, as files and on the way to one") {
  const TemporaryDirectory directory;
  make_directory(directory / "elsewhere");
  commit_file(directory / "elsewhere/a", pattern(10));
  std::filesystem::create_symlink("elsewhere", directory / "train");
  std::filesystem::create_symlink("a", directory / "elsewhere/b");
  std::filesystem::create_symlink("nowhere", directory / "elsewhere/c");
  CHECK_NOTHROW(open_beneath(directory.path(), "elsewhere/a"));
  for (const auto& [file, link] :
       {std::pair("train/a", "train"), {"elsewhere/b", "elsewhere/b"}, {"elsewhere/c", "elsewhere/c"}})
    CHECK_THROWS_WITH_AS(open_beneath(directory.path(), file),
                         doctest::Contains(((directory / link).string() + " is a symbolic link").c_str()),
                         FileError);
  CHECK_THROWS_WITH_AS(open_beneath(directory.path(), "elsewhere/d"), doctest::Contains("No such file"),
                       FileError);
}

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
