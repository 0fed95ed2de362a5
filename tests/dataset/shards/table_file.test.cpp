// Tables that anyone wrote: sizes that cannot be are refused in words, before memory is asked for.
#include "dataset/shards/table_file.hpp"

#include <doctest/doctest.h>

#include "dataset/files/commit.hpp"
#include "dataset/shards/hdf5.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen::dataset;

TEST_CASE("a table larger than any memory is refused by its size") {
  const TemporaryDirectory directory;
  const auto path = directory / "table.h5";
  constexpr hsize_t huge = hsize_t{1} << 40;
  for (const auto& [rows, columns] :
       {std::pair<hsize_t, hsize_t>{huge, 2}, {huge, huge}, {hsize_t{1} << 31, 1}, {3, huge}}) {
    hdf5::MemoryFile file;
    const hsize_t extents[] = {rows, columns}, chunk[] = {1, 1};
    const hdf5::Handle properties = hdf5::property_list(H5P_DATASET_CREATE);
    hdf5::check(H5Pset_chunk(properties, 2, chunk), "set the chunk shape");
    hdf5::create_dataset(file, "points", hdf5::stored_type(Element::f64), extents, properties);
    commit_file(path, file.image());
    const std::string size = std::to_string(rows) + " rows of " + std::to_string(columns) + " columns";
    CHECK_THROWS_WITH_AS(read_table(path, "points"), doctest::Contains(size.c_str()), TableError);
  }
}
