#include "simulators/position_noise.hpp"

#include <algorithm>
#include <cmath>

namespace hamgen::simulators {
namespace {

constexpr double nudge = 1e-4;      // of one coordinate, in its own unit
constexpr double tolerance = 1e-6;  // of the largest variance
constexpr std::int64_t most_trajectories = 4;
constexpr std::size_t states = 4;  // of each

// The covariance of a place, of coordinates with noise of deviation 1.
struct Covariance {
  double xx = 0, yy = 0, xy = 0;

  void add(double dx, double dy) {
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  double largest() const { return std::max(xx, yy); }
  double distance(const Covariance& other) const {
    return std::max({std::abs(xx - other.xx), std::abs(yy - other.yy), std::abs(xy - other.xy)});
  }
};

class Places {
 public:
  explicit Places(const Simulation& simulation) : simulation_(simulation) {}

  // Of each body's disc in frame t; empty where nudged states show other discs than this one, or none.
  std::vector<Covariance> covariances(const Trajectory& trajectory, std::size_t t) {
    const std::size_t d = simulation_.dimension();
    const auto of_frame = [&](const std::vector<double>& all) {
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(t * d);
      return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(d));
    };
    std::vector<double> q = of_frame(trajectory.q), p = of_frame(trajectory.p);
    std::vector<Covariance> found(discs(trajectory, q, p).size());
    for (auto* const half : {&q, &p})
      for (double& coordinate : *half) {
        const double exact = coordinate;
        coordinate = exact + nudge;
        const auto ahead = discs(trajectory, q, p);
        coordinate = exact - nudge;
        const auto behind = discs(trajectory, q, p);
        coordinate = exact;
        if (ahead.size() != found.size() || behind.size() != found.size()) return {};
        for (std::size_t i = 0; i < found.size(); ++i)
          found[i].add(slope(ahead[i].x - behind[i].x), slope(ahead[i].y - behind[i].y));
      }
    return found;
  }

 private:
  std::vector<Disc> discs(const Trajectory& trajectory, Reals q, Reals p) {
    simulation_.show(trajectory.parameters, q, p, scene_);
    return scene_.discs;
  }
  static double slope(double difference) { return difference / (2 * nudge); }

  const Simulation& simulation_;
  Scene scene_;
};

}  // namespace

std::optional<std::array<double, 2>> position_noise(const Simulation& simulation, std::int64_t trajectories) {
  if (simulation.noise_std() == 0 || simulation.system().period() > 0 || trajectories < 1)
    return std::nullopt;
  Places places(simulation);
  std::optional<Covariance> common;
  for (std::int64_t id = 0; id < std::min(trajectories, most_trajectories); ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    for (std::size_t i = 0; i < states; ++i) {
      const auto found = places.covariances(trajectory, i * (simulation.frames() - 1) / states);
      if (found.empty()) return std::nullopt;
      if (!common) common = found.front();
      const double allowed = tolerance * common->largest();
      for (const Covariance& covariance : found)
        if (covariance.distance(*common) > allowed || std::abs(covariance.xy) > allowed) return std::nullopt;
    }
  }
  return std::array{simulation.noise_std() * std::sqrt(common->xx),
                    simulation.noise_std() * std::sqrt(common->yy)};
}

}  // namespace hamgen::simulators
