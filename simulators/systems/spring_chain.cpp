#include "simulators/systems/spring_chain.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace hamgen::simulators {
namespace {

// sin(pi j / (2 (n + 1))): half the frequency of mode j in units of sqrt(k / m).
double half_frequency(std::size_t mode, std::size_t masses) {
  return std::sin(std::numbers::pi * static_cast<double>(mode) / (2 * static_cast<double>(masses + 1)));
}

// How far a chain can go, for every draw of its constants. All energies are in units of k.
class Bounds {
 public:
  explicit Bounds(const schemas::Settings& settings);

  // The largest displacement of any mass.
  double reach() const;

 private:
  // The softest spring there is, pulled (or pushed) to the side on which alpha weakens it.
  double potential(double d) const { return d * d * (0.5 + d * (-alpha_ / 3 + d * beta_low_ / 4)); }
  // Where it would leave its well; infinite where there is only one.
  double brink() const;
  // No spring is stretched more.
  double largest_stretch() const;

  double masses_;
  double alpha_, beta_low_;  // in units of k
  double energy_;            // of the largest start
};

Bounds::Bounds(const schemas::Settings& settings)
    : masses_(static_cast<double>(settings.integer("physics.bodies"))) {
  const schemas::Spread k = settings.spread("physics.stiffness"), alpha = settings.spread("physics.alpha"),
                        beta = settings.spread("physics.beta");
  alpha_ = std::max(std::abs(alpha.low), std::abs(alpha.high)) / k.low;
  beta_low_ = beta.low / k.high;
  const double amplitude = settings.reals("start.amplitude")[1];
  const double mode_1 = half_frequency(1, static_cast<std::size_t>(settings.integer("physics.bodies")));
  const double harmonic = (masses_ + 1) * mode_1 * mode_1 * amplitude * amplitude;
  // At the start sum d^2 <= 2 harmonic and, the modes being the lowest, |d| <= d: what the rest adds.
  const double d = 2 * mode_1 * amplitude * std::sqrt(static_cast<double>(settings.integer("start.modes")));
  energy_ = harmonic * (1 + d * (2 * alpha_ / 3 + d * beta.high / k.low / 2));
}

double Bounds::brink() const {
  const double discriminant = alpha_ * alpha_ - 4 * beta_low_;
  if (alpha_ == 0 || discriminant < 0) return std::numeric_limits<double>::infinity();
  return 2 / (alpha_ + std::sqrt(discriminant));
}

double Bounds::largest_stretch() const {
  double low = 0, high = brink();
  if (std::isinf(high)) {
    for (high = 1; potential(high) < energy_;) high *= 2;
  } else if (potential(high) <= energy_) {
    throw schemas::FieldError(
        "physics.alpha is not allowed: at start.amplitude a spring could leave its well, and the chain "
        "break; choose a smaller one, or a larger physics.beta");
  }
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (potential(middle) < energy_ ? low : high) = middle;
  }
  return high;
}

// V(d) >= kappa d^2 / 2 as far as the energy goes, and a harmonic chain of stiffness kappa yields most in its
// middle, where a force sees the springs on either side side by side: q^2 <= 2 energy / (kappa / i + kappa /
// (n + 1 - i)).
double Bounds::reach() const {
  const double d = largest_stretch();
  const double softest = beta_low_ > 0 ? std::min(d, 2 * alpha_ / (3 * beta_low_)) : d;
  const double kappa = 1 + softest * (-2 * alpha_ / 3 + softest * beta_low_ / 2);
  const double left = std::floor((masses_ + 1) / 2), right = masses_ + 1 - left;
  return std::sqrt(2 * energy_ * left * right / ((left + right) * kappa));
}

class SpringChain final : public System {
 public:
  explicit SpringChain(const schemas::Settings& settings);

  std::size_t dimension() const override { return masses_; }
  std::vector<std::string> coordinate_names() const override {
    std::vector<std::string> names;
    for (std::size_t i = 1; i <= masses_; ++i) names.push_back("displacement_" + std::to_string(i));
    return names;
  }
  std::vector<Label> parameter_labels() const override {
    return {{"mass", "mass"},
            {"stiffness", "mass / time^2"},
            {"alpha", "mass / (length time^2)"},
            {"beta", "mass / (length^2 time^2)"}};
  }
  std::string position_unit() const override { return "length"; }
  std::string momentum_unit() const override { return "mass length / time"; }

  Start draw_start(RandomStream& random) const override;

  double energy(Reals c, Reals q, Reals p) const override {
    const double m = c[0], k = c[1], alpha = c[2], beta = c[3];
    double kinetic = 0, potential = 0;
    for (const double momentum : p) kinetic += momentum * momentum / (2 * m);
    for (std::size_t i = 0; i <= q.size(); ++i) {
      const double d = stretch(q, i);
      potential += d * d * (k / 2 + d * (alpha / 3 + d * beta / 4));
    }
    return kinetic + potential;
  }
  void dH_dq(Reals c, Reals q, Reals, MutableReals out) const override {
    const double k = c[1], alpha = c[2], beta = c[3];
    const auto tension = [&](std::size_t i) {
      const double d = stretch(q, i);
      return d * (k + d * (alpha + d * beta));
    };
    double left = tension(0);
    for (std::size_t i = 0; i < q.size(); ++i) {
      const double right = tension(i + 1);
      out[i] = left - right;
      left = right;
    }
  }
  void dH_dp(Reals c, Reals, Reals p, MutableReals out) const override {
    for (std::size_t i = 0; i < p.size(); ++i) out[i] = p[i] / c[0];
  }

