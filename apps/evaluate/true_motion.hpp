// The motion of a dataset's trajectories at any time, before, between and beyond its frames: integrated again
// from the exact states in the shards, and rendered. What rollouts are compared with.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/generate/planned_shards.hpp"
#include "dataset/shards/split_reader.hpp"
#include "model/base/torch.hpp"
#include "render/frame_renderer.hpp"
#include "simulators/trajectory.hpp"

namespace hamgen::apps {

class TrueMotion {
 public:
  // `reader` outlives it. Throws what config_of() throws.
  TrueMotion(const std::filesystem::path& dataset, const dataset::Manifest& manifest,
             const dataset::SplitReader& reader);

  // Noise-free frames RGB8 [times, H, W, 3] of a trajectory at `times`, which begin with 0, the time of its
  // first frame, and go one way. Throws simulators::IntegrationFailure.
  std::vector<std::uint8_t> frames(std::uint64_t trajectory, const std::vector<double>& times);
  // The exact orbit of a trajectory at `times`, or the one through another state (q, p), with its constants. Throws
  // simulators::IntegrationFailure.
  simulators::Orbit orbit(std::uint64_t trajectory, const std::vector<double>& times) const;
  simulators::Orbit orbit(std::uint64_t trajectory, simulators::Reals q, simulators::Reals p,
                          const std::vector<double>& times) const;
  // H(q, p) of the system, with the constants of the trajectory. q, p: D numbers.
  double energy(std::uint64_t trajectory, simulators::Reals q, simulators::Reals p) const;
  // Hamilton's equations there: dq/dt, then dp/dt, 2 D numbers.
  std::vector<double> rate(std::uint64_t trajectory, simulators::Reals q, simulators::Reals p) const;
  const simulators::Simulation& simulation() const { return simulation_; }
  std::uint64_t frame_size() const { return reader_.frame_size(); }

 private:
  std::vector<double> row(const char* name, std::uint64_t trajectory) const;
  std::vector<double> start(const char* name, std::uint64_t trajectory) const;  // its first frame's

  const dataset::SplitReader& reader_;
  Config config_;
  Simulations simulations_;
  const simulators::Simulation& simulation_;  // of the reader's split
  render::FrameRenderer renderer_;
  std::size_t frame_bytes_;
};

// Noise-free frames of a trajectory after 0, 1, ..., `intervals` intervals of `interval` units of time
// (negative: backward), [intervals + 1, 3, S, S] in units of 255 on the CPU, S = image_size. Throws what
// TrueMotion throws.
at::Tensor exact_frames(TrueMotion& motion, std::uint64_t trajectory, std::int64_t intervals, double interval,
                        std::int64_t image_size);

}  // namespace hamgen::apps
