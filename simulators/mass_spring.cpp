#include "simulators/mass_spring.hpp"

#include <algorithm>
#include <cmath>

namespace hamgen::simulators {
namespace {

class MassSpring final : public System {
 public:
  explicit MassSpring(const schemas::Settings& settings)
      : settings_(settings),
        look_(settings),
        mass_(settings.real("physics.mass")),
        stiffness_(settings.real("physics.stiffness")) {}

  std::size_t dimension() const override { return 1; }
  std::vector<std::string> coordinate_names() const override { return {"displacement"}; }
  std::vector<Label> parameter_labels() const override {
    return {{"mass", "mass"}, {"stiffness", "mass / time^2"}};
  }
  std::string position_unit() const override { return "length"; }
  std::string momentum_unit() const override { return "mass length / time"; }

  Start draw_start(RandomStream& random) const override {
    return draw_radial_start(settings_, {mass_, stiffness_}, random);
  }

  double energy(Reals c, Reals q, Reals p) const override {
    const double m = c[0], k = c[1];
    return k * q[0] * q[0] / 2 + p[0] * p[0] / (2 * m);
  }
  void dH_dq(Reals c, Reals q, Reals, MutableReals out) const override { out[0] = c[1] * q[0]; }
  void dH_dp(Reals c, Reals, Reals p, MutableReals out) const override { out[0] = p[0] / c[0]; }

  // The mass moves up and down; spring and pivot are invisible (paper A.4).
  void place_discs(Reals c, Reals q, std::vector<Disc>& discs) const override {
    discs.assign(1, {0, q[0], look_.radius(c[0]), look_.color(0)});
  }
  // The amplitude sqrt(2 E / k) is largest where all energy of the largest start is potential: on q or on p.
  double half_width() const override {
    const double largest_start = settings_.reals("start.radius")[1];
    return largest_start * std::max(1.0, 1 / std::sqrt(mass_ * stiffness_)) + look_.radius(mass_);
  }
  Portrait portrait() const override { return {{{0, 1}}, "position q", "momentum p"}; }

 private:
  schemas::Settings settings_;
  Look look_;
  double mass_, stiffness_;
};

}  // namespace

SystemDescriptor mass_spring() {
  using schemas::real;
  SystemDescriptor row{
      .name = "mass_spring",
      .summary = "a mass on a frictionless spring, moving vertically",
      .hamiltonian = "H = k q^2 / 2 + p^2 / (2 m)",
      .reference = "Toth et al. 2020, sec. 4",
      .fields = {real("physics.mass", 0.5, "mass", "mass m").above(0),
                 real("physics.stiffness", 2.0, "mass / time^2", "spring constant k").above(0)},
      .defaults = {{"noise.std", 0.1}},
      .create = [](const schemas::Settings& settings) { return std::make_unique<MassSpring>(settings); },
  };
  for (auto& field : radial_start_fields(0.1, 1.0)) row.fields.push_back(std::move(field));
  return row;
}

}  // namespace hamgen::simulators
