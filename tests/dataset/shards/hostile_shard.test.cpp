// HDF5 files that are well-formed, whose hash is right, and that want more than a shard may: each is refused
// before anything is read through it.
#include <doctest/doctest.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "dataset/files/commit.hpp"
#include "dataset/files/deflate.hpp"
#include "dataset/files/sha256.hpp"
#include "dataset/shards/shard_file.hpp"
#include "tests/dataset/imaginary_shard.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen::dataset;

namespace {

using Change = std::function<void(hid_t file)>;
using Properties = std::function<void(hid_t creation)>;

constexpr hsize_t rows = 3, frames = 5, size = 16;

// A sound shard, changed by `change` through HDF5 itself.
ImaginaryShard changed_shard(const Change& change) {
  ImaginaryShard shard(header_of("train", frames, size), 0, rows);
  std::vector<std::byte> copy = shard.bytes;
  const hdf5::Handle file(H5LTopen_file_image(copy.data(), copy.size(), H5LT_FILE_IMAGE_OPEN_RW), H5Fclose,
                          "open an image");
  change(file);
  H5Fflush(file, H5F_SCOPE_GLOBAL);
  shard.bytes.resize(static_cast<std::size_t>(H5Fget_file_image(file, nullptr, 0)));
  H5Fget_file_image(file, shard.bytes.data(), shard.bytes.size());
  shard.record.bytes = shard.bytes.size();
  shard.record.sha256 = sha256(shard.bytes);
  return shard;
}

void open_and_read(const ImaginaryShard& shard) {
  const TemporaryDirectory directory;
  shard.write(directory.path());
  const ShardFile file(directory.path(), shard.record, {frames, size, size, 3}, true);
  std::vector<std::uint8_t> pixels(frames * size * size * 3);
  for (std::uint64_t row = 0; row < rows; ++row) file.read_frames("frames", row, 0, frames, pixels);
}

void refuses(const Change& change, const char* words) {
  CHECK_THROWS_WITH_AS(open_and_read(changed_shard(change)), doctest::Contains(words), ShardError);
}

// Puts another dataset in the place of one.
Change replace(const char* name, hid_t type, std::vector<hsize_t> extents, const Properties& prepare) {
  return [=](hid_t file) {
    H5Ldelete(file, name, H5P_DEFAULT);
    const hdf5::Handle creation = hdf5::property_list(H5P_DATASET_CREATE), space = hdf5::dataspace(extents);
    prepare(creation);
    const hdf5::Handle dataset(H5Dcreate2(file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT),
                               H5Dclose, "create a dataset");
  };
}

void nothing(hid_t) {}

void allocate_early(hid_t creation) {
  H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
}

}  // namespace

TEST_CASE("a shard that HDF5 wrote again without a change is accepted") {
  CHECK_NOTHROW(open_and_read(changed_shard(nothing)));
  CHECK_NOTHROW(
      open_and_read(changed_shard(replace("q", H5T_IEEE_F64LE, {rows, frames, 2}, allocate_early))));
}

