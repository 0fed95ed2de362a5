#include "simulators/base/system.hpp"

#include <cmath>
#include <numbers>

namespace hamgen::simulators {

std::vector<schemas::Field> radial_start_fields(double low, double high) {
  return {
      schemas::range("start.radius", {low, high}, "1",
                     "radius r of the start (q, p) in phase space, drawn from U(low, high)")
          .at_least(0),
      schemas::text(
          "start.distribution", "circle",
          "circle: r uniform, then (q, p) uniform on the circle of radius r (as the paper prints it); "
          "annulus: (q, p) uniform over the area between both circles")
          .one_of({"circle", "annulus"}),
  };
}

double draw(const schemas::Spread& spread, RandomStream& random) {
  return spread.low == spread.high ? spread.low : random.uniform(spread.low, spread.high);
}

Start draw_radial_start(const schemas::Settings& settings, std::vector<double> parameters,
                        RandomStream& random, std::size_t dimension) {
  const auto& radius = settings.reals("start.radius");
  const double low = radius[0], high = radius[1];
  const bool annulus = settings.text("start.distribution") == "annulus";
  Start start{std::move(parameters), {}, {}};
  for (std::size_t k = 0; k < dimension; ++k) {
    const double r = annulus ? std::sqrt(random.uniform(low * low, high * high)) : random.uniform(low, high);
    const double angle = random.uniform(0, 2 * std::numbers::pi);
    start.q.push_back(r * std::cos(angle));
    start.p.push_back(r * std::sin(angle));
  }
  return start;
}

}  // namespace hamgen::simulators
