// The shard layout: every dataset of a shard, once. Writer, virtual index, reader, tests and schemas/shard.md
// follow it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace hamgen::dataset {

inline constexpr std::int64_t schema_version = 2;

// The axes; each is also the name of the one-dimensional dataset that labels it (an HDF5 dimension scale).
enum class Axis { trajectory, time, y, x, channel, coordinate, parameter };
const char* axis_name(Axis axis);

enum class Element { u8, i64, f64, text };
const char* element_name(Element element);

// In which shards a dataset is.
enum class Presence { always, all_but_train, with_friction };

struct DatasetLayout {
  std::string name;
  Element element;
  std::vector<Axis> axes;
  // {q}, {p} and {H} stand for the system's units of position, momentum and energy.
  std::string units;
  std::string long_name;
  bool is_compressed = false;  // deflate, chunks of one trajectory (split over time above 1 MiB)
  Presence presence = Presence::always;
  bool is_scale() const { return axes.size() == 1 && name == axis_name(axes[0]); }
  bool is_per_trajectory() const { return axes[0] == Axis::trajectory; }
};
const std::vector<DatasetLayout>& shard_layout();
const DatasetLayout& find_layout(const std::string& name);

// The splits there can be, in the order in which they are made: what a model learns from, what tests it on
// more of the same, what tests it beyond (docs/configuration.md), and what recipes and weights are chosen by.
inline constexpr const char* split_names[] = {
    "train", "test", "test_extrapolate", "test_energy", "test_parameters", "validation"};
bool is_split(const std::string& name);

// The values of a dataset that does not depend on the trajectory.
using LabelValues = std::variant<std::vector<double>, std::vector<std::string>>;

using AttributeValue = std::variant<std::string, std::int64_t, double>;

// What all shards of a split share: sizes, labels and root attributes.
struct SplitHeader {
  std::string split;  // one of split_names
  bool has_friction = false;
  std::vector<std::pair<std::string, AttributeValue>> attributes;
  std::vector<double> time;              // [T], time units
  std::vector<double> y, x;              // [H], [W]: pixel centres in the world, from the view's centre
  std::vector<std::string> coordinates;  // [D]
  std::vector<std::string> parameters, parameter_units;  // [P]
  std::string position_unit, momentum_unit, energy_unit;

  bool holds(const DatasetLayout& layout) const;
  // Size along an axis, for `trajectories` trajectories.
  std::uint64_t extent(Axis axis, std::uint64_t trajectories) const;
  std::uint64_t frame_bytes() const { return y.size() * x.size() * 3; }
  std::vector<std::pair<std::string, LabelValues>> labels() const;  // by dataset
};

// How a trajectory's frames are cut into chunks: equal numbers of frames, at most 1 MiB a chunk.
struct FrameChunking {
  std::uint64_t frames_per_chunk = 1;
  std::uint64_t chunks = 1;
  std::uint64_t frame_bytes = 0;
  std::uint64_t chunk_bytes() const { return frames_per_chunk * frame_bytes; }
};
FrameChunking chunk_frames(std::uint64_t frames, std::uint64_t frame_bytes);

// The reference page of the layout, in Markdown (schemas/shard.md holds it).
std::string layout_reference();

}  // namespace hamgen::dataset
