#include "simulators/systems/kepler_relativistic.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "simulators/systems/kepler.hpp"

namespace hamgen::simulators {
namespace {

// The largest k / (c^2 r) in which the expansion is trusted.
constexpr double largest_compactness = 0.05;

// The Hamiltonian of radius, square of the momentum and of its radial part.
double energy_of(Reals c, double r, double square, double radial_square) {
  const double k = c[0], per_c2 = 1 / (c[1] * c[1]), nu = c[2];
  const double newton = square / 2 - k / r;
  const double correction = -(1 - 3 * nu) * square * square / 8 -
                            k * ((3 + nu) * square + nu * radial_square) / (2 * r) + k * k / (2 * r * r);
  return newton + per_c2 * correction;
}

// The root of -a x^2 + b x - g = 0 that stays finite as a -> 0, without cancellation.
double small_root(double a, double b, double g) {
  return 2 * g / (b + std::sqrt(b * b - 4 * a * g));
}

// Square of the angular momentum of the orbit whose radius turns at 1 / w_1 and 1 / w_2.
double angular_momentum_square(Reals c, double w_1, double w_2) {
  const double k = c[0], per_c2 = 1 / (c[1] * c[1]), nu = c[2];
  const double sum = w_1 + w_2;
  return small_root(per_c2 * (1 - 3 * nu) * sum * (w_1 * w_1 + w_2 * w_2) / 8,
                    sum / 2 - per_c2 * k * (3 + nu) * (w_1 * w_1 + w_1 * w_2 + w_2 * w_2) / 2,
                    k - per_c2 * k * k * sum / 2);
}

// Square of the radial momentum at radius r, given energy and L^2; 0 where round-off makes it negative.
double radial_square(Reals c, double r, double energy, double l_square) {
  const double k = c[0], per_c2 = 1 / (c[1] * c[1]), nu = c[2];
  const double across = l_square / (r * r);
  const double quartic = per_c2 * (1 - 3 * nu) / 8;
  const double slope = 0.5 - 2 * quartic * across - per_c2 * k * (3 + 2 * nu) / (2 * r);
  return std::max(0.0, small_root(quartic, slope, energy - energy_of(c, r, across, 0)));
}

class KeplerRelativistic final : public System {
 public:
  explicit KeplerRelativistic(const schemas::Settings& settings)
      : attraction_(settings.spread("physics.attraction")),
        light_speed_(settings.spread("physics.light_speed")),
        mass_ratio_(settings.spread("physics.mass_ratio")),
        semi_major_(settings.spread("start.semi_major_axis")),
        eccentricity_(settings.spread("start.eccentricity")),
        radii_(settings.reals("look.radii")) {
    for (double& radius : radii_) radius *= settings.real("look.radius_scale");
    const double nearest = semi_major_.low * (1 - eccentricity_.high);
    const double compactness = attraction_.high / (light_speed_.low * light_speed_.low * nearest);
    if (!(compactness <= largest_compactness))
      throw schemas::FieldError(
          "physics.light_speed = " + schemas::to_text(settings.at("physics.light_speed")) +
          " is too small for these orbits: k / (c^2 r) would reach " + schemas::to_text(compactness) +
          " at the pericentre, and the post-Newtonian expansion is good up to " +
          schemas::to_text(largest_compactness));
  }

  std::size_t dimension() const override { return 2; }
  std::vector<std::string> coordinate_names() const override { return {"x", "y"}; }
  std::vector<Label> parameter_labels() const override {
    return {{"attraction", "length^3 / time^2"}, {"light_speed", "length / time"}, {"mass_ratio", "1"}};
  }
  std::string position_unit() const override { return "length"; }
  std::string momentum_unit() const override { return "length / time"; }

  Start draw_start(RandomStream& random) const override;

  double energy(Reals c, Reals q, Reals p) const override {
    const double r = std::hypot(q[0], q[1]), radial = (q[0] * p[0] + q[1] * p[1]) / r;
    return energy_of(c, r, p[0] * p[0] + p[1] * p[1], radial * radial);
  }
  void dH_dq(Reals c, Reals q, Reals p, MutableReals out) const override {
    const double k = c[0], per_c2 = 1 / (c[1] * c[1]), nu = c[2];
    const double r = std::hypot(q[0], q[1]);
    const double square = p[0] * p[0] + p[1] * p[1], radial = (q[0] * p[0] + q[1] * p[1]) / r;
    // dH/dq = along n + across p: r changes with dr/dq = n, n.p with d(n.p)/dq = (p - (n.p) n) / r.
    const double k_r2 = k / (r * r);
    const double along = k_r2 * (1 + per_c2 * (((3 + nu) * square + 3 * nu * radial * radial) / 2 - k / r));
    const double across = -per_c2 * nu * k_r2 * radial;
    for (std::size_t i = 0; i < 2; ++i) out[i] = along * (q[i] / r) + across * p[i];
  }
  void dH_dp(Reals c, Reals q, Reals p, MutableReals out) const override {
    const double k = c[0], per_c2 = 1 / (c[1] * c[1]), nu = c[2];
    const double r = std::hypot(q[0], q[1]);
    const double square = p[0] * p[0] + p[1] * p[1], radial = (q[0] * p[0] + q[1] * p[1]) / r;
    const double factor = 1 - per_c2 * ((1 - 3 * nu) * square / 2 + (3 + nu) * k / r);
    const double along = -per_c2 * nu * k / r * radial;
    for (std::size_t i = 0; i < 2; ++i) out[i] = factor * p[i] + along * (q[i] / r);
  }
  bool is_separable() const override { return false; }

