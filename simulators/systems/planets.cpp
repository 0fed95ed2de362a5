#include "simulators/systems/planets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "simulators/systems/gravity.hpp"
#include "simulators/systems/kepler.hpp"

namespace hamgen::simulators {
namespace {

constexpr double degree = std::numbers::pi / 180;
constexpr double gaussian = 365.25 * 0.01720209895;  // AU^(3/2) / (solar mass^(1/2) year)

struct Planet {
  const char* name;
  double sun_per_mass;
  double semi_major_axis;  // AU
  double eccentricity;
  double perihelion;      // longitude at J2000, degree
  double mean_longitude;  // at J2000, degree
  double rate;            // of the mean longitude, degree / century
};

constexpr std::array<Planet, 4> giants{{
    {"jupiter", 1047.348644, 5.20288700, 0.04838624, 14.72847983, 34.39644051, 3034.74612775},
    {"saturn", 3497.9018, 9.53667594, 0.05386179, 92.59887831, 49.95424423, 1222.49362201},
    {"uranus", 22902.98, 19.18916464, 0.04725744, 170.95427630, 313.23810451, 428.48202785},
    {"neptune", 19412.26, 30.06992276, 0.00859048, 44.96476227, -55.12002969, 218.45945325},
}};
constexpr std::size_t bodies_in_all = giants.size() + 1;

// Where a planet is on its ellipse and how fast it moves, for the gravitational parameter mu (AU^3 /
// year^2), `epoch` years after J2000.
struct Motion {
  double x, y, vx, vy;
};

Motion motion_at(const Planet& planet, double mu, double epoch) {
  const double a = planet.semi_major_axis, e = planet.eccentricity;
  const double longitude = planet.mean_longitude + planet.rate * epoch / 100;
  const double anomaly = eccentric_anomaly((longitude - planet.perihelion) * degree, e);
  const double minor = std::sqrt(1 - e * e);
  const double x = a * (std::cos(anomaly) - e), y = a * minor * std::sin(anomaly);
  const double rate = std::sqrt(mu / a) / (1 - e * std::cos(anomaly));
  const double vx = -rate * std::sin(anomaly), vy = rate * minor * std::cos(anomaly);
  const double c = std::cos(planet.perihelion * degree), s = std::sin(planet.perihelion * degree);
  return {c * x - s * y, s * x + c * y, c * vx - s * vy, s * vx + c * vy};
}

class Planets final : public gravity::PointMasses {
 public:
  explicit Planets(const schemas::Settings& settings)
      : mass_factor_(settings.spread("physics.mass_factor")),
        epoch_(settings.spread("start.epoch")),
        power_(settings.real("look.radial_power")),
        radii_(settings.reals("look.radii")) {
    for (double& radius : radii_) radius *= settings.real("look.radius_scale");
  }

  std::vector<Label> parameter_labels() const override {
    std::vector<Label> labels{{"gravity", "AU^3 / (solar mass year^2)"}, {"mass_sun", "solar mass"}};
    for (const Planet& planet : giants) labels.push_back({std::string("mass_") + planet.name, "solar mass"});
    return labels;
  }
  std::string position_unit() const override { return "AU"; }
  std::string momentum_unit() const override { return "solar mass AU / year"; }
  std::string time_unit() const override { return "years"; }

  Start draw_start(RandomStream& random) const override;

  void show(Reals, Reals q, Reals, Scene& scene) const override {
    scene.discs.resize(bodies_in_all);
    for (std::size_t body = 0; body < bodies_in_all; ++body) {
      const double x = q[2 * body], y = q[2 * body + 1], r = std::hypot(x, y);
      const double stretch = r > 0 ? std::pow(r, power_ - 1) : 0;
      scene.discs[body] = {x * stretch, y * stretch, radii_[body], {}, body};
    }
  }
  std::size_t bodies() const override { return bodies_in_all; }
  double half_width() const override;

