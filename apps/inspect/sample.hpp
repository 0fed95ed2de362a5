// The trajectories that a preview shows.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "apps/generate/config.hpp"
#include "dataset/shards/split_reader.hpp"
#include "simulators/trajectory.hpp"

namespace hamgen::apps {

enum class FramesShown {
  clean_where_stored,  // noise-free ones where the split has them, else the observed ones
  clean,               // drawn from the exact states where they are not stored
  observed,
};

struct Sample {
  std::int64_t first = 0;  // number of the first trajectory
  std::size_t count = 0, frames = 0, size = 0, dimension = 0;
  std::string shown;                                 // what the frames are: "observed, noise 0.1"
  std::vector<std::uint8_t> video;                   // [count, T, size, size, 3]
  std::vector<double> q, p, q_observed, p_observed;  // [count, T, D]
  std::vector<double> dq_dt, dp_dt;                  // [count, T, D]
  std::vector<double> parameters;                    // [count, P]

  std::span<const std::uint8_t> frame(std::size_t trajectory, std::size_t t) const {
    const std::size_t bytes = size * size * 3;
    return {&video[(trajectory * frames + t) * bytes], bytes};
  }
  std::string name(std::size_t trajectory) const;  // "# 7"
};

// At most eight trajectories of the split, from the `first` on. Throws schemas::FieldError where there is no such
// trajectory, dataset::ShardError.
Sample read_sample(const dataset::SplitReader& reader, std::int64_t first, FramesShown shown,
                   const Config& config, const simulators::Simulation& simulation);

}  // namespace hamgen::apps
