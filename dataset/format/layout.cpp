#include "dataset/format/layout.hpp"

#include <algorithm>
#include <stdexcept>

namespace hamgen::dataset {
namespace {

constexpr std::uint64_t largest_chunk = std::uint64_t{1} << 20;

std::vector<DatasetLayout> make_layout() {
  using enum Axis;
  using enum Element;
  const std::vector<Axis> video{trajectory, time, y, x, channel}, state{trajectory, time, coordinate};
  return {
      {"trajectory", i64, {trajectory}, "1", "number of the trajectory within its split"},
      {"time", f64, {time}, "time", "time of each frame, from the start"},
      {"y", f64, {y}, "length", "height of a row of pixels above the view's centre"},
      {"x", f64, {x}, "length", "distance of a column of pixels to the right of the view's centre"},
      {"channel", text, {channel}, "", "colour channel"},
      {"coordinate", text, {coordinate}, "", "phase-space coordinate; p has the same order as q"},
      {"parameter", text, {parameter}, "", "constant of the trajectory's Hamiltonian"},
      {"parameter_unit", text, {parameter}, "", "unit of each parameter"},
      {"view_x", f64, {trajectory}, "length", "where the view's centre is: x, to be added to the pixels' x"},
      {"view_y", f64, {trajectory}, "length", "likewise y"},
      {"frames", u8, video, "1 / 255", "rendered frames of the observed (noisy) states", true},
      {"frames_clean", u8, video, "1 / 255", "rendered frames of the exact states", true,
       Presence::all_but_train},
      {"q", f64, state, "{q}", "position, exact"},
      {"p", f64, state, "{p}", "momentum, exact"},
      {"q_observed", f64, state, "{q}", "position with observation noise: what the frames show"},
      {"p_observed", f64, state, "{p}", "momentum with observation noise"},
      {"dq_dt", f64, state, "{q} / time", "dH/dp at (q, p)"},
      {"dp_dt", f64, state, "{p} / time", "dp/dt at (q, p): -dH/dq, with friction - friction dq/dt"},
      {"energy", f64, {trajectory, time}, "{H}", "H(q, p)"},
      {"energy_lost",
       f64,
       {trajectory, time},
       "{H}",
       "what friction took of the energy since the start",
       false,
       Presence::with_friction},
      {"energy_drift",
       f64,
       {trajectory},
       "1",
       "certificate: max |E_t - E_0| / |E_0|, or max |E_t - E_0| where |E_0| < 1e-3; E: energy, with "
       "friction energy + energy_lost"},
      {"parameters",
       f64,
       {trajectory, parameter},
       "see parameter_unit",
       "constants of the trajectory's Hamiltonian; then, where look.hues draws them, the bodies' hues"},
  };
}

// "|" would end a cell of a Markdown table.
std::string cell(std::string text) {
  for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
    text.insert(at, 1, '\\');
  return text;
}

const char* presence_text(Presence presence) {
  constexpr const char* texts[] = {"", " (all splits but train)", " (where physics.friction is not 0)"};
  return texts[static_cast<int>(presence)];
}

}  // namespace

bool is_split(const std::string& name) {
  return std::ranges::find(split_names, name) != std::end(split_names);
}

bool SplitHeader::holds(const DatasetLayout& layout) const {
  switch (layout.presence) {
    case Presence::always:
      return true;
    case Presence::all_but_train:
      return split != "train";
    case Presence::with_friction:
      return has_friction;
  }
  throw std::logic_error("unknown presence");
}

const char* axis_name(Axis axis) {
  constexpr const char* names[] = {"trajectory", "time", "y", "x", "channel", "coordinate", "parameter"};
  return names[static_cast<int>(axis)];
}

const char* element_name(Element element) {
  constexpr const char* names[] = {"uint8", "int64", "float64", "text (UTF-8)"};
  return names[static_cast<int>(element)];
}

const std::vector<DatasetLayout>& shard_layout() {
  static const std::vector<DatasetLayout> layout = make_layout();
  return layout;
}

const DatasetLayout& find_layout(const std::string& name) {
  const auto found = std::ranges::find(shard_layout(), name, &DatasetLayout::name);
  if (found == shard_layout().end()) throw std::logic_error("the shard layout has no dataset " + name);
  return *found;
}

std::uint64_t SplitHeader::extent(Axis axis, std::uint64_t trajectories) const {
  switch (axis) {
    case Axis::trajectory:
      return trajectories;
    case Axis::time:
      return time.size();
    case Axis::y:
      return y.size();
    case Axis::x:
      return x.size();
    case Axis::channel:
      return 3;
    case Axis::coordinate:
      return coordinates.size();
    case Axis::parameter:
      return parameters.size();
  }
  throw std::logic_error("unknown axis");
}

std::vector<std::pair<std::string, LabelValues>> SplitHeader::labels() const {
  return {{"time", time},
          {"y", y},
          {"x", x},
          {"channel", std::vector<std::string>{"red", "green", "blue"}},
          {"coordinate", coordinates},
          {"parameter", parameters},
          {"parameter_unit", parameter_units}};
}

FrameChunking chunk_frames(std::uint64_t frames, std::uint64_t frame_bytes) {
  const std::uint64_t most = std::max<std::uint64_t>(1, largest_chunk / frame_bytes);
  const std::uint64_t chunks = (frames + most - 1) / most;
  return {(frames + chunks - 1) / chunks, chunks, frame_bytes};
}

std::string layout_reference() {
  std::string page = "| dataset | type | shape | units | meaning |\n|---|---|---|---|---|\n";
  for (const DatasetLayout& layout : shard_layout()) {
    std::string shape;
    for (const Axis axis : layout.axes) shape += (shape.empty() ? "" : ", ") + std::string(axis_name(axis));
    page += "| `" + layout.name + "` | " + element_name(layout.element) + " | [" + shape + "] | " +
            cell(layout.units) + " | " + cell(layout.long_name) + presence_text(layout.presence) + " |\n";
  }
  return page;
}

}  // namespace hamgen::dataset