TEST_CASE("links and objects that no shard has are refused") {
  refuses([](hid_t f) { H5Lcreate_external("/etc/passwd", "/", f, "more", H5P_DEFAULT, H5P_DEFAULT); },
          "links to something outside");
  refuses([](hid_t f) { H5Lcreate_soft("/q", f, "more", H5P_DEFAULT, H5P_DEFAULT); }, "links to something");
  refuses([](hid_t f) { H5Lcreate_hard(f, "q", f, "more", H5P_DEFAULT, H5P_DEFAULT); }, "holds \"more\"");
  refuses([](hid_t f) { H5Gclose(H5Gcreate2(f, "more", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)); },
          "holds \"more\"");
  refuses(
      [](hid_t f) {
        H5Ldelete(f, "q", H5P_DEFAULT);
        H5Gclose(H5Gcreate2(f, "q", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
      },
      "q is not a dataset");
  refuses(
      [](hid_t f) {
        H5Ldelete(f, "frames", H5P_DEFAULT);
        H5Lcreate_external("other.h5", "/frames", f, "frames", H5P_DEFAULT, H5P_DEFAULT);
      },
      "links to something outside");
  refuses([](hid_t f) { H5Ldelete(f, "energy", H5P_DEFAULT); }, "open dataset energy");
  refuses(replace("frames_clean", H5T_STD_U8LE, {rows, frames, size, size, 3}, nothing),
          "holds \"frames_clean\"");
}

TEST_CASE("values that lie elsewhere are refused") {
  refuses(replace("q", H5T_IEEE_F64LE, {rows, frames, 2},
                  [](hid_t creation) { H5Pset_external(creation, "/etc/passwd", 0, H5F_UNLIMITED); }),
          "stored in another file");
  refuses(replace("q", H5T_IEEE_F64LE, {rows, frames, 2},
                  [](hid_t creation) {
                    const hdf5::Handle space = hdf5::dataspace(std::vector<hsize_t>{rows, frames, 2});
                    H5Pset_virtual(creation, space, "other.h5", "q", space);
                  }),
          "not stored like");
  refuses(replace("q", H5T_IEEE_F64LE, {rows, frames, 2}, nothing), "q has no values");
  refuses(
      replace("view_x", H5T_IEEE_F64LE, {rows}, [](hid_t creation) { H5Pset_layout(creation, H5D_COMPACT); }),
      "not stored like");
}

TEST_CASE("filters, chunks, types and shapes other than a shard's are refused") {
  const auto chunked = [](const std::vector<hsize_t>& chunk, const Properties& filters) {
    return [=](hid_t creation) {
      H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data());
      filters(creation);
    };
  };
  const auto deflate = [](hid_t creation) { H5Pset_deflate(creation, 6); };
  const std::vector<hsize_t> video{rows, frames, size, size, 3}, one{1, frames, size, size, 3};
  const auto frames_with = [&](hid_t type, const std::vector<hsize_t>& extents,
                               const Properties& properties) {
    return replace("frames", type, extents, properties);
  };
  refuses(frames_with(H5T_STD_U8LE, video, chunked(one, nothing)), "wrong number of filters");
  refuses(frames_with(H5T_STD_U8LE, video, chunked(one, [](hid_t c) { H5Pset_shuffle(c); })),
          "filter other than deflate");
  refuses(frames_with(H5T_STD_U8LE, video,
                      chunked(one,
                              [](hid_t c) {
                                H5Pset_deflate(c, 6);
                                H5Pset_fletcher32(c);
                              })),
          "wrong number of filters");
  refuses(frames_with(H5T_STD_U8LE, video,
                      chunked(one, [](hid_t c) { H5Pset_filter(c, 32015, H5Z_FLAG_OPTIONAL, 0, nullptr); })),
          "filter other than deflate");
  refuses(frames_with(H5T_STD_U8LE, video, chunked({1, 1, size, size, 3}, deflate)), "a shard's chunks");
  refuses(frames_with(H5T_STD_U8LE, video, chunked(one, deflate)), "lacks a chunk");
  refuses(frames_with(H5T_STD_U16LE, video, chunked(one, deflate)), "not of the type");
  refuses(frames_with(H5T_STD_U8LE, {rows + 1, frames, size, size, 3}, chunked(one, deflate)),
          "does not have the shape");
  refuses(frames_with(H5T_STD_U8LE, {rows, frames, size, size}, chunked({1, frames, size, size}, deflate)),
          "");
  const std::vector<hsize_t> state{rows, frames, 2};
  refuses(replace("q", H5T_IEEE_F32LE, state, allocate_early), "not of the type");
  refuses(replace("q", H5T_IEEE_F64BE, state, allocate_early), "not of the type");
  refuses(replace("q", hdf5::text_type(), state, allocate_early), "not of the type");
  const hdf5::Handle ragged(H5Tvlen_create(H5T_IEEE_F64LE), H5Tclose, "make a type");
  refuses(replace("q", ragged, state, allocate_early), "not of the type");
  refuses(replace("coordinate", H5T_IEEE_F64LE, {2}, allocate_early), "not of the type");
  refuses(replace("q", H5T_IEEE_F64LE, {rows, frames, 3}, allocate_early), "does not have the shape");
  refuses(replace("coordinate", hdf5::text_type(), {5000}, nothing), "5000 labels");
  const hsize_t huge = hsize_t{1} << 62;
  refuses(replace("q", H5T_IEEE_F64LE, {rows, frames, huge / 1024}, nothing), "does not have the shape");
  refuses(replace("parameters", H5T_IEEE_F64LE, {rows, huge / 16}, nothing), "does not have the shape");
  refuses(replace("coordinate", hdf5::text_type(), {huge / 64}, nothing), "reaches out of the file");
}

TEST_CASE("chunks that are not what they should be are refused when they are read") {
  const auto with_chunk = [](const std::vector<std::uint8_t>& bytes, std::uint32_t skipped_filters) {
    return [=](hid_t file) {
      const hdf5::Handle dataset = hdf5::open_dataset(file, "frames");
      const hsize_t place[] = {1, 0, 0, 0, 0};
      H5Dwrite_chunk(dataset, H5P_DEFAULT, skipped_filters, place, bytes.size(), bytes.data());
    };
  };
  refuses(with_chunk(std::vector<std::uint8_t>(100, 7), 0), "compressed data are damaged");
  refuses(with_chunk(std::vector<std::uint8_t>(frames * size * size * 3, 7), 1), "not compressed");
  // Sound streams of fewer and of far more bytes than the frames have.
  Deflater deflater(1);
  for (const std::size_t bytes : {std::size_t{frames * size * size * 3 - 1}, std::size_t{50'000'000}}) {
    const auto stream = deflater.compress(std::vector<std::uint8_t>(bytes));
    std::vector<std::uint8_t> chunk(stream.size());
    std::ranges::transform(stream, chunk.begin(),
                           [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
    refuses(with_chunk(chunk, 0), "compressed data are damaged");
  }
}

TEST_CASE("attributes that a shard needs have to be there and of their kind") {
  refuses([](hid_t f) { H5Adelete(f, "config"); }, "open attribute config");
  refuses(
      [](hid_t f) {
        H5Adelete(f, "max_energy_drift");
        const hdf5::Handle space = hdf5::dataspace(std::vector<hsize_t>{100});
        H5Aclose(H5Acreate2(f, "max_energy_drift", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT));
      },
      "no scalar");
}
