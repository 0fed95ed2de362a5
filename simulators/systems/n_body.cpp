#include "simulators/systems/n_body.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "simulators/systems/gravity.hpp"

namespace hamgen::simulators {
namespace {

class NBody final : public gravity::PointMasses {
 public:
  NBody(const schemas::Settings& settings, bool antisymmetric_pair)
      : settings_(settings),
        look_(settings),
        masses_(settings.reals("physics.masses")),
        mass_factor_(settings.spread("physics.mass_factor")),
        gravity_(settings.spread("physics.gravity")),
        antisymmetric_pair_(antisymmetric_pair) {}

  std::vector<Label> parameter_labels() const override {
    std::vector<Label> labels{{"gravity", "length^3 / (mass time^2)"}};
    for (std::size_t body = 1; body <= masses_.size(); ++body)
      labels.push_back({"mass_" + std::to_string(body), "mass"});
    return labels;
  }
  std::string position_unit() const override { return "length"; }
  std::string momentum_unit() const override { return "mass length / time"; }

  Start draw_start(RandomStream& random) const override;

  void show(Reals c, Reals q, Reals, Scene& scene) const override {
    scene.discs.resize(masses_.size());
    for (std::size_t body = 0; body < masses_.size(); ++body)
      scene.discs[body] = {q[2 * body], q[2 * body + 1], look_.radius(c[1 + body]), {}, body};
  }
  std::size_t bodies() const override { return masses_.size(); }
  double half_width() const override { return 2.75; }

 private:
  schemas::Settings settings_;
  Look look_;
  std::vector<double> masses_;
  schemas::Spread mass_factor_, gravity_;
  bool antisymmetric_pair_;  // two bodies stay mirrored, so that the centre of mass rests
};

Start NBody::draw_start(RandomStream& random) const {
  const std::size_t n = masses_.size();
  Start start;
  start.parameters = {draw(gravity_, random)};
  for (const double mass : masses_) start.parameters.push_back(mass * draw(mass_factor_, random));
  const std::vector<double> masses(start.parameters.begin() + 1, start.parameters.end());
  const auto& radius = settings_.reals("start.radius");
  const double r = random.uniform(radius[0], radius[1]);
  const double first_angle = random.uniform(0, 2 * std::numbers::pi);
  const bool clockwise = random.coin();
  const std::string& direction = settings_.text("start.direction");
  const double sense = direction == "clockwise" || (direction == "both" && clockwise) ? -1 : 1;

  start.q.resize(2 * n);
  for (std::size_t i = 0; i < n; ++i) {
    const double angle = first_angle + 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n);
    start.q[2 * i] = r * std::cos(angle);
    start.q[2 * i + 1] = r * std::sin(angle);
  }
  gravity::remove_mean(masses, start.q);

  // Circular orbit about the origin: v^2 = -(a . q), at right angles to q, where a is the acceleration.
  std::vector<double> velocity(2 * n), force(2 * n);
  dH_dq(start.parameters, start.q, {}, force);
  for (std::size_t i = 0; i < n; ++i) {
    const double x = start.q[2 * i], y = start.q[2 * i + 1];
    const double inward = (force[2 * i] * x + force[2 * i + 1] * y) / masses[i];
    const double distance = std::hypot(x, y);
    const double rate = distance > 0 ? sense * std::sqrt(std::max(0.0, inward)) / distance : 0;
    velocity[2 * i] = -rate * y;
    velocity[2 * i + 1] = rate * x;
  }
  gravity::remove_mean(masses, velocity);

  const double nu = settings_.real("start.velocity_spread");
  const std::size_t perturbed = antisymmetric_pair_ ? 1 : n;
  for (std::size_t k = 0; k < 2 * perturbed; ++k) velocity[k] *= 1 + nu * random.uniform(-1, 1);
  if (antisymmetric_pair_)
    for (std::size_t k = 0; k < 2; ++k) velocity[2 + k] = -velocity[k] * masses[0] / masses[1];

  start.p.resize(2 * n);
  for (std::size_t k = 0; k < 2 * n; ++k) start.p[k] = masses[k / 2] * velocity[k];
  return start;
}

// How the three rows of this file differ.
struct Variant {
  std::string name, summary;
  std::vector<double> masses;
  std::size_t fewest, most;  // bodies
  double low, high;          // start radius
  double velocity_spread, noise_std;
};

SystemDescriptor describe(const Variant& variant) {
  using namespace schemas;
  const bool pair = variant.name == "two_body";
  return {
      .name = variant.name,
      .summary = variant.summary,
      .hamiltonian = "H = sum_i |p_i|^2 / (2 m_i) - sum_{i<j} g m_i m_j / |q_j - q_i|",
      .reference = "Toth et al. 2020, sec. 4",
      .conserved = "H, momentum, angular momentum",
      .fields =
          {reals("physics.masses", variant.masses, "mass",
                 "mass of each body; their number is the number of bodies")
               .above(0)
               .items(variant.fewest, variant.most),
           spread("physics.mass_factor", {1.0}, "1",
                  "each body's mass is multiplied by it; drawn for each body")
               .above(0),
           spread("physics.gravity", {1.0}, "length^3 / (mass time^2)", "gravitational constant g").above(0),
           range("start.radius", {variant.low, variant.high}, "length",
                 "radius r of the circle on which the bodies start, drawn from U(low, high)")
               .above(0),
           real("start.velocity_spread", variant.velocity_spread, "1",
                "nu: each velocity component of the circular orbit is multiplied by 1 + nu U(-1, 1); 0 gives "
                "circles")
               .at_least(0),
           text("start.direction", "both",
                "sense of rotation at the start; both: either with probability 1/2")
               .one_of({"both", "clockwise", "counterclockwise"})},
      .defaults = {{"noise.std", variant.noise_std}},
      .create = [pair](const Settings& settings) { return std::make_unique<NBody>(settings, pair); },
  };
}

}  // namespace

SystemDescriptor two_body() {
  return describe({"two_body", "two masses in orbit about each other", {1, 1}, 2, 2, 0.5, 1.5, 0.05, 0.05});
}
SystemDescriptor three_body() {
  return describe(
      {"three_body", "three masses under mutual gravity: chaotic", {1, 1, 1}, 3, 3, 0.9, 1.2, 0.2, 0.2});
}
SystemDescriptor n_body() {
  return describe({"n_body", "any number of bodies of any masses", {1, 1, 1, 1}, 2, 256, 0.9, 1.2, 0.2, 0.2});
}

}  // namespace hamgen::simulators
