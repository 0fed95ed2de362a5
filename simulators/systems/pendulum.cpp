#include "simulators/systems/pendulum.hpp"

#include <cmath>

namespace hamgen::simulators {
namespace {

class Pendulum final : public System {
 public:
  explicit Pendulum(const schemas::Settings& settings)
      : settings_(settings),
        look_(settings),
        mass_(settings.spread("physics.mass")),
        gravity_(settings.spread("physics.gravity")),
        length_(settings.spread("physics.length")),
        factor_(settings.real("physics.potential_factor")) {}

  std::size_t dimension() const override { return 1; }
  std::vector<std::string> coordinate_names() const override { return {"angle"}; }
  std::vector<Label> parameter_labels() const override {
    return {
        {"mass", "mass"}, {"gravity", "length / time^2"}, {"length", "length"}, {"potential_factor", "1"}};
  }
  std::string position_unit() const override { return "radian"; }
  std::string momentum_unit() const override { return "mass length^2 / time"; }

  Start draw_start(RandomStream& random) const override {
    const double m = draw(mass_, random), g = draw(gravity_, random), l = draw(length_, random);
    return draw_radial_start(settings_, {m, g, l, factor_}, random);
  }

  double energy(Reals c, Reals q, Reals p) const override {
    const double m = c[0], g = c[1], l = c[2], f = c[3];
    const double half_sine = std::sin(q[0] / 2);  // 1 - cos q = 2 sin^2(q / 2), without cancellation
    return 2 * f * m * g * l * half_sine * half_sine + p[0] * p[0] / (2 * m * l * l);
  }
  void dH_dq(Reals c, Reals q, Reals, MutableReals out) const override {
    const double m = c[0], g = c[1], l = c[2], f = c[3];
    out[0] = f * m * g * l * std::sin(q[0]);
  }
  void dH_dp(Reals c, Reals, Reals p, MutableReals out) const override {
    const double m = c[0], l = c[2];
    out[0] = p[0] / (m * l * l);
  }

  // The pivot, at the origin, and the rod are invisible (paper A.4).
  void show(Reals c, Reals q, Reals, Scene& scene) const override {
    const double l = c[2];
    scene.discs.assign(1, {l * std::sin(q[0]), -l * std::cos(q[0]), look_.radius(c[0])});
  }
  std::size_t bodies() const override { return 1; }
  double half_width() const override { return length_.high + look_.radius(mass_.high); }
  PortraitAxes portrait_axes() const override { return {{{0, 1}}, "angle q", "angular momentum p"}; }

 private:
  schemas::Settings settings_;
  Look look_;
  schemas::Spread mass_, gravity_, length_;
  double factor_;
};

}  // namespace

SystemDescriptor pendulum() {
  using schemas::real, schemas::spread;
  SystemDescriptor row{
      .name = "pendulum",
      .summary = "a bob on a massless rod",
      .hamiltonian = "H = f m g l (1 - cos q) + p^2 / (2 m l^2), f = potential_factor",
      .reference = "Toth et al. 2020, sec. 4",
      .conserved = "H",
      .fields = {spread("physics.mass", {0.5}, "mass", "mass m of the bob").above(0),
                 spread("physics.gravity", {3.0}, "length / time^2", "gravitational acceleration g").above(0),
                 spread("physics.length", {1.0}, "length", "length l of the rod").above(0),
                 real("physics.potential_factor", 2.0, "1",
                      "f in V = f m g l (1 - cos q): 2 as the paper prints it, 1 for the physical pendulum")
                     .above(0)},
      .defaults = {{"noise.std", 0.1}, {"view.margin", 0.15}},
      .create = [](const schemas::Settings& settings) { return std::make_unique<Pendulum>(settings); },
  };
  for (auto& field : radial_start_fields(1.3, 2.3)) row.fields.push_back(std::move(field));
  return row;
}

}  // namespace hamgen::simulators
