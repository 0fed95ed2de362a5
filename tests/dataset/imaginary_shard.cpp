#include "tests/dataset/imaginary_shard.hpp"

#include <cmath>
#include <random>

#include "dataset/files/commit.hpp"
#include "dataset/files/deflate.hpp"
#include "dataset/files/sha256.hpp"

using namespace hamgen::dataset;

SplitHeader header_of(const std::string& split, std::size_t frames, std::size_t size) {
  SplitHeader header;
  header.split = split;
  header.attributes = {
      {"schema_version", schema_version}, {"system", "imaginary"},    {"split", split}, {"config", "{}"},
      {"seed", std::int64_t{7}},          {"max_energy_drift", 1e-11}};
  for (std::size_t t = 0; t < frames; ++t) header.time.push_back(0.5 * static_cast<double>(t));
  header.x.assign(size, 1);
  header.y.assign(size, 2);
  header.coordinates = {"x", "y"};
  header.parameters = {"a", "b", "c"};
  header.parameter_units = {"mass", "length", "1"};
  header.position_unit = "length";
  header.momentum_unit = "mass length / time";
  return header;
}

Content::Content(const SplitHeader& header, std::int64_t trajectory) : id(trajectory) {
  std::mt19937 random(static_cast<unsigned>(trajectory));
  chunking = chunk_frames(header.time.size(), header.frame_bytes());
  frames.resize(chunking.chunks * chunking.chunk_bytes());
  frame_bytes = header.time.size() * header.frame_bytes();
  for (std::size_t i = 0; i < frame_bytes; ++i)
    frames[i] = static_cast<std::uint8_t>(random() % 7 == 0 ? random() : 82);
  for (std::size_t i = 0; i < header.time.size() * imaginary_dimension; ++i)
    states.push_back(std::ldexp(random(), -20));
  energy.assign(header.time.size(), static_cast<double>(id) + 0.25);
  constants.assign(imaginary_parameters, static_cast<double>(id));
}

ShardRow Content::row(const SplitHeader& header) const {
  Deflater deflater(1);
  ShardRow row;
  row.trajectory = id;
  for (std::size_t i = 0; i < chunking.chunks; ++i)
    row.frames.push_back(deflater.compress({&frames[i * chunking.chunk_bytes()], chunking.chunk_bytes()}));
  row.frames_digest = digest_of(std::as_bytes(std::span(frames).first(frame_bytes)));
  if (header.split == "test") {
    row.frames_clean = row.frames;
    row.frames_clean_digest = row.frames_digest;
  }
  row.q = row.p = row.q_observed = row.p_observed = row.dq_dt = row.dp_dt = states;
  row.energy = energy;
  row.energy_drift = {&drift, 1};
  row.parameters = constants;
  row.view_x = row.view_y = row.energy_drift;
  return row;
}

ImaginaryShard::ImaginaryShard(const SplitHeader& header, std::int64_t first, std::int64_t count,
                               std::uint64_t number) {
  ShardWriter writer(header, static_cast<std::uint64_t>(count));
  for (std::int64_t id = first; id < first + count; ++id) writer.append(Content(header, id).row(header));
  const auto file = writer.finish();
  const auto image = file.image();
  bytes.assign(image.begin(), image.end());
  record.file = shard_file_name(header.split, number);
  record.bytes = bytes.size();
  record.sha256 = sha256(bytes);
  record.content = writer.content();
  record.first = first;
  record.last = first + count - 1;
  record.cpu = "imaginary";
}

void ImaginaryShard::write(const std::filesystem::path& dataset) const {
  std::filesystem::create_directories((dataset / record.file).parent_path());
  commit_file(dataset / record.file, bytes);
}

std::array<std::uint64_t, 4> frame_shape_of(const SplitHeader& header) {
  return {header.time.size(), header.y.size(), header.x.size(), 3};
}

template <class T>
std::vector<T> read_with_hdf5(const std::filesystem::path& path, const std::string& name, std::uint64_t first,
                              std::uint64_t count) {
  const hdf5::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, "open");
  const hdf5::Handle dataset = hdf5::open_dataset(file, name);
  std::vector<hsize_t> block = hdf5::extents_of(dataset), offset(block.size(), 0);
  offset[0] = first;
  block[0] = count;
  std::size_t elements = 1;
  for (const hsize_t extent : block) elements *= extent;
  std::vector<T> values(elements);
  hdf5::read_block(dataset, std::is_same_v<T, double> ? Element::f64 : Element::u8, offset, block,
                   values.data());
  return values;
}
template std::vector<double> read_with_hdf5(const std::filesystem::path&, const std::string&, std::uint64_t,
                                            std::uint64_t);
template std::vector<std::uint8_t> read_with_hdf5(const std::filesystem::path&, const std::string&,
                                                  std::uint64_t, std::uint64_t);
