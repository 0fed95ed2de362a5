// Files through the system's own calls: every failure is an exception that names the file and the reason, and
// reading follows no symbolic link.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace hamgen::dataset {

// The message names the file and the system's reason: "cannot write x.h5: No space left on device".
class FileError : public std::runtime_error {
 public:
  explicit FileError(const std::string& message, bool is_unreadable = false)
      : std::runtime_error(message), is_unreadable_(is_unreadable) {}
  // Whether the file may be whole: it was there, but not to be read (no permission, a failing disk, too many
  // open files).
  bool is_unreadable() const { return is_unreadable_; }

 private:
  bool is_unreadable_;
};

// Throws FileError with the reason in errno.
[[noreturn]] void fail(const std::string& action, const std::filesystem::path& path);

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  // Throws FileError. O_CLOEXEC is always set. A new file may be read and written by everyone whom the umask
  // lets.
  Descriptor(const std::filesystem::path& path, int flags);
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  operator int() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// A regular file below `root`, open for reading. `relative` has no "..", and neither the file nor a directory
// on the way to it from `root` may be a symbolic link. Throws FileError.
Descriptor open_beneath(const std::filesystem::path& root, const std::string& relative);
std::uint64_t size_of(int fd, const std::filesystem::path& path);
// Fills `bytes` from `offset`. Throws FileError, also where the file ends before.
void read_at(int fd, std::uint64_t offset, std::span<std::byte> bytes, const std::filesystem::path& path);

// The whole text of a file of at most `most` bytes below `root`. Throws FileError.
std::string read_text(const std::filesystem::path& root, const std::string& relative,
                      std::uint64_t most = std::uint64_t{1} << 30);
std::filesystem::path parent_of(const std::filesystem::path& path);  // "." where the path names none
// Flushes the directory itself, so that names in it survive, where the file system can do that. Throws
// FileError.
void sync_directory(const std::filesystem::path& path);
// Where there is none yet; a symbolic link to one will not do. Its name is flushed. Throws FileError.
void make_directory(const std::filesystem::path& path);
// The same with all directories above it; here, `path` may be a link to a directory.
void make_directories(const std::filesystem::path& path);
// Whether something has this name, whatever it is (a dangling link included). Throws FileError.
bool is_there(const std::filesystem::path& path);

}  // namespace hamgen::dataset
