#include "simulators/systems/rigid_pendulum_3d.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hamgen::simulators {
namespace {

using std::numbers::pi;

class RigidPendulum3d final : public System {
 public:
  explicit RigidPendulum3d(const schemas::Settings& settings)
      : look_(settings),
        mass_(settings.spread("physics.mass")),
        gravity_(settings.spread("physics.gravity")),
        length_(settings.spread("physics.length")),
        lowest_(settings.spread("start.lowest")),
        highest_(settings.spread("start.highest")),
        elevation_(settings.real("look.elevation") * pi / 180),
        depth_(settings.real("look.depth")) {
    if (lowest_.high > highest_.low)
      throw schemas::FieldError(
          "start.lowest = " + schemas::to_text(settings.at("start.lowest")) +
          " must not exceed start.highest = " + schemas::to_text(settings.at("start.highest")));
    // The swing that asks most of gravity. Not `>= pi`: what is left must be far above round-off.
    if (!(std::cos(lowest_.high) + std::cos(highest_.high) > 1e-3))
      throw schemas::FieldError("start.lowest + start.highest must stay below pi for every trajectory: " +
                                schemas::to_text(lowest_.high) + " + " + schemas::to_text(highest_.high) +
                                " is no swing under gravity");
  }

  std::size_t dimension() const override { return 2; }
  std::vector<std::string> coordinate_names() const override { return {"theta", "phi"}; }
  std::vector<Label> parameter_labels() const override {
    return {{"mass", "mass"}, {"gravity", "length / time^2"}, {"length", "length"}};
  }
  std::string position_unit() const override { return "radian"; }
  std::string momentum_unit() const override { return "mass length^2 / time"; }

  Start draw_start(RandomStream& random) const override;

  double energy(Reals c, Reals q, Reals p) const override {
    const double m = c[0], g = c[1], l = c[2];
    const double spin = p[1] / std::sin(q[0]);
    const double half_sine = std::sin(q[0] / 2);  // 1 - cos theta = 2 sin^2(theta / 2), without cancellation
    return (p[0] * p[0] + spin * spin) / (2 * m * l * l) + 2 * m * g * l * half_sine * half_sine;
  }
  void dH_dq(Reals c, Reals q, Reals p, MutableReals out) const override {
    const double m = c[0], g = c[1], l = c[2];
    const double sine = std::sin(q[0]);
    const double spin = p[1] / sine;
    out[0] = m * g * l * sine - spin * spin * std::cos(q[0]) / (m * l * l * sine);
    out[1] = 0;
  }
  void dH_dp(Reals c, Reals q, Reals p, MutableReals out) const override {
    const double m = c[0], l = c[2];
    const double sine = std::sin(q[0]);
    out[0] = p[0] / (m * l * l);
    out[1] = p[1] / (m * l * l * sine * sine);
  }
  bool is_separable() const override { return false; }
  bool allows_friction() const override { return false; }  // phi would need it times sin^2 theta

  // Towards the viewer: (0, -cos e, sin e); up on the screen: (0, sin e, cos e), with e the elevation.
  void show(Reals c, Reals q, Reals, Scene& scene) const override {
    const double l = c[2];
    const double x = std::sin(q[0]) * std::cos(q[1]), y = std::sin(q[0]) * std::sin(q[1]);
    const double z = -std::cos(q[0]);
    const double sine = std::sin(elevation_), cosine = std::cos(elevation_);
    const double near = z * sine - y * cosine;
    scene.discs.assign(1, {l * x, l * (y * sine + z * cosine), look_.radius(c[0]) * (1 + depth_ * near)});
  }
  std::size_t bodies() const override { return 1; }

