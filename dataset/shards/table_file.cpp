#include "dataset/shards/table_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>

#include "dataset/files/sha256.hpp"
#include "dataset/shards/hdf5.hpp"

namespace hamgen::dataset {
namespace {

constexpr std::array<char, 8> signature{'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};

// What can be opened by name, for a message: the file's own datasets, not those in groups.
std::string datasets_of(hid_t file) {
  std::string names;
  H5G_info_t info{};
  if (H5Gget_info(file, &info) < 0) return names;
  for (hsize_t i = 0; i < std::min<hsize_t>(info.nlinks, 20); ++i) {
    std::array<char, 256> name{};
    if (H5Lget_name_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(), name.size(), H5P_DEFAULT) >
        0)
      names += (names.empty() ? "" : ", ") + std::string(name.data());
  }
  return names;
}

bool is_number(hid_t dataset) {
  const hdf5::Handle type(H5Dget_type(dataset), H5Tclose, "read a dataset's type");
  const H5T_class_t kind = H5Tget_class(type);
  return kind == H5T_FLOAT || kind == H5T_INTEGER;
}

void read(hid_t file, const std::string& name, Table& table) {
  if (name.empty() || H5Lexists(file, name.c_str(), H5P_DEFAULT) <= 0)
    throw TableError("has no dataset \"" + name + "\"; it has: " + datasets_of(file));
  const hdf5::Handle dataset = hdf5::open_dataset(file, name);
  const auto extents = hdf5::extents_of(dataset);
  if (extents.size() != 2 || !is_number(dataset))
    throw TableError("is not a table: \"" + name + "\" has " + std::to_string(extents.size()) +
                     (is_number(dataset) ? " axes, not rows and columns" : " axes, and no numbers"));
  table.rows = extents[0];
  table.columns = extents[1];
  if (table.rows < 3 || table.columns == 0)
    throw TableError("has only " + std::to_string(table.rows) + " rows of " + std::to_string(table.columns) +
                     " columns in \"" + name + "\"");
  constexpr std::uint64_t most = std::uint64_t{1} << 30;  // of numbers: 8 GiB
  if (table.rows > most / table.columns)
    throw TableError("has " + std::to_string(table.rows) + " rows of " + std::to_string(table.columns) +
                     " columns in \"" + name + "\": more than the " + std::to_string(most) +
                     " numbers that a table may have");
  table.values.resize(table.rows * table.columns);
  const std::array<hsize_t, 2> origin{0, 0};
  hdf5::read_block(dataset, Element::f64, origin, extents, table.values.data());
  const auto bad = std::ranges::find_if(table.values, [](double x) { return !std::isfinite(x); });
  if (bad != table.values.end())
    throw TableError("has a number that is not finite in row " +
                     std::to_string(static_cast<std::uint64_t>(bad - table.values.begin()) / table.columns) +
                     " of \"" + name + "\"");
}

}  // namespace

bool is_hdf5_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, signature.size()> begin{};
  return std::filesystem::is_regular_file(path) && file.read(begin.data(), begin.size()) &&
         begin == signature;
}

Table read_table(const std::filesystem::path& path, const std::string& name) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file && !file.eof()) throw TableError("cannot read " + path.string());
  if (!is_hdf5_file(path)) throw TableError(path.string() + " is not an HDF5 file");
  Table table;
  try {
    const auto image = std::as_bytes(std::span(bytes));
    table.sha256 = sha256(image);
    read(hdf5::open_image(image), name, table);
  } catch (const std::runtime_error& error) {
    throw TableError(path.string() + " " +
                     (dynamic_cast<const TableError*>(&error) == nullptr ? "cannot be read: " : "") +
                     error.what());
  }
  return table;
}

}  // namespace hamgen::dataset
