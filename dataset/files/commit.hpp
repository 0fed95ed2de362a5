// Bytes become a file in one step: written beside it under a temporary name of its own, flushed to the disk,
// then renamed, and the name flushed, too. A file under its final name is therefore always complete, and two
// writers never touch each other's temporary file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "dataset/files/file.hpp"

namespace hamgen::dataset {

// Replaces what was there. Throws FileError: then what was there still is, or has become the new file, whole;
// where nothing was, nothing is. A failed flush is never tried again on the same file: after it, nobody knows
// which pages reached the disk.
void commit_file(const std::filesystem::path& path, std::span<const std::byte> bytes);
void commit_file(const std::filesystem::path& path, std::string_view text);
// Leaves a file that has these bytes already as it is, and says whether it wrote.
bool commit_if_changed(const std::filesystem::path& path, std::span<const std::byte> bytes);
// Writes where there is no such file; false, and nothing done, where there is one already.
bool commit_new_file(const std::filesystem::path& path, std::string_view text);

// Whether a file of this name is what an interrupted commit left.
bool is_temporary(std::string_view file_name);
// Removes such files from a directory in which nobody else is writing; nothing where there is no directory.
// Throws FileError.
void remove_temporaries(const std::filesystem::path& directory);

}  // namespace hamgen::dataset
