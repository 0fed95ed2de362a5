// One trajectory number becomes one shard row: simulated, rendered, compressed. The parallel part of hamgen.
#pragma once

#include <cstdint>
#include <vector>

#include "dataset/files/deflate.hpp"
#include "dataset/shards/shard_writer.hpp"
#include "dataset/shards/split_reader.hpp"
#include "render/channel_sums.hpp"
#include "render/frame_renderer.hpp"
#include "simulators/trajectory.hpp"

namespace hamgen::apps {

// A trajectory as a finished dataset holds it, as far as frames are drawn from it: exact states, constants, view.
simulators::Trajectory stored_state(const dataset::SplitReader& reader, std::uint64_t id,
                                    const simulators::Simulation& simulation);

// What one trajectory contributes to its shard and to the manifest.
struct Product {
  simulators::Trajectory trajectory;
  std::vector<dataset::Chunk> frames, frames_clean;
  dataset::RowDigest frames_digest{}, frames_clean_digest{};
  render::ChannelSums sums;       // of `frames`
  std::uint64_t out_of_view = 0;  // frames with a disc's centre outside the view

  dataset::ShardRow row();  // views into this product; the chunks are moved out
};

// The numbers of a shard row, without its frames: views into the trajectory.
dataset::ShardRow numbers_of(const simulators::Trajectory& trajectory);

// Owns scratch memory: one producer per thread.
class Producer {
 public:
  // The simulation outlives the producer.
  Producer(const simulators::Simulation& simulation, const render::Canvas& canvas, int compression);

  Product make(simulators::Split split, std::int64_t id);
  // A trajectory's frames.
  struct Rendered {
    std::span<const std::uint8_t> frames;  // T of them, in a buffer that lives until the next call
    render::ChannelSums sums;
    std::uint64_t out_of_view = 0;  // frames with a disc's centre outside the view
  };
  Rendered render_observed(const simulators::Trajectory& trajectory);
  Rendered render_exact(const simulators::Trajectory& trajectory);
  // One frame of the state q, p [D], into `rgb`.
  render::ChannelSums render_frame(const simulators::Trajectory& trajectory, simulators::Reals q,
                                   simulators::Reals p, std::span<std::uint8_t> rgb);
  // Of a trajectory's frames, T of them; the last chunk is filled up with zeros.
  std::vector<dataset::Chunk> compress(std::span<const std::uint8_t> frames);

 private:
  // Of states [T, D].
  Rendered render(const simulators::Trajectory& trajectory, const std::vector<double>& q,
                  const std::vector<double>& p);
  bool is_out_of_view(const simulators::View& view) const;

  const simulators::Simulation& simulation_;
  render::FrameRenderer renderer_;
  dataset::Deflater deflater_;
  dataset::FrameChunking chunking_;
  simulators::Scene scene_;
  std::vector<std::uint8_t> frames_, last_chunk_;
};

}  // namespace hamgen::apps
