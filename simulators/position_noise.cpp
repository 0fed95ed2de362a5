#include "simulators/position_noise.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

namespace hamgen::simulators {
namespace {

constexpr double nudge = 1e-4;         // of one coordinate, in its own unit
constexpr double tolerance = 1e-6;     // of the largest variance
constexpr double least_turned = 1e-3;  // of the squares of slopes, by turning about the places' own mean
constexpr std::int64_t most_trajectories = 4;
constexpr std::size_t states = 4;  // of each

struct Vector {
  double x = 0, y = 0;
  double square() const { return x * x + y * y; }
};

// A disc, and how its place changes with each coordinate of the state that has noise.
struct Place {
  Vector at;
  std::vector<Vector> slopes;
};

// The covariance of a place, of coordinates with noise of deviation 1.
struct Covariance {
  double xx = 0, yy = 0, xy = 0;

  explicit Covariance(const Place& place) {
    for (const Vector& slope : place.slopes) {
      xx += slope.x * slope.x;
      yy += slope.y * slope.y;
      xy += slope.x * slope.y;
    }
  }
  double largest() const { return std::max(xx, yy); }
  double distance(const Covariance& other) const {
    return std::max({std::abs(xx - other.xx), std::abs(yy - other.yy), std::abs(xy - other.xy)});
  }
};

class Places {
 public:
  explicit Places(const Simulation& simulation) : simulation_(simulation) {}

  // Of each body's disc in frame t; empty where nudged states show other discs than this one, or larger ones, or none.
  std::vector<Place> of(const Trajectory& trajectory, std::size_t t) {
    const std::size_t d = simulation_.dimension();
    const auto of_frame = [&](const std::vector<double>& all) {
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(t * d);
      return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(d));
    };
    std::vector<double> q = of_frame(trajectory.q), p = of_frame(trajectory.p);
    std::vector<Place> found;
    for (const Disc& disc : discs(trajectory, q, p)) found.push_back({{disc.x, disc.y}, {}});
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
          if (ahead[i].radius != behind[i].radius)
            return {};  // noise does not move its picture, but makes another one
        for (std::size_t i = 0; i < found.size(); ++i)
          found[i].slopes.push_back({slope(ahead[i].x - behind[i].x), slope(ahead[i].y - behind[i].y)});
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

bool shakes(const Simulation& simulation) {
  return simulation.noise_std() > 0 && simulation.system().period() == 0;
}

// All discs of a few states of the first few trajectories; empty where one of these states shows none.
std::vector<Place> places_of(const Simulation& simulation, std::int64_t trajectories) {
  Places places(simulation);
  std::vector<Place> all;
  for (std::int64_t id = 0; id < std::min(trajectories, most_trajectories); ++id) {
    const Trajectory trajectory = simulation.trajectory(Split::train, id);
    for (std::size_t i = 0; i < states; ++i) {
      const auto found = places.of(trajectory, i * (simulation.frames() - 1) / states);
      if (found.empty()) return {};
      std::ranges::copy(found, std::back_inserter(all));
    }
  }
  return all;
}

// A motion v = rate (at - pivot), turned by a right angle.
struct Turning {
  double rate = 0;
  Vector pivot;

  // The one that fits best.
  Turning(const std::vector<Place>& places, std::size_t coordinate) {
    const auto n = static_cast<double>(places.size());
    Vector at, moved;
    for (const Place& place : places) {
      const Vector& slope = place.slopes[coordinate];
      at = {at.x + place.at.x / n, at.y + place.at.y / n};
      moved = {moved.x + slope.x / n, moved.y + slope.y / n};
    }
    double turned = 0, squares = 0;
    for (const Place& place : places) {
      const Vector off{place.at.x - at.x, place.at.y - at.y}, &slope = place.slopes[coordinate];
      turned += off.x * slope.y - off.y * slope.x;
      squares += off.square();
    }
    if (turned * turned <= least_turned * squares * motion(places, coordinate))
      return;  // all places move alike
    rate = turned / squares;
    pivot = {at.x - moved.y / rate, at.y + moved.x / rate};
  }
  static double motion(const std::vector<Place>& places, std::size_t coordinate) {
    double sum = 0;
    for (const Place& place : places) sum += place.slopes[coordinate].square();
    return sum;
  }
  double misses(const Place& place, std::size_t coordinate) const {
    const Vector& slope = place.slopes[coordinate];
    return Vector{slope.x + rate * (place.at.y - pivot.y), slope.y - rate * (place.at.x - pivot.x)}.square();
  }
};

}  // namespace

std::optional<std::array<double, 2>> position_noise(const Simulation& simulation, std::int64_t trajectories) {
  if (!shakes(simulation)) return std::nullopt;
  const std::vector<Place> places = places_of(simulation, trajectories);
  if (places.empty()) return std::nullopt;
  const Covariance common(places.front());
  const double allowed = tolerance * common.largest();
  for (const Place& place : places) {
    const Covariance covariance(place);
    if (covariance.distance(common) > allowed || std::abs(covariance.xy) > allowed) return std::nullopt;
  }
  return std::array{simulation.noise_std() * std::sqrt(common.xx),
                    simulation.noise_std() * std::sqrt(common.yy)};
}

std::optional<TurningNoise> turning_noise(const Simulation& simulation, std::int64_t trajectories) {
  if (!shakes(simulation) || simulation.has_own_views()) return std::nullopt;
  const std::vector<Place> places = places_of(simulation, trajectories);
  if (places.empty()) return std::nullopt;
  const std::size_t coordinates = places.front().slopes.size();
  std::vector<double> motion;
  for (std::size_t i = 0; i < coordinates; ++i) motion.push_back(Turning::motion(places, i));
  const auto turning = static_cast<std::size_t>(std::ranges::max_element(motion) - motion.begin());
  const double allowed = tolerance * motion[turning];
  const Turning turn(places, turning);
  double missed = std::accumulate(motion.begin(), motion.end(), -motion[turning]);
  for (const Place& place : places) missed += turn.misses(place, turning);
  if (turn.rate == 0 || missed > allowed) return std::nullopt;
  return TurningNoise{{turn.pivot.x, turn.pivot.y}, simulation.noise_std() * std::abs(turn.rate)};
}

}  // namespace hamgen::simulators
