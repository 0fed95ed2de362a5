#include "apps/evaluate/true_motion.hpp"

#include "apps/generate/planned_shards.hpp"
#include "model/data/batches.hpp"

namespace hamgen::apps {

TrueMotion::TrueMotion(const std::filesystem::path& dataset, const dataset::Manifest& manifest,
                       const dataset::SplitReader& reader)
    : reader_(reader),
      config_(config_of(dataset, manifest.plan)),
      simulations_(config_),
      simulation_(simulations_.of(split_named(reader.split()))),
      renderer_(render::Canvas::from(config_.settings)),
      frame_bytes_(render::Canvas::from(config_.settings).frame_bytes()) {}

std::vector<double> TrueMotion::row(const char* name, std::uint64_t trajectory) const {
  return reader_.numbers(name, trajectory, 1);
}

std::vector<double> TrueMotion::start(const char* name, std::uint64_t trajectory) const {
  std::vector<double> numbers = row(name, trajectory);
  numbers.resize(simulation_.dimension());
  return numbers;
}

std::vector<std::uint8_t> TrueMotion::frames(std::uint64_t trajectory, const std::vector<double>& times) {
  const std::vector<double> parameters = row("parameters", trajectory);
  const auto orbit = this->orbit(trajectory, times);
  simulators::Scene scene;
  scene.view = {row("view_x", trajectory).front(), row("view_y", trajectory).front(),
                simulation_.nominal_view().half_width};
  std::vector<std::uint8_t> pixels(times.size() * frame_bytes_);
  const std::size_t dimension = simulation_.dimension();
  for (std::size_t t = 0; t < times.size(); ++t) {
    simulation_.show(parameters, {&orbit.q[t * dimension], dimension}, {&orbit.p[t * dimension], dimension},
                     scene);
    renderer_.render(scene, {&pixels[t * frame_bytes_], frame_bytes_});
  }
  return pixels;
}

simulators::Orbit TrueMotion::orbit(std::uint64_t trajectory, const std::vector<double>& times) const {
  return orbit(trajectory, start("q", trajectory), start("p", trajectory), times);
}

simulators::Orbit TrueMotion::orbit(std::uint64_t trajectory, simulators::Reals q, simulators::Reals p,
                                    const std::vector<double>& times) const {
  return simulation_.exact_orbit(row("parameters", trajectory), q, p, times);
}

double TrueMotion::energy(std::uint64_t trajectory, simulators::Reals q, simulators::Reals p) const {
  return simulation_.system().energy(simulation_.constants(row("parameters", trajectory)), q, p);
}

std::vector<double> TrueMotion::rate(std::uint64_t trajectory, simulators::Reals q,
                                     simulators::Reals p) const {
  const std::size_t dimension = simulation_.dimension();
  const std::vector<double> parameters = row("parameters", trajectory);
  std::vector<double> rate(2 * dimension);
  simulation_.rate(parameters, q, p, {rate.data(), dimension}, {&rate[dimension], dimension});
  return rate;
}

at::Tensor exact_frames(TrueMotion& motion, std::uint64_t trajectory, std::int64_t intervals, double interval,
                        std::int64_t image_size) {
  std::vector<double> times;
  for (std::int64_t t = 0; t <= intervals; ++t) times.push_back(static_cast<double>(t) * interval);
  std::vector<std::uint8_t> bytes = motion.frames(trajectory, times);
  const auto size = static_cast<std::int64_t>(motion.frame_size());
  return model::to_pixels(at::from_blob(bytes.data(), {intervals + 1, size, size, 3}, at::kByte), image_size);
}

}  // namespace hamgen::apps
