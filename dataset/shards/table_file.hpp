// A table of numbers in an HDF5 file that anyone wrote: rows are points, columns are coordinates.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace hamgen::dataset {

class TableError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Table {
  std::uint64_t rows = 0, columns = 0;
  std::vector<double> values;  // row by row, finite
  std::string sha256;          // of the file
};

// Whether the file begins as HDF5 files do.
bool is_hdf5_file(const std::filesystem::path& file);
// The two-dimensional dataset `name` ("points", "group/x") of real or whole numbers of any type. Throws
// TableError, which names the file, the dataset and what is wrong: none of that name, other axes, no numbers,
// numbers that are not finite, or more than 2^30 of them.
Table read_table(const std::filesystem::path& file, const std::string& name);

}  // namespace hamgen::dataset
