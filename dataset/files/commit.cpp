#include "dataset/files/commit.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "dataset/files/fault_point.hpp"
#include "dataset/files/sha256.hpp"

#if defined(HAMGEN_FAULT_POINTS)
#include <atomic>
#include <csignal>
#include <cstdlib>
#endif

namespace hamgen::dataset {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view temporary_ending = ".partial";

// A system call between two fault points. Returns what the call does.
template <class Call>
auto step([[maybe_unused]] const char* name, Call call) {
  fault_point(name);
  const auto result = call();
  const int reason = errno;
  fault_point(name);
  errno = reason;
  return result;
}

class NewFile {
 public:
  explicit NewFile(const fs::path& path)
      : path_(path), fd_(step("open", [&] {
          return Descriptor(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW).release();
        })) {}

  // Past the page cache as far as alignment allows: a dataset is larger than what should be kept in memory,
  // and the copy would cost as much as hashing does.
  void write(std::span<const std::byte> bytes) {
    const std::size_t aligned = bytes.size() / alignment * alignment;
    if (is_aligned(bytes.data()) && set_direct(true)) {
      const std::size_t done = write_directly(bytes.first(aligned));
      bytes = bytes.subspan(done);
      if (!set_direct(false)) fail("write", path_);
    }
    write_all(bytes);
  }
  void sync() {
    if (step("fsync", [&] { return ::fsync(fd_); }) != 0) fail("flush", path_);
  }
  void close() {
    if (step("close", [&] { return ::close(fd_.release()); }) != 0) fail("close", path_);
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
      const ssize_t written =
          step("write", [&] { return ::write(fd_, bytes.data() + done, bytes.size() - done); });
      if (written <= 0) break;
      done += static_cast<std::size_t>(written);
    }
    return done;
  }
  void write_all(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = step("write", [&] { return ::write(fd_, bytes.data(), bytes.size()); });
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail("write", path_);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  fs::path path_;
  Descriptor fd_;
};

fs::path temporary_beside(const fs::path& path) {
  std::array<std::byte, 8> random{};
  if (::getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size()))
    fail("draw a temporary name for", path);
  return path.parent_path() /
         ("." + path.filename().string() + "." + hexadecimal(random) + std::string(temporary_ending));
}

// Gives a file another name unless that is taken, also where the file system has no hard links.
int name_anew(const fs::path& from, const fs::path& to) {
  const int status = ::link(from.c_str(), to.c_str());
  if (status == 0 || (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)) return status;
  return ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
}

// `place` gives the temporary file its name, and says whether it did.
template <class Place>
bool commit(const fs::path& path, std::span<const std::byte> bytes, Place place) {
  const fs::path temporary = temporary_beside(path);
  const bool is_new = !is_there(path);
  bool is_placed = false;
  try {
    NewFile file(temporary);
    file.write(bytes);
    file.sync();
    file.close();
    is_placed = place(temporary);
    if (is_placed) step("fsync directory", [&] { return sync_directory(parent_of(path)), 0; });
  } catch (...) {
    ::unlink(temporary.c_str());
    if (is_placed && is_new) ::unlink(path.c_str());
    throw;
  }
  return is_placed;
}

}  // namespace

void commit_file(const fs::path& path, std::span<const std::byte> bytes) {
  commit(path, bytes, [&](const fs::path& temporary) {
    if (step("rename", [&] { return ::rename(temporary.c_str(), path.c_str()); }) != 0)
      fail("rename to", path);
    return true;
  });
}

void commit_file(const fs::path& path, std::string_view text) {
  commit_file(path, std::as_bytes(std::span(text)));
}

bool commit_if_changed(const fs::path& path, std::span<const std::byte> bytes) {
  const auto has_bytes = [&] {
    try {
      const std::string text = read_text(parent_of(path), path.filename().string(), bytes.size());
      return std::ranges::equal(std::as_bytes(std::span(text)), bytes);
    } catch (const FileError&) {
      return false;
    }
  };
  if (has_bytes()) return false;
  commit_file(path, bytes);
  return true;
}

bool commit_new_file(const fs::path& path, std::string_view text) {
  return commit(path, std::as_bytes(std::span(text)), [&](const fs::path& temporary) {
    const int status = step("link", [&] { return name_anew(temporary, path); });
    const int reason = errno;
    ::unlink(temporary.c_str());
    errno = reason;
    if (status != 0 && reason != EEXIST) fail("link to", path);
    return status == 0;
  });
}

bool is_temporary(std::string_view file_name) {
  return file_name.starts_with('.') && file_name.ends_with(temporary_ending);
}

void remove_temporaries(const fs::path& directory) try {
  if (!fs::is_directory(fs::symlink_status(directory))) return;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory))
    if (is_temporary(entry.path().filename().string())) files.push_back(entry.path());
  for (const fs::path& file : files) fs::remove(file);
} catch (const fs::filesystem_error& error) {
  throw FileError("cannot tidy up " + directory.string() + ": " + error.code().message());
}

#if defined(HAMGEN_FAULT_POINTS)
void fault_point(const char* name) {
  static std::atomic<int> count{0};
  const int number = ++count;
  if (const char* const log = std::getenv("HAMGEN_FAULT_LOG")) {
    const Descriptor file(log, O_WRONLY | O_CREAT | O_APPEND);
    const std::string line = std::to_string(number) + " " + name + "\n";
    static_cast<void>(::write(file, line.data(), line.size()) < 0);
  }
  const char* const at = std::getenv("HAMGEN_FAULT_AT");
  if (at != nullptr && number == std::atoi(at)) ::kill(::getpid(), SIGKILL);
}
#endif

}  // namespace hamgen::dataset
