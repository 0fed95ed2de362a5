// Who may write in a directory: one program alone, or several at once. The lock is on a file of its own,
// .lock, and ends with its process, however that ends; whoever ends last removes the file.
#pragma once

#include <filesystem>

#include "dataset/files/file.hpp"

namespace hamgen::dataset {

enum class Writers { alone, together };

inline constexpr const char* lock_name = ".lock";

class DirectoryLock {
 public:
  // Of a directory that is there. Who wants to write together waits for those who are alone for a moment.
  // Where the file system has no locks, it is held by everybody. Throws FileError.
  DirectoryLock(const std::filesystem::path& directory, Writers writers);
  DirectoryLock(DirectoryLock&&) = default;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

  bool is_held() const { return file_ >= 0; }  // else another program has it

 private:
  std::filesystem::path path_;
  Descriptor file_;
};

}  // namespace hamgen::dataset
