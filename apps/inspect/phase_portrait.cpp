#include "apps/inspect/phase_portrait.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "render/portrait.hpp"

namespace hamgen::apps {
namespace {

using simulators::PortraitAxes;
using simulators::Simulation;

// The orbits of a few trajectories. A system with one degree of freedom shows all of the sample in its phase
// plane; one with several planes shows its first trajectory in each of them.
std::vector<render::Track> tracks_of(const Sample& sample, const PortraitAxes& axes,
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

// "x (length)"; of a coordinate or momentum, counted as PortraitAxes does.
std::string axis_label(const std::string& label, std::size_t index, const simulators::System& system) {
  const std::string unit = index < system.dimension() ? system.position_unit() : system.momentum_unit();
  return unit == "1" ? label : fmt::format("{} ({})", label, unit);
}

// Whether the planes show places alone, no momenta.
bool is_spatial(const PortraitAxes& axes, std::size_t dimension) {
  return std::ranges::all_of(
      axes.planes, [&](const auto& plane) { return plane.first < dimension && plane.second < dimension; });
}

render::PortraitLegend legend_of(const Sample& sample, const Simulation& simulation, const PortraitAxes& axes,
                                 const simulators::Look& look) {
  constexpr std::size_t most = 8;
  const bool is_one_plane = axes.planes.size() == 1;
  const auto names = simulation.system().coordinate_names();
  // The second axis of a plane, behind the first one's name.
  const auto second_axis = [&](std::size_t index, const char* momentum) {
    return index < names.size() ? ", " + names[index] : std::string(momentum);
  };
  render::PortraitLegend legend;
  legend.curve = "exact motion, from its start";
  legend.dots =
      simulation.noise_std() > 0 ? fmt::format("observed, noise {}", simulation.noise_std()) : "frames";
  const std::size_t tracks = is_one_plane ? sample.count : axes.planes.size();
  for (std::size_t i = 0; i < std::min(most, tracks); ++i) {
    std::string name = (i == 0 ? "trajectory " : "") + sample.name(i);
    if (!is_one_plane) name = names[axes.planes[i].first] + second_axis(axes.planes[i].second, "");
    if (i + 1 == most && tracks > most) name += fmt::format(" and {} more", tracks - most);
    legend.colors.emplace_back(look.color(i), name);
  }
  const auto [x, y] = axes.planes.front();
  legend.landscape = "H from low to high";
  if (sample.dimension > 1)
    legend.landscape += fmt::format(", over {}{}; all else as {} starts", names[x],
                                    second_axis(y, " and its momentum"), sample.name(0));
  return legend;
}

}  // namespace

render::Surface phase_portrait(const Sample& sample, const Simulation& simulation, const Config& config,
                               const std::string& split) {
  const simulators::System& system = simulation.system();
  const PortraitAxes axes = system.portrait_axes();
  const simulators::Look look(config.settings);
  const std::string whose = axes.planes.size() == 1 ? "" : ", " + sample.name(0);
  render::Portrait portrait;
  portrait.title = fmt::format("{}, {} split{}: {}", config.system->name, split, whose,
                               is_spatial(axes, sample.dimension)
                                   ? fmt::format("paths in {}-{} space", axes.x_label, axes.y_label)
                                   : "phase portrait");
  portrait.subtitle = simulation.hamiltonian();
  portrait.x_label = axis_label(axes.x_label, axes.planes.front().first, system);
  portrait.y_label = axis_label(axes.y_label, axes.planes.front().second, system);
  portrait.tracks = tracks_of(sample, axes, look, config.settings.real("dt"));
  portrait.legend = legend_of(sample, simulation, axes, look);
  fit_axes(portrait);
  fill_landscape(portrait, sample, simulation);
  return render::draw_portrait(portrait);
}

}  // namespace hamgen::apps