 private:
  schemas::Spread mass_factor_, epoch_;
  double power_;
  std::vector<double> radii_;
};

Start Planets::draw_start(RandomStream& random) const {
  Start start;
  start.parameters = {gaussian * gaussian, 1};
  for (const Planet& planet : giants)
    start.parameters.push_back(draw(mass_factor_, random) / planet.sun_per_mass);
  const double g = start.parameters[0], epoch = draw(epoch_, random);
  const Reals m = Reals(start.parameters).subspan(1);

  // From the Sun outwards: the bodies inside a planet's orbit already rest about the origin.
  std::vector<double> velocity(2 * bodies_in_all);
  start.q.resize(2 * bodies_in_all);
  double inside = m[0];
  for (std::size_t body = 1; body < bodies_in_all; ++body) {
    inside += m[body];
    const Motion at = motion_at(giants[body - 1], g * inside, epoch);
    start.q[2 * body] = at.x, start.q[2 * body + 1] = at.y;
    velocity[2 * body] = at.vx, velocity[2 * body + 1] = at.vy;
    for (auto* vectors : {&start.q, &velocity})
      gravity::remove_mean(m.first(body + 1), MutableReals(*vectors).first(2 * (body + 1)));
  }
  start.p.resize(2 * bodies_in_all);
  for (std::size_t k = 0; k < start.p.size(); ++k) start.p[k] = m[k / 2] * velocity[k];
  return start;
}

// The largest aphelion. Perturbations carry Neptune beyond its own by 0.15 percent within two thousand years,
// and by more in proportion to the masses.
double Planets::half_width() const {
  double reach = 0;
  for (std::size_t planet = 0; planet < giants.size(); ++planet) {
    const double aphelion = giants[planet].semi_major_axis * (1 + giants[planet].eccentricity);
    const double perturbed = aphelion * (1 + 0.002 * mass_factor_.high);
    reach = std::max(reach, std::pow(perturbed, power_) + radii_[planet + 1]);
  }
  return std::max(reach, radii_[0]);
}

}  // namespace

SystemDescriptor planets() {
  using schemas::real, schemas::reals, schemas::spread;
  return {
      .name = "planets",
      .summary = "the Sun and the giant planets at a random epoch, in a scaled view",
      .hamiltonian = "H = sum_i |p_i|^2 / (2 m_i) - sum_{i<j} G m_i m_j / |q_j - q_i|; AU, year, solar mass",
      .reference =
          "elements: Standish, JPL, ssd.jpl.nasa.gov/planets/approx_pos.html; masses: Luzum et al. "
          "2011, doi:10.1007/s10569-011-9352-4",
      .conserved = "H, momentum, angular momentum",
      .fields =
          {spread("physics.mass_factor", {1.0}, "1",
                  "each planet's mass is multiplied by it; drawn for each planet")
               .above(0)
               .at_most(3),
           spread("start.epoch", {-200, 50}, "year",
                  "when the trajectory starts, from J2000; the elements are fitted to -200 ... 50")
               .at_least(-3000)
               .at_most(3000),
           real("look.radial_power", 0.5, "1",
                "a body at distance r (AU) from the centre of mass is drawn at r^radial_power; 1: to scale")
               .above(0)
               .at_most(1),
           reals("look.radii", {0.9, 0.5, 0.42, 0.5, 0.5}, "AU^radial_power",
                 "radius of the discs of the Sun, Jupiter, Saturn, Uranus and Neptune, not to scale, times "
                 "look.radius_scale")
               .above(0)
               .items(bodies_in_all, bodies_in_all)},
      .defaults = {{"noise.std", 0.0},
                   {"dt", 0.5},
                   {"look.colors",
                    std::vector<std::string>{"#ffd94a", "#f2784b", "#e3d3a4", "#63e0d6", "#5f83ff"}}},
      .create = [](const schemas::Settings& settings) { return std::make_unique<Planets>(settings); },
  };
}

}  // namespace hamgen::simulators
