#include "dataset/files/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace hamgen::dataset {
namespace {

namespace fs = std::filesystem;

int open_at(int directory, const fs::path& path, int flags) {
  int fd = -1;
  do {
    fd = ::openat(directory, path.c_str(), flags | O_CLOEXEC, 0666);  // less what the umask takes
  } while (fd < 0 && errno == EINTR);
  return fd;
}

// Of a name in `directory` that was not to be followed. A link to nowhere is one, too.
[[noreturn]] void fail_to_open(int directory, const fs::path& name, const fs::path& whole) {
  const int reason = errno;
  struct stat status {};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode))
    throw FileError(
        whole.string() +
        " is a symbolic link, which no part of a dataset may be: put a copy in its place (dvc unprotect, "
        "datalad unlock)");
  errno = reason;
  fail("open", whole);
}

struct stat status_of(int fd, const fs::path& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) fail("examine", path);
  return status;
}

}  // namespace

void fail(const std::string& action, const fs::path& path) {
  const int reason = errno;
  const bool is_there = reason != ENOENT && reason != ENOTDIR && reason != ELOOP;
  throw FileError("cannot " + action + " " + path.string() + ": " + std::strerror(reason), is_there);
}

Descriptor::Descriptor(const fs::path& path, int flags) : fd_(open_at(AT_FDCWD, path, flags)) {
  if (fd_ < 0 && (flags & O_NOFOLLOW) != 0) fail_to_open(AT_FDCWD, path, path);
  if (fd_ < 0) fail("open", path);
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Descriptor open_beneath(const fs::path& root, const std::string& relative) {
  const fs::path path(relative), whole = root / path;
  if (path.empty() || path.is_absolute() || std::ranges::find(path, fs::path("..")) != path.end())
    throw FileError("cannot open \"" + relative + "\": it is not a path within " + root.string());
  Descriptor directory(root, O_RDONLY | O_DIRECTORY);
  fs::path place = root;
  for (const fs::path& step : path.parent_path()) {
    place /= step;
    Descriptor next(open_at(directory, step, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    if (next < 0) fail_to_open(directory, step, place);
    directory = std::move(next);
  }
  // Not blocking: a pipe of that name would wait for a writer.
  Descriptor file(open_at(directory, path.filename(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  if (file < 0) fail_to_open(directory, path.filename(), whole);
  if (!S_ISREG(status_of(file, whole).st_mode))
    throw FileError("cannot open " + whole.string() + ": it is not a regular file");
  return file;
}

std::uint64_t size_of(int fd, const fs::path& path) {
  return static_cast<std::uint64_t>(status_of(fd, path).st_size);
}

void read_at(int fd, std::uint64_t offset, std::span<std::byte> bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t done = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail("read", path);
    if (done == 0) throw FileError("cannot read " + path.string() + ": it ends too early");
    offset += static_cast<std::uint64_t>(done);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
}

std::string read_text(const fs::path& root, const std::string& relative, std::uint64_t most) {
  const Descriptor file = open_beneath(root, relative);
  const std::uint64_t size = size_of(file, root / relative);
  if (size > most)
    throw FileError("cannot read " + (root / relative).string() + ": it has " + std::to_string(size) +
                    " bytes, more than the " + std::to_string(most) + " that it could have");
  std::string text(size, '\0');
  read_at(file, 0, std::as_writable_bytes(std::span(text)), root / relative);
  return text;
}

void sync_directory(const fs::path& path) {
  const Descriptor directory(path, O_RDONLY | O_DIRECTORY);
  // Some file systems cannot flush a directory, and say so: with EINVAL, or that they do not know the call.
  // (To Linux, ENOTSUP is EOPNOTSUPP.)
  if (::fsync(directory) != 0 && errno != EINVAL && errno != EOPNOTSUPP && errno != ENOSYS)
    fail("flush the directory", path);
}

void make_directory(const fs::path& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return sync_directory(parent_of(path));
  if (errno != EEXIST) fail("create the directory", path);
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) fail("examine", path);
  if (!S_ISDIR(status.st_mode))
    throw FileError("cannot write to " + path.string() + ": it is a file or a link, not a directory");
}

void make_directories(const fs::path& path) {
  if (fs::is_directory(path)) return;
  const fs::path whole = path.has_filename() ? path : path.parent_path();
  if (!is_there(parent_of(whole))) make_directories(parent_of(whole));
  make_directory(whole);
}

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

bool is_there(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) return true;
  if (errno != ENOENT && errno != ENOTDIR) fail("examine", path);
  return false;
}

}  // namespace hamgen::dataset
