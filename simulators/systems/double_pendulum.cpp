#include "simulators/systems/double_pendulum.hpp"

#include <cmath>

namespace hamgen::simulators {
namespace {

// A trajectory's constants by name, and what the equations share.
struct Links {
  double m1, m2, l1, l2, g;

  explicit Links(Reals c) : m1(c[0]), m2(c[1]), l1(c[2]), l2(c[3]), g(c[4]) {}

  double effective_mass(Reals q) const {
    const double sine = std::sin(q[0] - q[1]);
    return m1 + m2 * sine * sine;
  }
  double velocity_1(Reals q, Reals p) const {
    return (p[0] - l1 / l2 * p[1] * std::cos(q[0] - q[1])) / (l1 * l1 * effective_mass(q));
  }
  double velocity_2(Reals q, Reals p) const {
    return p[1] / (m2 * l2 * l2) - l1 / l2 * std::cos(q[0] - q[1]) * velocity_1(q, p);
  }
};

class DoublePendulum final : public System {
 public:
  explicit DoublePendulum(const schemas::Settings& settings)
      : settings_(settings),
        look_(settings),
        mass_(settings.spread("physics.mass")),
        length_(settings.spread("physics.length")),
        gravity_(settings.spread("physics.gravity")) {}

  std::size_t dimension() const override { return 2; }
  std::vector<std::string> coordinate_names() const override { return {"angle_1", "angle_2"}; }
  std::vector<Label> parameter_labels() const override {
    return {{"mass_1", "mass"},
            {"mass_2", "mass"},
            {"length_1", "length"},
            {"length_2", "length"},
            {"gravity", "length / time^2"}};
  }
  std::string position_unit() const override { return "radian"; }
  std::string momentum_unit() const override { return "mass length^2 / time"; }

  Start draw_start(RandomStream& random) const override {
    const double m1 = draw(mass_, random), m2 = draw(mass_, random);
    const double l1 = draw(length_, random), l2 = draw(length_, random);
    const double g = draw(gravity_, random);
    return draw_radial_start(settings_, {m1, m2, l1, l2, g}, random, 2);
  }

  double energy(Reals c, Reals q, Reals p) const override {
    const Links a(c);
    const double v1 = a.velocity_1(q, p);
    const double kinetic =
        (p[1] * p[1] / (a.m2 * a.l2 * a.l2) + a.l1 * a.l1 * a.effective_mass(q) * v1 * v1) / 2;
    const double s1 = std::sin(q[0] / 2), s2 = std::sin(q[1] / 2);  // 1 - cos q = 2 sin^2(q / 2)
    return kinetic + 2 * a.g * ((a.m1 + a.m2) * a.l1 * s1 * s1 + a.m2 * a.l2 * s2 * s2);
  }
  void dH_dq(Reals c, Reals q, Reals p, MutableReals out) const override {
    const Links a(c);
    const double coupling =
        a.m2 * a.l1 * a.l2 * a.velocity_1(q, p) * a.velocity_2(q, p) * std::sin(q[0] - q[1]);
    out[0] = (a.m1 + a.m2) * a.g * a.l1 * std::sin(q[0]) + coupling;
    out[1] = a.m2 * a.g * a.l2 * std::sin(q[1]) - coupling;
  }
  void dH_dp(Reals c, Reals q, Reals p, MutableReals out) const override {
    const Links a(c);
    out[0] = a.velocity_1(q, p);
    out[1] = a.velocity_2(q, p);
  }
  bool is_separable() const override { return false; }

  // The pivot, at the origin, and the rods are invisible, as the pendulum's.
  void show(Reals c, Reals q, Reals, Scene& scene) const override {
    const Links a(c);
    const double x = a.l1 * std::sin(q[0]), y = -a.l1 * std::cos(q[0]);
    scene.discs.resize(2);
    scene.discs[0] = {x, y, look_.radius(a.m1), {}, 0};
    scene.discs[1] = {x + a.l2 * std::sin(q[1]), y - a.l2 * std::cos(q[1]), look_.radius(a.m2), {}, 1};
  }
  std::size_t bodies() const override { return 2; }
  // Both rods stretched out, in any direction. The first bob, nearer by a rod, may be the larger one.
  double half_width() const override { return 2 * length_.high + look_.radius(mass_.high); }
  PortraitAxes portrait_axes() const override {
    return {{{0, 2}, {1, 3}}, "angle q_1, q_2", "angular momentum p_1, p_2"};
  }

 private:
  schemas::Settings settings_;
  Look look_;
  schemas::Spread mass_, length_, gravity_;
};

}  // namespace

SystemDescriptor double_pendulum() {
  using schemas::spread;
  SystemDescriptor row{
      .name = "double_pendulum",
      .summary = "a pendulum that hangs from a pendulum: chaotic",
      .hamiltonian =
          "H = p_2^2 / (2 m_2 l_2^2) + (p_1 - (l_1 / l_2) p_2 cos d)^2 / (2 l_1^2 (m_1 + m_2 sin^2 "
          "d)) + (m_1 + m_2) g l_1 (1 - cos q_1) + m_2 g l_2 (1 - cos q_2), d = q_1 - q_2",
      .reference =
          "Landau and Lifshitz, Mechanics, sec. 5, problem 1; Shinbrot et al. 1992, doi:10.1119/1.16860",
      .conserved = "H",
      .fields =
          {spread("physics.mass", {0.5}, "mass", "masses m_1, m_2 of the bobs, each drawn").above(0),
           spread("physics.length", {1.0}, "length", "lengths l_1, l_2 of the rods, each drawn").above(0),
           spread("physics.gravity", {3.0}, "length / time^2", "gravitational acceleration g").above(0)},
      .defaults = {{"noise.std", 0.0}},
      .create = [](const schemas::Settings& settings) { return std::make_unique<DoublePendulum>(settings); },
  };
  for (auto& field : radial_start_fields(1.3, 2.3)) row.fields.push_back(std::move(field));
  return row;
}

}  // namespace hamgen::simulators