  // Over all azimuths the bob at theta reaches sin theta sidewards, cos(theta - e) down and sin(theta - e)
  // towards the viewer, each largest at the theta of the swing closest to its maximum. It reaches no higher
  // up than down, because theta_1 + theta_2 < pi.
  double half_width() const override {
    const auto nearest = [&](double theta) { return std::clamp(theta, lowest_.low, highest_.high); };
    const double e = elevation_;
    const double reach = std::max(std::sin(nearest(pi / 2)), std::cos(nearest(e) - e));
    const double near = std::sin(nearest(e + pi / 2) - e);
    return length_.high * reach + look_.radius(mass_.high) * (1 + depth_ * near);
  }
  PortraitAxes portrait_axes() const override { return {{{0, 2}}, "angle theta", "momentum p_theta"}; }

 private:
  Look look_;
  schemas::Spread mass_, gravity_, length_, lowest_, highest_;
  double elevation_, depth_;  // elevation in radian
};

Start RigidPendulum3d::draw_start(RandomStream& random) const {
  const double m = draw(mass_, random), g = draw(gravity_, random), l = draw(length_, random);
  const double theta_1 = draw(lowest_, random), theta_2 = draw(highest_, random);
  const double phase = random.uniform(0, 2 * pi), phi = random.uniform(0, 2 * pi);
  const double sense = random.coin() ? -1 : 1;

  const double u_1 = std::cos(theta_1), u_2 = std::cos(theta_2);
  const double u_3 = -(1 + u_1 * u_2) / (u_1 + u_2);
  const double half_swing = std::sin((theta_2 - theta_1) / 2) * std::sin((theta_2 + theta_1) / 2);
  const double u = (u_1 + u_2) / 2 + half_swing * std::cos(phase);  // half_swing = (u_1 - u_2) / 2
  const double theta = std::acos(u), sine = std::sin(theta);
  const double p_theta = half_swing * std::sin(phase) * std::sqrt(2 * (u - u_3)) / sine;
  const double p_phi = sense * std::sin(theta_1) * std::sin(theta_2) * std::sqrt(2 / (u_1 + u_2));
  const double unit = m * l * l * std::sqrt(g / l);
  return {{m, g, l}, {theta, phi}, {unit * p_theta, unit * p_phi}};
}

}  // namespace

SystemDescriptor rigid_pendulum_3d() {
  using schemas::real, schemas::spread;
  return {
      .name = "rigid_pendulum_3d",
      .summary = "a spherical pendulum: a bob on a rigid rod, swinging in every direction",
      .hamiltonian = "H = p_theta^2 / (2 m l^2) + p_phi^2 / (2 m l^2 sin^2 theta) + m g l (1 - cos theta)",
      .reference = "Landau and Lifshitz, Mechanics, 3rd ed. 1976, sec. 14, problem 1",
      .conserved = "H, angular momentum about the vertical p_phi",
      .fields =
          {spread("physics.mass", {0.5}, "mass", "mass m of the bob").above(0),
           spread("physics.gravity", {3.0}, "length / time^2", "gravitational acceleration g").above(0),
           spread("physics.length", {1.0}, "length", "length l of the rod").above(0),
           spread(
               "start.lowest", {0.3, 0.7}, "radian",
               "theta_1: least angle from the lowest point in the course of the swing; the coordinates are "
               "singular at 0")
               .at_least(0.01)
               .at_most(3),
           spread("start.highest", {0.9, 1.4}, "radian",
                  "theta_2: largest angle, at least theta_1; theta_1 + theta_2 must be below pi; equal to "
                  "theta_1: a conical pendulum")
               .at_least(0.01)
               .at_most(3),
           real("look.elevation", 90, "degree", "the viewer's height above the horizon; 90: from above")
               .at_least(0)
               .at_most(90),
           real(
               "look.depth", 0, "1",
               "a disc grows by this part of its radius for each rod length that it is nearer than the pivot")
               .at_least(0)
               .at_most(0.9)},
      .defaults = {{"noise.std", 0.0}, {"look.radius_scale", 0.7}},
      .create = [](const schemas::Settings& settings) { return std::make_unique<RigidPendulum3d>(settings); },
  };
}

}  // namespace hamgen::simulators
