#include "apps/generate/producer.hpp"

#include <algorithm>
#include <cmath>

namespace hamgen::apps {

using simulators::Split;
using simulators::Trajectory;

Trajectory stored_state(const dataset::SplitReader& reader, std::uint64_t id,
                        const simulators::Simulation& simulation) {
  Trajectory trajectory;
  trajectory.id = static_cast<std::int64_t>(id);
  trajectory.parameters = reader.numbers("parameters", id, 1);
  trajectory.q = reader.numbers("q", id, 1);
  trajectory.p = reader.numbers("p", id, 1);
  trajectory.view = {reader.numbers("view_x", id, 1).at(0), reader.numbers("view_y", id, 1).at(0),
                     simulation.nominal_view().half_width};
  return trajectory;
}

dataset::ShardRow numbers_of(const Trajectory& trajectory) {
  dataset::ShardRow row;
  row.trajectory = trajectory.id;
  row.q = trajectory.q;
  row.p = trajectory.p;
  row.q_observed = trajectory.q_observed;
  row.p_observed = trajectory.p_observed;
  row.dq_dt = trajectory.dq_dt;
  row.dp_dt = trajectory.dp_dt;
  row.energy = trajectory.energy;
  row.energy_lost = trajectory.energy_lost;
  row.energy_drift = {&trajectory.energy_drift, 1};
  row.parameters = trajectory.parameters;
  row.view_x = {&trajectory.view.center_x, 1};
  row.view_y = {&trajectory.view.center_y, 1};
  return row;
}

dataset::ShardRow Product::row() {
  dataset::ShardRow row = numbers_of(trajectory);
  row.frames = std::move(frames);
  row.frames_clean = std::move(frames_clean);
  row.frames_digest = frames_digest;
  row.frames_clean_digest = frames_clean_digest;
  return row;
}

Producer::Producer(const simulators::Simulation& simulation, const render::Canvas& canvas, int compression)
    : simulation_(simulation),
      renderer_(canvas),
      deflater_(compression),
      chunking_(dataset::chunk_frames(simulation.frames(), canvas.frame_bytes())),
      frames_(simulation.frames() * canvas.frame_bytes()) {}

Product Producer::make(Split split, std::int64_t id) {
  Product product;
  product.trajectory = simulation_.trajectory(split, id);
  const Rendered observed = render_observed(product.trajectory);
  product.out_of_view = observed.out_of_view;
  product.sums = observed.sums;
  product.frames_digest = dataset::digest_of(std::as_bytes(observed.frames));
  product.frames = compress(observed.frames);
  if (split != Split::train) {
    const auto clean = render_exact(product.trajectory).frames;
    product.frames_clean_digest = dataset::digest_of(std::as_bytes(clean));
    product.frames_clean = compress(clean);
  }
  return product;
}

Producer::Rendered Producer::render_observed(const Trajectory& trajectory) {
  return render(trajectory, trajectory.q_observed, trajectory.p_observed);
}

Producer::Rendered Producer::render_exact(const Trajectory& trajectory) {
  return render(trajectory, trajectory.q, trajectory.p);
}

Producer::Rendered Producer::render(const Trajectory& trajectory, const std::vector<double>& q,
                                    const std::vector<double>& p) {
  const std::size_t d = simulation_.dimension(), frames = simulation_.frames(), bytes = chunking_.frame_bytes;
  Rendered rendered;
  for (std::size_t t = 0; t < frames; ++t) {
    rendered.sums.add(render_frame(trajectory, {&q[t * d], d}, {&p[t * d], d}, {&frames_[t * bytes], bytes}));
    rendered.out_of_view += is_out_of_view(trajectory.view);
  }
  rendered.frames = {frames_.data(), frames * bytes};
  return rendered;
}

render::ChannelSums Producer::render_frame(const Trajectory& trajectory, simulators::Reals q,
                                           simulators::Reals p, std::span<std::uint8_t> rgb) {
  scene_.view = trajectory.view;
  simulation_.show(trajectory.parameters, q, p, scene_);
  return renderer_.render(scene_, rgb);
}

bool Producer::is_out_of_view(const simulators::View& view) const {
  return std::ranges::any_of(scene_.discs, [&](const simulators::Disc& disc) {
    return !disc.is_copy && (std::abs(disc.x - view.center_x) > view.half_width ||
                             std::abs(disc.y - view.center_y) > view.half_width);
  });
}

std::vector<dataset::Chunk> Producer::compress(std::span<const std::uint8_t> frames) {
  std::vector<dataset::Chunk> chunks;
  const std::size_t whole = chunking_.chunk_bytes();
  for (; frames.size() >= whole; frames = frames.subspan(whole))
    chunks.push_back(deflater_.compress(frames.first(whole)));
  if (frames.empty()) return chunks;
  last_chunk_.assign(frames.begin(), frames.end());
  last_chunk_.resize(whole);
  chunks.push_back(deflater_.compress(last_chunk_));
  return chunks;
}

}  // namespace hamgen::apps