  void show(Reals c, Reals q, Reals, Scene& scene) const override {
    scene.discs.resize(masses_);
    for (std::size_t i = 0; i < masses_; ++i) scene.discs[i] = {place(i), q[i], look_.radius(c[0]), {}, i};
  }
  std::size_t bodies() const override { return masses_; }
  double half_width() const override {
    return std::max(place(masses_ - 1), reach_) + look_.radius(mass_.high);
  }
  PortraitAxes portrait_axes() const override {
    PortraitAxes axes{{}, "displacement q_i", "momentum p_i"};
    for (std::size_t i = 0; i < masses_; ++i) axes.planes.emplace_back(i, masses_ + i);
    return axes;
  }

 private:
  // How much spring i, on the left of mass i (counted from 0), is longer than at rest.
  static double stretch(Reals q, std::size_t i) { return (i < q.size() ? q[i] : 0) - (i > 0 ? q[i - 1] : 0); }
  // Where mass i rests along x.
  double place(std::size_t i) const {
    return spacing_ * (static_cast<double>(i) - static_cast<double>(masses_ - 1) / 2);
  }

  Look look_;
  std::size_t masses_, modes_;
  schemas::Spread mass_, stiffness_, alpha_, beta_;
  std::vector<double> amplitude_;
  double spacing_, reach_;
};

SpringChain::SpringChain(const schemas::Settings& settings)
    : look_(settings),
      masses_(static_cast<std::size_t>(settings.integer("physics.bodies"))),
      modes_(static_cast<std::size_t>(settings.integer("start.modes"))),
      mass_(settings.spread("physics.mass")),
      stiffness_(settings.spread("physics.stiffness")),
      alpha_(settings.spread("physics.alpha")),
      beta_(settings.spread("physics.beta")),
      amplitude_(settings.reals("start.amplitude")),
      spacing_(settings.real("look.spacing")) {
  if (modes_ > masses_)
    throw schemas::FieldError(
        "start.modes = " + std::to_string(modes_) +
        " is not allowed: expected at most physics.bodies = " + std::to_string(masses_));
  reach_ = Bounds(settings).reach();
}

Start SpringChain::draw_start(RandomStream& random) const {
  const double m = draw(mass_, random), k = draw(stiffness_, random);
  const double alpha = draw(alpha_, random), beta = draw(beta_, random);
  const double amplitude = random.uniform(amplitude_[0], amplitude_[1]);
  std::vector<double> direction(2 * modes_);
  double square = 0;
  for (double& component : direction) {
    component = random.normal();
    square += component * component;
  }
  Start start{{m, k, alpha, beta}, std::vector<double>(masses_), std::vector<double>(masses_)};
  const double length = amplitude / std::sqrt(square), slowest = half_frequency(1, masses_);
  for (std::size_t mode = 1; mode <= modes_; ++mode) {
    const double q = length * direction[2 * mode - 2] * slowest / half_frequency(mode, masses_);
    const double p = length * direction[2 * mode - 1] * 2 * slowest * std::sqrt(k * m);
    for (std::size_t i = 0; i < masses_; ++i) {
      const double shape =
          std::sin(std::numbers::pi * static_cast<double>(mode * (i + 1)) / static_cast<double>(masses_ + 1));
      start.q[i] += q * shape;
      start.p[i] += p * shape;
    }
  }
  return start;
}

}  // namespace

SystemDescriptor spring_chain() {
  using namespace schemas;
  return {
      .name = "spring_chain",
      .summary = "masses and anharmonic springs between two walls (Fermi, Pasta, Ulam, Tsingou)",
      .hamiltonian =
          "H = sum_i p_i^2 / (2 m) + sum_i (k d_i^2 / 2 + alpha d_i^3 / 3 + beta d_i^4 / 4), "
          "d_i = q_{i+1} - q_i, q_0 = q_{n+1} = 0",
      .reference =
          "Fermi, Pasta, Ulam 1955, doi:10.2172/4376203; Ford 1992, doi:10.1016/0370-1573(92)90116-H",
      .conserved = "H; the energy of each normal mode where alpha = beta = 0",
      .fields =
          {integer("physics.bodies", 8, "", "number n of masses").at_least(1).at_most(4096),
           spread("physics.mass", {0.05}, "mass", "mass m of each").above(0),
           spread("physics.stiffness", {2.5}, "mass / time^2", "spring constant k").above(0),
           spread("physics.alpha", {1.0}, "mass / (length time^2)", "cubic part of a spring's energy"),
           spread("physics.beta", {2.0}, "mass / (length^2 time^2)", "quartic part of a spring's energy")
               .at_least(0),
           integer("start.modes", 3, "",
                   "normal modes, from the lowest up, that share the energy at the start")
               .at_least(1),
           range("start.amplitude", {0.6, 0.9}, "length",
                 "amplitude that the lowest mode alone would have with that energy, drawn from U(low, high)")
               .above(0),
           real("look.spacing", 0.3, "length",
                "distance between neighbours in the picture; no force depends on it")
               .above(0)},
      .defaults = {{"noise.std", 0.0}},
      .create = [](const Settings& settings) { return std::make_unique<SpringChain>(settings); },
  };
}

}  // namespace hamgen::simulators