  void show(Reals, Reals q, Reals, Scene& scene) const override {
    scene.discs.resize(2);
    scene.discs[0] = {0, 0, radii_[0], {}, 0};
    scene.discs[1] = {q[0], q[1], radii_[1], {}, 1};
  }
  std::size_t bodies() const override { return 2; }
  double half_width() const override {
    return std::max(semi_major_.high * (1 + eccentricity_.high) + radii_[1], radii_[0]);
  }
  PortraitAxes portrait_axes() const override { return {{{0, 1}}, "x", "y"}; }

 private:
  schemas::Spread attraction_, light_speed_, mass_ratio_, semi_major_, eccentricity_;
  std::vector<double> radii_;  // of the central and the orbiting disc
};

Start KeplerRelativistic::draw_start(RandomStream& random) const {
  const double k = draw(attraction_, random), light = draw(light_speed_, random);
  const double nu = draw(mass_ratio_, random);
  const double a = draw(semi_major_, random), e = draw(eccentricity_, random);
  const double direction = random.uniform(0, 2 * std::numbers::pi);
  const double anomaly = eccentric_anomaly(random.uniform(-std::numbers::pi, std::numbers::pi), e);
  const double sense = random.coin() ? -1 : 1;

  const std::vector<double> c{k, light, nu};
  const double pericentre = a * (1 - e);
  const double l_square = angular_momentum_square(c, 1 / pericentre, 1 / (a * (1 + e)));
  const double energy = energy_of(c, pericentre, l_square / (pericentre * pericentre), 0);
  const double r = a * (1 - e * std::cos(anomaly));
  const double p_r = std::copysign(std::sqrt(radial_square(c, r, energy, l_square)), anomaly);
  const double p_t = sense * std::sqrt(l_square) / r;
  const double x = std::cos(direction), y = std::sin(direction);
  return {c, {r * x, r * y}, {p_r * x - p_t * y, p_r * y + p_t * x}};
}

}  // namespace

SystemDescriptor kepler_relativistic() {
  using schemas::reals, schemas::spread;
  return {
      .name = "kepler_relativistic",
      .summary = "a mass in orbit about another with the first relativistic correction: its ellipse turns",
      .hamiltonian =
          "H = p^2/2 - k/r + (1/c^2) {-(1 - 3 nu) p^4/8 - k [(3 + nu) p^2 + nu (n.p)^2]/(2 r) + "
          "k^2/(2 r^2)}",
      .reference = "Schaefer and Jaranowski 2018, doi:10.1007/s41114-018-0016-5",
      .conserved = "H, angular momentum",
      .fields = {spread("physics.attraction", {1.0}, "length^3 / time^2", "k = G M, with the total mass M")
                     .above(0),
                 spread("physics.light_speed", {10.0}, "length / time",
                        "speed of light c; k / (c^2 r) may not exceed 0.05 at any pericentre")
                     .above(0),
                 spread("physics.mass_ratio", {0.0}, "1",
                        "nu = m_1 m_2 / (m_1 + m_2)^2: 0 for a test particle, 0.25 for equal masses")
                     .at_least(0)
                     .at_most(0.25),
                 spread("start.semi_major_axis", {0.6, 0.9}, "length",
                        "a: the radius turns at a (1 - e), a (1 + e)")
                     .above(0),
                 spread("start.eccentricity", {0.4, 0.6}, "1", "e").at_least(0).at_most(0.95),
                 reals("look.radii", {0.16, 0.1}, "length",
                       "radius of the central and of the orbiting disc, times look.radius_scale")
                     .above(0)
                     .items(2, 2)},
      .defaults = {{"noise.std", 0.0}, {"dt", 0.25}},
      .create =
          [](const schemas::Settings& settings) { return std::make_unique<KeplerRelativistic>(settings); },
  };
}

}  // namespace hamgen::simulators
