// Bytes become a file in one step: written beside it under a temporary name, flushed to the disk, then
// renamed. A file under its final name is therefore always complete.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>

namespace hamgen::dataset {

// The message names the file and the system's reason: "cannot write x.h5: No space left on device".
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws FileError; no file is left then, under either name.
void commit_file(const std::filesystem::path& path, std::span<const std::byte> bytes);

std::string sha256(std::span<const std::byte> bytes);  // 64 lower-case hexadecimal digits

}  // namespace hamgen::dataset
