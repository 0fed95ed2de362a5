#include "simulators/systems/mass_spring.hpp"

#include <algorithm>
#include <cmath>

namespace hamgen::simulators {
namespace {

class MassSpring final : public System {
 public:
  explicit MassSpring(const schemas::Settings& settings)
      : settings_(settings),
        look_(settings),
        mass_(settings.spread("physics.mass")),
        stiffness_(settings.spread("physics.stiffness")) {}

  std::size_t dimension() const override { return 1; }
  std::vector<std::string> coordinate_names() const override { return {"displacement"}; }
  std::vector<Label> parameter_labels() const override {
    return {{"mass", "mass"}, {"stiffness", "mass / time^2"}};
  }
  std::string position_unit() const override { return "length"; }
  std::string momentum_unit() const override { return "mass length / time"; }

  Start draw_start(RandomStream& random) const override {
    const double m = draw(mass_, random), k = draw(stiffness_, random);
    return draw_radial_start(settings_, {m, k}, random);
  }

  double energy(Reals c, Reals q, Reals p) const override {
    const double m = c[0], k = c[1];
    return k * q[0] * q[0] / 2 + p[0] * p[0] / (2 * m);
  }
  void dH_dq(Reals c, Reals q, Reals, MutableReals out) const override { out[0] = c[1] * q[0]; }
  void dH_dp(Reals c, Reals, Reals p, MutableReals out) const override { out[0] = p[0] / c[0]; }

  // The mass moves up and down; spring and pivot are invisible (paper A.4).
  void show(Reals c, Reals q, Reals, Scene& scene) const override {
    scene.discs.assign(1, {0, q[0], look_.radius(c[0])});
  }
  std::size_t bodies() const override { return 1; }
  // The amplitude sqrt(2 E / k) is largest where all energy of the largest start is potential: on q or on p.
  double half_width() const override {
    const double largest_start = settings_.reals("start.radius")[1];
    return largest_start * std::max(1.0, 1 / std::sqrt(mass_.low * stiffness_.low)) +
           look_.radius(mass_.high);
  }
  PortraitAxes portrait_axes() const override { return {{{0, 1}}, "position q", "momentum p"}; }

 private:
  schemas::Settings settings_;
  Look look_;
  schemas::Spread mass_, stiffness_;
};

}  // namespace

SystemDescriptor mass_spring() {
  using schemas::spread;
  SystemDescriptor row{
      .name = "mass_spring",
      .summary = "a mass on a spring, moving vertically",
      .hamiltonian = "H = k q^2 / 2 + p^2 / (2 m)",
      .reference = "Toth et al. 2020, sec. 4",
      .conserved = "H",
      .fields = {spread("physics.mass", {0.5}, "mass", "mass m").above(0),
                 spread("physics.stiffness", {2.0}, "mass / time^2", "spring constant k").above(0)},
      .defaults = {{"noise.std", 0.1}},
      .create = [](const schemas::Settings& settings) { return std::make_unique<MassSpring>(settings); },
  };
  for (auto& field : radial_start_fields(0.1, 1.0)) row.fields.push_back(std::move(field));
  return row;
}

}  // namespace hamgen::simulators
