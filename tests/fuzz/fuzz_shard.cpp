// Shards that are not what they seem. The first byte chooses:
//
//   0  any bytes under a sound shard's record: refused, all of them
//   1  a sound shard changed through HDF5 as the bytes say (links, objects, storage, types, shapes, chunks,
//      attributes), under a record that fits: read within bounds, or refused
//   2  a sound shard under a record and a frame shape as the bytes say: likewise
//
// Raw bytes under a fitting record are left out on purpose: they would test HDF5's parser, which is why
// hashes are compared first.
#include <hdf5_hl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "dataset/files/sha256.hpp"
#include "dataset/shards/shard_file.hpp"
#include "tests/dataset/imaginary_shard.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen::dataset;

namespace {

constexpr hsize_t rows = 2, frames = 3, size = 8;

// Numbers from the fuzzer's bytes; zeros behind their end.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t count) : rest_(data, count) {}
  bool is_empty() const { return rest_.empty(); }
  std::span<const std::uint8_t> rest() const { return rest_; }
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes && !rest_.empty(); ++i, rest_ = rest_.subspan(1))
      value |= std::uint64_t{rest_.front()} << (8 * i);
    return value;
  }
  // Mostly small, sometimes anything.
  hsize_t extent() {
    const auto kind = number(1);
    return kind < 240 ? kind % 20 : number(8);
  }
  const std::string& name() {
    static const std::string more = "more", empty, path = "a/b";
    const auto which = number(1);
    if (which >= 240) return which < 245 ? more : which < 250 ? empty : path;
    return shard_layout()[which % shard_layout().size()].name;
  }

 private:
  std::span<const std::uint8_t> rest_;
};

const ImaginaryShard& sound_shard() {
  static const ImaginaryShard shard(header_of("train", frames, size), 0, rows);
  return shard;
}

const std::filesystem::path& directory() {
  static const TemporaryDirectory place;
  static const bool made = std::filesystem::create_directory(place / "train");
  static_cast<void>(made);
  return place.path();
}

void put_file(std::span<const std::byte> bytes) {
  std::ofstream file(directory() / sound_shard().record.file, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

// Opens the shard and reads all that it says it has. Whether it was accepted.
bool read_everything(const ShardRecord& record, const std::array<std::uint64_t, 4>& shape) {
  try {
    const ShardFile file(directory(), record, shape, record.bytes % 2 == 0);
    file.content();
    return true;
  } catch (const ShardError&) {
    return false;
  }
}

hid_t type_of(Bytes& bytes) {
  const hid_t types[] = {H5T_STD_U8LE,   H5T_IEEE_F64LE, H5T_STD_I64LE,  H5T_IEEE_F32LE,
                         H5T_IEEE_F64BE, H5T_C_S1,       H5T_STD_REF_OBJ};
  return types[bytes.number(1) % std::size(types)];
}

void add_filters(hid_t creation, Bytes& bytes) {
  for (auto count = bytes.number(1) % 3; count > 0; --count) switch (bytes.number(1) % 5) {
      case 0:
        H5Pset_deflate(creation, static_cast<unsigned>(bytes.number(1) % 10));
        break;
      case 1:
        H5Pset_shuffle(creation);
        break;
      case 2:
        H5Pset_fletcher32(creation);
        break;
      default:
        H5Pset_filter(creation, static_cast<H5Z_filter_t>(bytes.number(2)), H5Z_FLAG_OPTIONAL, 0, nullptr);
    }
}

void replace_dataset(hid_t file, Bytes& bytes) {
  const std::string& name = bytes.name();
  H5Ldelete(file, name.c_str(), H5P_DEFAULT);
  std::vector<hsize_t> extents;
  for (auto rank = bytes.number(1) % 6; rank > 0; --rank) extents.push_back(bytes.extent());
  const hdf5::Handle creation = hdf5::property_list(H5P_DATASET_CREATE);
  hid_t type = type_of(bytes);
  const hdf5::Handle text = hdf5::text_type(), ragged(H5Tvlen_create(type), H5Tclose, "make a type");
  const auto wrap = bytes.number(1) % 6;
  if (wrap == 0) type = text;
  if (wrap == 1) type = ragged;
  switch (bytes.number(1) % 5) {
    case 0:
      H5Pset_external(creation, "/etc/hostname", 0, H5F_UNLIMITED);
      break;
    case 1:
      H5Pset_layout(creation, H5D_COMPACT);
      break;
    case 2: {
      std::vector<hsize_t> chunk;
      for (std::size_t i = 0; i < extents.size(); ++i) chunk.push_back(1 + bytes.number(1) % 16);
      H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data());
      add_filters(creation, bytes);
      break;
    }
    case 3: {
      const hid_t space = H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr);
      if (space < 0) return;
      H5Pset_virtual(creation, space, "elsewhere.h5", "q", space);
      H5Sclose(space);
      break;
    }
    default:
      H5Pset_alloc_time(creation, H5D_ALLOC_TIME_LATE);
  }
  const hid_t space = H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr);
  if (space < 0) return;
  const hid_t dataset = H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  if (dataset >= 0) H5Dclose(dataset);
  H5Sclose(space);
}

