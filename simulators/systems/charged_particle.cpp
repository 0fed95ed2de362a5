#include "simulators/systems/charged_particle.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hamgen::simulators {
namespace {

// The smallest magnitude in a spread.
double smallest(const schemas::Spread& spread) {
  return spread.low <= 0 && spread.high >= 0 ? 0 : std::min(std::abs(spread.low), std::abs(spread.high));
}

class ChargedParticle final : public System {
 public:
  explicit ChargedParticle(const schemas::Settings& settings);

  std::size_t dimension() const override { return 2; }
  std::vector<std::string> coordinate_names() const override { return {"x", "y"}; }
  std::vector<Label> parameter_labels() const override {
    return {{"mass", "mass"},
            {"charge", "charge"},
            {"field", "mass / (charge time)"},
            {"stiffness", "mass / time^2"}};
  }
  std::string position_unit() const override { return "length"; }
  std::string momentum_unit() const override { return "mass length / time"; }

  Start draw_start(RandomStream& random) const override {
    const double m = draw(mass_, random), e = draw(charge_, random);
    const double b = draw(field_, random), k = draw(stiffness_, random);
    const double r = random.uniform(radius_[0], radius_[1]), place = random.uniform(0, 2 * std::numbers::pi);
    const double v = random.uniform(speed_[0], speed_[1]), course = random.uniform(0, 2 * std::numbers::pi);
    const double x = r * std::cos(place), y = r * std::sin(place);
    return {{m, e, b, k},
            {x, y},
            {m * v * std::cos(course) - e * b / 2 * y, m * v * std::sin(course) + e * b / 2 * x}};
  }

  double energy(Reals c, Reals q, Reals p) const override {
    const double m = c[0], k = c[3];
    const auto [vx, vy] = velocity(c, q, p);
    return (m * (vx * vx + vy * vy) + k * (q[0] * q[0] + q[1] * q[1])) / 2;
  }
  void dH_dq(Reals c, Reals q, Reals p, MutableReals out) const override {
    const double half = c[1] * c[2] / 2, k = c[3];
    const auto [vx, vy] = velocity(c, q, p);
    out[0] = k * q[0] - half * vy;
    out[1] = k * q[1] + half * vx;
  }
  void dH_dp(Reals c, Reals q, Reals p, MutableReals out) const override {
    const auto [vx, vy] = velocity(c, q, p);
    out[0] = vx;
    out[1] = vy;
  }
  bool is_separable() const override { return false; }
  bool is_reversible() const override { return false; }  // backward it belongs to -B

  void show(Reals c, Reals q, Reals, Scene& scene) const override {
    scene.discs.assign(1, {q[0], q[1], look_.radius(c[0])});
  }
  std::size_t bodies() const override { return 1; }
  double half_width() const override { return reach_ + look_.radius(mass_.high); }
  PortraitAxes portrait_axes() const override { return {{{0, 1}}, "x", "y"}; }

 private:
  struct Velocity {
    double x, y;
  };
  static Velocity velocity(Reals c, Reals q, Reals p) {
    const double m = c[0], half = c[1] * c[2] / 2;
    return {(p[0] + half * q[1]) / m, (p[1] - half * q[0]) / m};
  }
  // The largest distance from the origin, for every draw.
  double largest_reach() const;

  Look look_;
  schemas::Spread mass_, charge_, field_, stiffness_;
  std::vector<double> radius_, speed_;
  double reach_;
};

ChargedParticle::ChargedParticle(const schemas::Settings& settings)
    : look_(settings),
      mass_(settings.spread("physics.mass")),
      charge_(settings.spread("physics.charge")),
      field_(settings.spread("physics.field")),
      stiffness_(settings.spread("physics.stiffness")),
      radius_(settings.reals("start.radius")),
      speed_(settings.reals("start.speed")),
      reach_(largest_reach()) {}

// The sum of the radii of both circles, largest over the directions of the start: the trap's potential energy
// takes all the kinetic energy where it can, and where the field is too strong for that the start is one that
// goes round with the fast circle. Both fall with w / 2 and k / m and grow with r and v.
double ChargedParticle::largest_reach() const {
  const double half = smallest(charge_) * smallest(field_) / (2 * mass_.high);
  const double square = stiffness_.low / mass_.high, r = radius_[1], v = speed_[1];
  if (half == 0 && square == 0)
    throw schemas::FieldError(
        "physics.stiffness = 0 is not allowed where physics.charge or physics.field may be 0: nothing holds "
        "the particle");
  if (v * half <= square * r) return std::sqrt(r * r + v * v / square);
  return (v + half * r) / std::sqrt(half * half + square);
}

}  // namespace

SystemDescriptor charged_particle() {
  using namespace schemas;
  return {
      .name = "charged_particle",
      .summary = "a charge in a magnetic field and a trap: its canonical momentum is not m v",
      .hamiltonian = "H = |p - e A|^2 / (2 m) + k (x^2 + y^2) / 2, A = B (-y, x) / 2",
      .reference = "Fock 1928, doi:10.1007/BF01390750",
      .conserved = "H, canonical angular momentum x p_y - y p_x",
      .fields =
          {spread("physics.mass", {0.1}, "mass", "mass m").above(0),
           spread("physics.charge", {1.0}, "charge", "charge e; either sign"),
           spread("physics.field", {0.4}, "mass / (charge time)", "magnetic field B; either sign"),
           spread("physics.stiffness", {0.4}, "mass / time^2", "stiffness k of the trap; 0: none")
               .at_least(0),
           range("start.radius", {0.5, 1.0}, "length", "distance from the origin, drawn from U(low, high)")
               .at_least(0),
           range("start.speed", {1.0, 2.0}, "length / time", "speed, drawn from U(low, high)").at_least(0)},
      .defaults = {{"noise.std", 0.0}},
      .create = [](const Settings& settings) { return std::make_unique<ChargedParticle>(settings); },
  };
}

}  // namespace hamgen::simulators
