#include "dataset/commit.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace hamgen::dataset {
namespace {

[[noreturn]] void fail(const std::string& action, const std::filesystem::path& path) {
  const int reason = errno;
  throw FileError("cannot " + action + " " + path.string() + ": " + std::strerror(reason));
}

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags)
      : path_(path), fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) fail("open", path);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  // Past the page cache as far as alignment allows: a dataset is larger than what should be kept in memory,
  // and the copy would cost as much as hashing does.
  void write(std::span<const std::byte> bytes) {
    const std::size_t aligned = bytes.size() / alignment * alignment;
    if (is_aligned(bytes.data()) && set_direct(true)) {
      const std::size_t done = write_directly(bytes.first(aligned));
      bytes = bytes.subspan(done);
      set_direct(false);
    }
    write_all(bytes);
  }
  void sync() {
    if (::fsync(fd_) != 0) fail("flush", path_);
  }
  void close() {
    if (::close(std::exchange(fd_, -1)) != 0) fail("close", path_);
  }

 private:
  static constexpr std::size_t alignment = 4096;
  static bool is_aligned(const std::byte* data) {
    return reinterpret_cast<std::uintptr_t>(data) % alignment == 0;
  }

  bool set_direct(bool is_direct) {
    const int flags = ::fcntl(fd_, F_GETFL);
    return flags >= 0 && ::fcntl(fd_, F_SETFL, is_direct ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
  }
  // How many bytes went; stops where the file system has had enough of direct writing, and leaves the rest
  // (and the report of a real error) to write_all.
  std::size_t write_directly(std::span<const std::byte> bytes) {
    std::size_t done = 0;
    while (done < bytes.size() && done % alignment == 0) {
      const ssize_t written = ::write(fd_, bytes.data() + done, bytes.size() - done);
      if (written <= 0) break;
      done += static_cast<std::size_t>(written);
    }
    return done;
  }
  void write_all(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail("write", path_);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  std::filesystem::path path_;
  int fd_;
};

}  // namespace

void commit_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::filesystem::path temporary = path;
  temporary += ".partial";
  ::unlink(temporary.c_str());  // left by an interrupted run
  try {
    Descriptor file(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    file.write(bytes);
    file.sync();
    file.close();
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail("rename to", path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  const auto directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  Descriptor(directory, O_RDONLY | O_DIRECTORY).sync();
}

std::string sha256(std::span<const std::byte> bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("OpenSSL cannot compute a SHA-256");
  std::string text;
  for (unsigned i = 0; i < length; ++i) {
    constexpr char digits[] = "0123456789abcdef";
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 15];
  }
  return text;
}

}  // namespace hamgen::dataset