void write_chunk(hid_t file, Bytes& bytes) {
  const hid_t dataset = H5Dopen2(file, "frames", H5P_DEFAULT);
  if (dataset < 0) return;
  const hsize_t place[5] = {bytes.number(1) % rows, bytes.number(1) % 2 == 0 ? 0 : bytes.number(1), 0, 0, 0};
  const auto skipped = static_cast<std::uint32_t>(bytes.number(1) % 4 == 0 ? bytes.number(1) : 0);
  const auto chunk = bytes.rest().first(std::min<std::size_t>(bytes.rest().size(), bytes.number(1)));
  if (!chunk.empty()) H5Dwrite_chunk(dataset, H5P_DEFAULT, skipped, place, chunk.size(), chunk.data());
  H5Dclose(dataset);
}

void change_attribute(hid_t file, Bytes& bytes) {
  const char* names[] = {"schema_version", "split", "config", "max_energy_drift"};
  const char* const name = names[bytes.number(1) % std::size(names)];
  H5Adelete(file, name);
  const hid_t type = type_of(bytes);
  std::vector<hsize_t> extents(bytes.number(1) % 3, 1 + bytes.number(1) % 16);
  const hdf5::Handle space = hdf5::dataspace(extents);
  const hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  if (attribute >= 0) H5Aclose(attribute);
}

void change(hid_t file, Bytes& bytes) {
  switch (bytes.number(1) % 8) {
    case 0:
      H5Ldelete(file, bytes.name().c_str(), H5P_DEFAULT);
      break;
    case 1:
      H5Lcreate_external("/etc/hostname", "/q", file, bytes.name().c_str(), H5P_DEFAULT, H5P_DEFAULT);
      break;
    case 2:
      H5Lcreate_soft(bytes.name().c_str(), file, bytes.name().c_str(), H5P_DEFAULT, H5P_DEFAULT);
      break;
    case 3: {
      const std::string from = bytes.name();
      H5Lcreate_hard(file, from.c_str(), file, bytes.name().c_str(), H5P_DEFAULT, H5P_DEFAULT);
      break;
    }
    case 4: {
      const hid_t group = H5Gcreate2(file, bytes.name().c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
      if (group >= 0) H5Gclose(group);
      break;
    }
    case 5:
      change_attribute(file, bytes);
      break;
    case 6:
      write_chunk(file, bytes);
      break;
    default:
      replace_dataset(file, bytes);
  }
}

void use_changed_shard(Bytes bytes) {
  std::vector<std::byte> copy = sound_shard().bytes;
  ShardRecord record = sound_shard().record;
  {
    const hdf5::Handle file(H5LTopen_file_image(copy.data(), copy.size(), H5LT_FILE_IMAGE_OPEN_RW), H5Fclose,
                            "open an image");
    while (!bytes.is_empty()) change(file, bytes);
    H5Fflush(file, H5F_SCOPE_GLOBAL);
    const ssize_t length = H5Fget_file_image(file, nullptr, 0);
    if (length < 0 || length > (1 << 24)) return;
    copy.resize(static_cast<std::size_t>(length));
    H5Fget_file_image(file, copy.data(), copy.size());
    H5Eclear2(H5E_DEFAULT);
  }
  put_file(copy);
  record.bytes = copy.size();
  record.sha256 = sha256(copy);
  read_everything(record, {frames, size, size, 3});
}

void use_hostile_record(Bytes bytes) {
  put_file(sound_shard().bytes);
  ShardRecord record = sound_shard().record;
  record.last = static_cast<std::int64_t>(bytes.extent() % 1'000'000'000'001);  // as record_from_json allows
  record.bytes = bytes.number(1) < 128 ? record.bytes : bytes.number(8);
  std::array<std::uint64_t, 4> shape{frames, size, size, 3};
  for (auto& extent : shape)
    if (bytes.number(1) % 2 == 1) extent = std::max<std::uint64_t>(1, bytes.extent() % (1 << 20));
  read_everything(record, shape);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t count) {
  static const herr_t quiet = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  static_cast<void>(quiet);
  Bytes bytes(data, count);
  switch (bytes.number(1) % 3) {
    case 0: {
      const auto content = std::as_bytes(bytes.rest());
      put_file(content);
      if (read_everything(sound_shard().record, {frames, size, size, 3}) !=
          std::ranges::equal(content, sound_shard().bytes))
        std::abort();
      break;
    }
    case 1:
      use_changed_shard(bytes);
      break;
    default:
      use_hostile_record(bytes);
  }
  return 0;
}
