#include "dataset/files/directory_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace hamgen::dataset {
namespace {

namespace fs = std::filesystem;

// Whether the name still stands for the open file: who had the lock before may have removed it.
bool is_same_file(int fd, const fs::path& path) {
  struct stat opened {
  }, named{};
  if (::fstat(fd, &opened) != 0) fail("examine", path);
  if (::stat(path.c_str(), &named) != 0) {
    if (errno == ENOENT) return false;
    fail("examine", path);
  }
  return opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

// Whether the lock was taken, or the file system has none: what is written is whole, and equal for equal
// plans, all the same.
bool try_lock(int fd, Writers writers, const fs::path& path) {
  int status = -1;
  do {
    status = ::flock(fd, (writers == Writers::alone ? LOCK_EX : LOCK_SH) | LOCK_NB);
  } while (status != 0 && errno == EINTR);
  if (status == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  if (errno != ENOSYS && errno != EOPNOTSUPP && errno != ENOLCK) fail("lock", path);
  return true;
}

}  // namespace

// Over NFS an exclusive lock needs a file that is open for writing.
DirectoryLock::DirectoryLock(const fs::path& directory, Writers writers) : path_(directory / lock_name) {
  // Those who write together hold the lock alone for a moment, too: at their end.
  const int tries = writers == Writers::together ? 300 : 1;
  for (int i = 0; i < tries;) {
    file_ = Descriptor(path_, O_RDWR | O_CREAT | O_NOFOLLOW);
    const bool is_locked = try_lock(file_, writers, path_);
    if (!is_same_file(file_, path_)) continue;
    if (is_locked) return;
    if (++i < tries) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  file_ = Descriptor();
}

// The last one removes the file; others before it leave it, for somebody holds a lock on it.
DirectoryLock::~DirectoryLock() {
  if (file_ >= 0 && ::flock(file_, LOCK_EX | LOCK_NB) == 0) ::unlink(path_.c_str());
}

}  // namespace hamgen::dataset
