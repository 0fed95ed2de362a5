#include "tests/simulators/example_system.hpp"

#include <cmath>

namespace hamgen::tests {
namespace {

using namespace simulators;

class RotatingHoop final : public System {
 public:
  explicit RotatingHoop(const schemas::Settings& settings)
      : settings_(settings),
        look_(settings),
        mass_(settings.spread("physics.mass")),
        gravity_(settings.spread("physics.gravity")),
        radius_(settings.spread("physics.radius")),
        rate_(settings.spread("physics.rate")) {}

  std::size_t dimension() const override { return 1; }
  std::vector<std::string> coordinate_names() const override { return {"angle"}; }
  std::vector<Label> parameter_labels() const override {
    return {
        {"mass", "mass"}, {"gravity", "length / time^2"}, {"radius", "length"}, {"rate", "radian / time"}};
  }
  std::string position_unit() const override { return "radian"; }
  std::string momentum_unit() const override { return "mass length^2 / time"; }

  Start draw_start(RandomStream& random) const override {
    const double m = draw(mass_, random), g = draw(gravity_, random);
    const double r = draw(radius_, random), w = draw(rate_, random);
    return draw_radial_start(settings_, {m, g, r, w}, random);
  }

  double energy(Reals c, Reals q, Reals p) const override {
    const double m = c[0], g = c[1], r = c[2], w = c[3];
    const double half = std::sin(q[0] / 2), turning = r * w * std::sin(q[0]);
    return p[0] * p[0] / (2 * m * r * r) + 2 * m * g * r * half * half - m * turning * turning / 2;
  }
  void dH_dq(Reals c, Reals q, Reals, MutableReals out) const override {
    const double m = c[0], g = c[1], r = c[2], w = c[3];
    out[0] = m * r * std::sin(q[0]) * (g - r * w * w * std::cos(q[0]));
  }
  void dH_dp(Reals c, Reals, Reals p, MutableReals out) const override {
    const double m = c[0], r = c[2];
    out[0] = p[0] / (m * r * r);
  }

  // Seen along with the hoop, from the front.
  void show(Reals c, Reals q, Reals, Scene& scene) const override {
    const double r = c[2];
    scene.discs.assign(1, {r * std::sin(q[0]), -r * std::cos(q[0]), look_.radius(c[0])});
  }
  std::size_t bodies() const override { return 1; }
  double half_width() const override { return radius_.high + look_.radius(mass_.high); }
  PortraitAxes portrait_axes() const override { return {{{0, 1}}, "angle q", "angular momentum p"}; }

 private:
  schemas::Settings settings_;
  Look look_;
  schemas::Spread mass_, gravity_, radius_, rate_;
};

}  // namespace

SystemDescriptor example_system() {
  using schemas::spread;
  SystemDescriptor row{
      .name = "example_hoop",
      .summary = "a bead on a hoop that turns",
      .hamiltonian = "H = p^2 / (2 m r^2) + m g r (1 - cos q) - m r^2 w^2 sin^2 q / 2",
      .reference = "Goldstein, Classical Mechanics, ch. 2",
      .conserved = "H",
      .fields =
          {spread("physics.mass", {0.5}, "mass", "mass m of the bead").above(0),
           spread("physics.gravity", {3.0}, "length / time^2", "gravitational acceleration g").above(0),
           spread("physics.radius", {1.0}, "length", "radius r of the hoop").above(0),
           spread("physics.rate", {1.2}, "radian / time", "rate w at which the hoop turns").at_least(0)},
      .defaults = {{"noise.std", 0.0}},
      .create = [](const schemas::Settings& settings) { return std::make_unique<RotatingHoop>(settings); },
  };
  for (auto& field : radial_start_fields(0.8, 1.6)) row.fields.push_back(std::move(field));
  return row;
}

}  // namespace hamgen::tests
