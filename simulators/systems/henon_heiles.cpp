#include "simulators/systems/henon_heiles.hpp"

#include <cmath>
#include <numbers>

namespace hamgen::simulators {
namespace {

double potential(double lambda, double x, double y) {
  return (x * x + y * y) / 2 + lambda * y * (x * x - y * y / 3);
}

// How far from the origin the energy reaches: the root r < 1 / lambda of r^2 / 2 - lambda r^3 / 3 = energy,
// in the direction of a corner. With lambda r = 1/2 + cos(b) it is 1 - cos(3 b) = 12 lambda^2 energy.
double reach(double lambda, double energy) {
  const double a = std::asin(lambda * std::sqrt(6 * energy)) / 3;
  return 2 * std::sin(2 * std::numbers::pi / 3 - a) * std::sin(a) / lambda;
}

class HenonHeiles final : public System {
 public:
  explicit HenonHeiles(const schemas::Settings& settings)
      : look_(settings), lambda_(settings.spread("physics.lambda")), energy_(settings.reals("start.energy")) {
    const double escape = 1 / (6 * lambda_.high * lambda_.high);
    if (!(energy_[1] < escape))
      throw schemas::FieldError("start.energy = " + schemas::to_text(energy_) +
                                " is not allowed: expected less than " + schemas::to_text(escape) +
                                " = 1 / (6 lambda^2), the energy of escape");
  }

  std::size_t dimension() const override { return 2; }
  std::vector<std::string> coordinate_names() const override { return {"x", "y"}; }
  std::vector<Label> parameter_labels() const override { return {{"lambda", "mass / (length time^2)"}}; }
  std::string position_unit() const override { return "length"; }
  std::string momentum_unit() const override { return "mass length / time"; }

  Start draw_start(RandomStream& random) const override {
    const double lambda = draw(lambda_, random), energy = random.uniform(energy_[0], energy_[1]);
    const double radius = reach(lambda, energy);
    double x, y, kinetic;
    do {  // uniform over the disc, which holds the area and no other where V <= energy
      const double r = radius * std::sqrt(random.uniform());
      const double angle = random.uniform(0, 2 * std::numbers::pi);
      x = r * std::cos(angle);
      y = r * std::sin(angle);
      kinetic = energy - potential(lambda, x, y);
    } while (kinetic < 0);
    const double momentum = std::sqrt(2 * kinetic), angle = random.uniform(0, 2 * std::numbers::pi);
    return {{lambda}, {x, y}, {momentum * std::cos(angle), momentum * std::sin(angle)}};
  }

  double energy(Reals c, Reals q, Reals p) const override {
    return (p[0] * p[0] + p[1] * p[1]) / 2 + potential(c[0], q[0], q[1]);
  }
  void dH_dq(Reals c, Reals q, Reals, MutableReals out) const override {
    const double lambda = c[0], x = q[0], y = q[1];
    out[0] = x * (1 + 2 * lambda * y);
    out[1] = y + lambda * (x * x - y * y);
  }
  void dH_dp(Reals, Reals, Reals p, MutableReals out) const override {
    out[0] = p[0];
    out[1] = p[1];
  }

  void show(Reals, Reals q, Reals, Scene& scene) const override {
    scene.discs.assign(1, {q[0], q[1], look_.radius(1)});
  }
  std::size_t bodies() const override { return 1; }
  double half_width() const override { return reach(lambda_.high, energy_[1]) + look_.radius(1); }
  PortraitAxes portrait_axes() const override { return {{{0, 1}}, "x", "y"}; }

 private:
  Look look_;
  schemas::Spread lambda_;
  std::vector<double> energy_;
};

}  // namespace

SystemDescriptor henon_heiles() {
  using namespace schemas;
  return {
      .name = "henon_heiles",
      .summary = "a star in the plane of a galaxy: regular or chaotic, by its energy",
      .hamiltonian = "H = (p_x^2 + p_y^2) / 2 + (x^2 + y^2) / 2 + lambda (x^2 y - y^3 / 3)",
      .reference = "Henon and Heiles 1964, doi:10.1086/109234",
      .conserved = "H",
      .fields = {spread("physics.lambda", {1.0}, "mass / (length time^2)",
                        "strength lambda of the cubic part of the potential")
                     .above(0),
                 range("start.energy", {0.08, 0.16}, "mass length^2 / time^2",
                       "energy E, drawn from U(low, high); below that of escape, 1 / (6 lambda^2)")
                     .above(0)},
      .defaults = {{"noise.std", 0.0}, {"dt", 0.4}, {"look.radius_scale", 0.25}},
      .create = [](const Settings& settings) { return std::make_unique<HenonHeiles>(settings); },
  };
}

}  // namespace hamgen::simulators
