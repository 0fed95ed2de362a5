#include "apps/inspect/sample.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "apps/generate/producer.hpp"

namespace hamgen::apps {
namespace {

using dataset::SplitReader;
using simulators::Simulation;

void read_video(const SplitReader& reader, const std::string& name, Sample& sample) {
  std::vector<dataset::FrameWindow> windows;
  for (std::uint64_t i = 0; i < sample.count; ++i)
    windows.push_back({static_cast<std::uint64_t>(sample.first) + i, 0, sample.frames});
  reader.read_frames(name, windows, sample.video);
}

void draw_video(const SplitReader& reader, const Config& config, const Simulation& simulation,
                Sample& sample) {
  Producer producer(simulation, render::Canvas::from(config.settings), dataset::fastest_compression);
  auto to = sample.video.begin();
  for (std::uint64_t i = 0; i < sample.count; ++i) {
    const auto state = stored_state(reader, static_cast<std::uint64_t>(sample.first) + i, simulation);
    to = std::ranges::copy(producer.render_exact(state).frames, to).out;
  }
}

void fill_video(const SplitReader& reader, FramesShown shown, const Config& config,
                const Simulation& simulation, Sample& sample) {
  const bool has_noise = simulation.noise_std() > 0, has_clean = reader.has("frames_clean");
  const bool is_clean =
      shown != FramesShown::observed && (shown == FramesShown::clean || has_clean || !has_noise);
  sample.shown = is_clean ? "noise-free" : fmt::format("observed, noise {}", simulation.noise_std());
  sample.video.resize(sample.count * sample.frames * reader.frame_bytes());
  if (is_clean && has_noise && !has_clean)
    draw_video(reader, config, simulation, sample);
  else
    read_video(reader, is_clean && has_clean ? "frames_clean" : "frames", sample);
}

}  // namespace

std::string Sample::name(std::size_t trajectory) const {
  return fmt::format("# {}", first + static_cast<std::int64_t>(trajectory));
}

Sample read_sample(const SplitReader& reader, std::int64_t first, FramesShown shown, const Config& config,
                   const Simulation& simulation) {
  const auto begin = static_cast<std::uint64_t>(first);
  if (begin >= reader.trajectories())
    throw schemas::FieldError(fmt::format("--index {} is out of range: the {} split has trajectories 0 to {}",
                                          first, reader.split(), reader.trajectories() - 1));
  Sample sample;
  sample.first = first;
  sample.count = std::min<std::uint64_t>(8, reader.trajectories() - begin);
  sample.frames = reader.frames_per_trajectory();
  sample.size = reader.frame_size();
  sample.dimension = simulation.dimension();
  sample.q = reader.numbers("q", begin, sample.count);
  sample.p = reader.numbers("p", begin, sample.count);
  sample.q_observed = reader.numbers("q_observed", begin, sample.count);
  sample.p_observed = reader.numbers("p_observed", begin, sample.count);
  sample.dq_dt = reader.numbers("dq_dt", begin, sample.count);
  sample.dp_dt = reader.numbers("dp_dt", begin, sample.count);
  sample.parameters = reader.numbers("parameters", begin, sample.count);
  if (sample.frames != simulation.frames() ||
      static_cast<std::int64_t>(sample.size) != config.settings.integer("image.size") ||
      sample.q.size() != sample.count * sample.frames * sample.dimension ||
      sample.parameters.size() != sample.count * simulation.parameter_labels().size())
    throw dataset::ShardError("the " + reader.split() +
                              " split does not have the shapes of the dataset's configuration");
  fill_video(reader, shown, config, simulation, sample);
  return sample;
}

}  // namespace hamgen::apps
