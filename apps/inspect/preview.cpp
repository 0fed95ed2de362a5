#include "apps/inspect/preview.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "apps/generate/planned_shards.hpp"
#include "dataset/format/manifest.hpp"
#include "dataset/shards/split_reader.hpp"
#include "render/contact_sheet.hpp"
#include "render/portrait.hpp"
#include "simulators/trajectory.hpp"

namespace hamgen::apps {
namespace {

namespace fs = std::filesystem;
using simulators::Simulation;

// The trajectories that a preview shows: at most eight, all from the shard that holds the first.
struct Sample {
  std::int64_t first = 0;
  std::size_t count = 0, frames = 0, size = 0, dimension = 0;
  std::vector<std::uint8_t> video;                   // [count, T, size, size, 3]
  std::vector<double> q, p, q_observed, p_observed;  // [count, T, D]
  std::vector<double> dq_dt, dp_dt;                  // [count, T, D]
  std::vector<double> parameters;                    // [count, P]

  std::span<const std::uint8_t> frame(std::size_t trajectory, std::size_t t) const {
    const std::size_t bytes = size * size * 3;
    return {&video[(trajectory * frames + t) * bytes], bytes};
  }
};

Sample read_sample(const PreviewOptions& options, const dataset::Manifest& manifest, const Config& config,
                   const Simulation& simulation) {
  const dataset::SplitReader reader(options.dataset, manifest, options.split);
  const auto first = static_cast<std::uint64_t>(options.first);
  if (first >= reader.trajectories())
    throw schemas::FieldError(fmt::format("--index {} is out of range: the {} split has trajectories 0 to {}",
                                          options.first, options.split, reader.trajectories() - 1));
  Sample sample;
  sample.first = options.first;
  sample.count = std::min<std::uint64_t>(8, reader.trajectories() - first);
  sample.frames = reader.frames_per_trajectory();
  sample.size = manifest.frame_shape[1];
  sample.video.resize(sample.count * sample.frames * reader.frame_bytes());
  std::vector<dataset::FrameWindow> windows;
  for (std::uint64_t i = 0; i < sample.count; ++i) windows.push_back({first + i, 0, sample.frames});
  reader.read_frames("frames", windows, sample.video);
  sample.q = reader.numbers("q", first, sample.count);
  sample.p = reader.numbers("p", first, sample.count);
  sample.q_observed = reader.numbers("q_observed", first, sample.count);
  sample.p_observed = reader.numbers("p_observed", first, sample.count);
  sample.dq_dt = reader.numbers("dq_dt", first, sample.count);
  sample.dp_dt = reader.numbers("dp_dt", first, sample.count);
  sample.parameters = reader.numbers("parameters", first, sample.count);
  sample.dimension = simulation.dimension();
  if (manifest.shape_of(*manifest.find(options.split)) != frame_shape(config, simulation) ||
      sample.q.size() != sample.count * sample.frames * sample.dimension ||
      sample.parameters.size() != sample.count * simulation.parameter_labels().size())
    throw dataset::ShardError(options.dataset.string() + " does not have the shapes of its configuration");
  return sample;
}

// Trajectories downwards, time to the right.
render::Surface contact_sheet(const Sample& sample, const Simulation& simulation, const std::string& title) {
  render::ContactSheet sheet{
      .title = title,
      .frames = sample.frames,
      .size = sample.size,
      .rows = {},
      .time_label = [&](std::size_t t) { return fmt::format("t = {:.4g}", simulation.times()[t]); }};
  for (std::size_t i = 0; i < sample.count; ++i)
    sheet.rows.push_back({fmt::format("# {}", sample.first + static_cast<std::int64_t>(i)),
                          [&sample, i](std::size_t t) { return sample.frame(i, t); }});
  return render::draw_contact_sheet(sheet, {.columns = 8,
                                            .tile = 96,
                                            .margin = 72,
                                            .header = 64,
                                            .title_size = 16,
                                            .label_size = 13,
                                            .label_left = 12,
                                            .has_times_above = true});
}

std::vector<render::Picture> animation(const Sample& sample) {
  constexpr std::size_t gap = 4;
  const std::size_t columns = std::min<std::size_t>(4, sample.count),
                    rows = (sample.count + columns - 1) / columns;
  const std::size_t zoom = std::max<std::size_t>(1, 128 / sample.size), tile = sample.size * zoom;
  std::vector<render::Picture> pictures;
  for (std::size_t t = 0; t < sample.frames; ++t) {
    pictures.emplace_back(columns * (tile + gap) - gap, rows * (tile + gap) - gap);
    for (std::size_t i = 0; i < sample.count; ++i)
      pictures.back().paste(sample.frame(i, t), sample.size, i % columns * (tile + gap),
                            i / columns * (tile + gap), zoom);
  }
  return pictures;
}

// The orbits of a few trajectories. A system with one degree of freedom shows all of the sample in its phase
// plane; one with several planes shows its first trajectory in each of them.
std::vector<render::Track> tracks_of(const Sample& sample, const simulators::PortraitAxes& axes,
                                     const simulators::Look& look, double dt) {
  std::vector<render::Track> tracks;
  const bool one_plane = axes.planes.size() == 1;
  for (std::size_t i = 0; i < (one_plane ? sample.count : 1); ++i)
    for (std::size_t plane = 0; plane < axes.planes.size(); ++plane) {
      render::Track track;
      track.color = look.color(one_plane ? i : plane);
      const auto [x, y] = axes.planes[plane];
      for (std::size_t t = 0; t < sample.frames; ++t) {
        const std::size_t row = (i * sample.frames + t) * sample.dimension;
        const auto in_plane = [&, x = x, y = y](const auto& q, const auto& p, double scale) {
          const auto coordinate = [&](std::size_t k) {
            return scale * (k < sample.dimension ? q[row + k] : p[row + k - sample.dimension]);
          };
          return std::pair(coordinate(x), coordinate(y));
        };
        track.points.push_back(in_plane(sample.q, sample.p, 1));
        track.rates.push_back(in_plane(sample.dq_dt, sample.dp_dt, dt));
        track.observed.push_back(in_plane(sample.q_observed, sample.p_observed, 1));
      }
      tracks.push_back(std::move(track));
    }
  return tracks;
}

void fit_axes(render::Portrait& portrait) {
  std::vector<double> x, y;
  for (const render::Track& track : portrait.tracks)
    for (const auto* points : {&track.points, &track.observed})
      for (const auto& [px, py] : *points) {
        x.push_back(px);
        y.push_back(py);
      }
  const auto padded = [](const std::vector<double>& values, double& low, double& high) {
    const auto [least, most] = std::ranges::minmax(values);
    const double pad = std::max(0.12 * (most - least), 1e-6);
    low = least - pad;
    high = most + pad;
  };
  padded(x, portrait.x_low, portrait.x_high);
  padded(y, portrait.y_low, portrait.y_high);
}

// H over the plane, all other coordinates as they are at the start of the first trajectory.
void fill_landscape(render::Portrait& portrait, const Sample& sample, const Simulation& simulation) {
  const auto& system = simulation.system();
  const auto [x_index, y_index] = system.portrait_axes().planes.front();
  const std::size_t d = sample.dimension;
  const auto length = static_cast<std::ptrdiff_t>(d);
  std::vector<double> state(sample.q.begin(), sample.q.begin() + length);
  state.insert(state.end(), sample.p.begin(), sample.p.begin() + length);
  const simulators::Reals constants =
      simulation.constants({sample.parameters.data(), sample.parameters.size() / sample.count});
  portrait.columns = portrait.rows = 280;
  for (std::size_t row = 0; row < portrait.rows; ++row)
    for (std::size_t column = 0; column < portrait.columns; ++column) {
      const auto at = [](double low, double high, std::size_t i, std::size_t n) {
        return low + (high - low) * (static_cast<double>(i) + 0.5) / static_cast<double>(n);
      };
      state[x_index] = at(portrait.x_low, portrait.x_high, column, portrait.columns);
      state[y_index] = at(portrait.y_low, portrait.y_high, row, portrait.rows);
      portrait.energy.push_back(system.energy(constants, {state.data(), d}, {state.data() + d, d}));
    }
}

render::Surface phase_portrait(const Sample& sample, const Simulation& simulation, const Config& config) {
  const simulators::PortraitAxes axes = simulation.system().portrait_axes();
  render::Portrait portrait;
  portrait.title = config.system->name + ":  " + simulation.hamiltonian();
  portrait.x_label = axes.x_label;
  portrait.y_label = axes.y_label;
  portrait.tracks = tracks_of(sample, axes, simulators::Look(config.settings), config.settings.real("dt"));
  fit_axes(portrait);
  fill_landscape(portrait, sample, simulation);
  return render::draw_portrait(portrait);
}

void require_writable(const fs::path& out) {
  std::error_code error;
  fs::create_directories(out, error);
  if (!error && ::access(out.c_str(), W_OK | X_OK) != 0) error.assign(errno, std::generic_category());
  if (error)
    throw render::PictureError(fmt::format("cannot write pictures to {}: {}; --out chooses another directory",
                                           out.string(), error.message()));
}

}  // namespace

std::vector<fs::path> make_preview(const PreviewOptions& options) {
  const dataset::Manifest manifest = dataset::read_manifest(options.dataset);
  const Config config = config_of(options.dataset, manifest.plan);
  if (manifest.find(options.split) == nullptr)
    throw schemas::FieldError(options.dataset.string() + " has no split \"" + options.split + "\"");
  const Simulations simulations(config);
  const Simulation& simulation = simulations.of(split_named(options.split));
  const Sample sample = read_sample(options, manifest, config, simulation);
  const fs::path out = options.out.empty() ? options.dataset : options.out;
  require_writable(out);
  const std::vector<fs::path> files{out / "preview.png", out / "preview.gif", out / "portrait.png"};
  render::write_png(files[0],
                    contact_sheet(sample, simulation, config.system->name + ", " + options.split + " split"));
  constexpr int delay = 8;  // hundredths of a second
  render::write_gif(files[1], animation(sample), delay);
  render::write_png(files[2], phase_portrait(sample, simulation, config));
  return files;
}

}  // namespace hamgen::apps
