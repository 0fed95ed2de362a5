#include "simulators/systems/lennard_jones.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <numbers>
#include <stdexcept>

#include "simulators/systems/planar.hpp"

namespace hamgen::simulators {
namespace {

constexpr std::size_t most_particles = 256;
// The well must be inside the cutoff: its minimum lies at 2^(1/6) = 1.12.
constexpr double smallest_cutoff = 1.5;

// A circle of the given length, on which differences have their nearest representative in [-length/2,
// length/2].
class Circle {
 public:
  explicit Circle(double length) : length_(length), inverse_(1 / length) {}

  // Rounds to the nearest whole number by the addition of 1.5 * 2^52, which every vector unit knows how to
  // do.
  double nearest(double difference) const {
    constexpr double shift = 0x1.8p52;
    return difference - length_ * ((difference * inverse_ + shift) - shift);
  }

 private:
  double length_, inverse_;
};

// Calls visit(i, k, dx, dy) for each pair once, with the shortest vector from i to j = k mod n. Round by
// round: in round `gap` every particle meets the one `gap` places further on. What visit adds up at i and at
// k goes to different places in every call of a round, so that the compiler may do several at a time.
template <class Visit>
void visit_pairs(double box, Reals q, Visit visit) {
  const std::size_t n = q.size() / 2;
  std::array<double, 2 * most_particles> x, y;  // twice in a row: k runs to 2 n
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = x[n + i] = q[2 * i];
    y[i] = y[n + i] = q[2 * i + 1];
  }
  const Circle circle(box);
  for (std::size_t gap = 1; 2 * gap <= n; ++gap) {
    const std::size_t pairs = 2 * gap == n ? gap : n;  // across the circle, each pair would come up twice
    for (std::size_t i = 0; i < pairs; ++i)
      visit(i, i + gap, circle.nearest(x[i + gap] - x[i]), circle.nearest(y[i + gap] - y[i]));
  }
}

// Kinetic energy of unit masses.
double kinetic_energy(Reals p) {
  double sum = 0;
  for (const double component : p) sum += component * component;
  return sum / 2;
}

void remove_mean(std::vector<double>& vectors) {
  const double n = static_cast<double>(vectors.size() / 2);
  for (const std::size_t axis : {0, 1}) {
    double sum = 0;
    for (std::size_t k = axis; k < vectors.size(); k += 2) sum += vectors[k];
    for (std::size_t k = axis; k < vectors.size(); k += 2) vectors[k] -= sum / n;
  }
}

class LennardJones final : public System {
 public:
  explicit LennardJones(const schemas::Settings& settings);

  std::size_t dimension() const override { return 2 * particles_; }
  std::vector<std::string> coordinate_names() const override { return planar_names(particles_); }
  std::vector<Label> parameter_labels() const override {
    return {{"box", "sigma"}, {"onset", "sigma"}, {"cutoff", "sigma"}};
  }
  std::string energy_unit() const override { return "epsilon"; }
  std::string position_unit() const override { return "sigma"; }
  std::string momentum_unit() const override { return "sqrt(mass epsilon)"; }
  std::string time_unit() const override { return "sigma sqrt(mass / epsilon)"; }

  Start draw_start(RandomStream& random) const override;

  double energy(Reals c, Reals q, Reals p) const override { return potential(c, q) + kinetic_energy(p); }
  void dH_dq(Reals c, Reals q, Reals p, MutableReals out) const override;
  void dH_dp(Reals, Reals, Reals p, MutableReals out) const override { std::ranges::copy(p, out.begin()); }

  void show(Reals c, Reals q, Reals p, Scene& scene) const override;
  std::size_t bodies() const override { return particles_; }
  double half_width() const override { return box_ / 2; }
  double period() const override { return box_; }

  PortraitAxes portrait_axes() const override { return planar_axes(particles_); }

 private:
  static double potential(Reals c, Reals q);
  // The thermostat's BAOAB steps, on a state that it changes.
  class Langevin;
  // <V> + (particles - 1) T, from one long Langevin run that is the same for every dataset.
  double mean_energy() const;
  std::vector<double> lattice(RandomStream& random) const;
  std::vector<double> constants() const { return {box_, onset_, cutoff_}; }
  double wrapped(double position) const { return position - box_ * std::floor(position / box_ + 0.5); }

  std::size_t particles_;
  double temperature_, equilibration_;
  double box_, cutoff_, onset_, radius_;
  mutable std::once_flag mean_energy_known_;
  mutable double mean_energy_ = 0;
};

LennardJones::LennardJones(const schemas::Settings& settings)
    : particles_(static_cast<std::size_t>(settings.integer("physics.particles"))),
      temperature_(settings.real("start.temperature")),
      equilibration_(settings.real("start.equilibration")),
      box_(std::sqrt(static_cast<double>(particles_) / settings.real("physics.density"))),
      cutoff_(settings.is_automatic("physics.cutoff") ? std::min(2.5, box_ / 2)
                                                      : settings.real("physics.cutoff")),
      onset_(cutoff_ * settings.real("physics.switch_onset")),
      radius_(Look(settings).radius(1)) {
  using schemas::FieldError, schemas::to_text;
  const std::string box = " in a box of side (physics.particles / physics.density)^(1/2) = " + to_text(box_);
  if (cutoff_ > box_ / 2)
    throw FieldError("physics.cutoff = " + to_text(cutoff_) + " is more than half the side" + box);
  if (cutoff_ < smallest_cutoff)
    throw FieldError("physics.cutoff = " + to_text(cutoff_) + " is less than " + to_text(smallest_cutoff) +
                     ": too short for attraction" + box);
  if (2 * radius_ > box_) throw FieldError("look.radius_scale gives discs that overlap themselves" + box);
}

double LennardJones::potential(Reals c, Reals q) {
  const SwitchedLennardJones<double> pair(c[1], c[2]);
  std::array<double, most_particles> sums{};
  visit_pairs(c[0], q, [&](std::size_t i, std::size_t, double dx, double dy) {
    sums[i] += pair.at(dx * dx + dy * dy).energy;
  });
  double sum = 0;
  for (std::size_t i = 0; 2 * i < q.size(); ++i) sum += sums[i];
  return sum;
}

void LennardJones::dH_dq(Reals c, Reals q, Reals, MutableReals out) const {
  const SwitchedLennardJones<double> pair(c[1], c[2]);
  const std::size_t n = q.size() / 2;
  std::array<double, most_particles> x_of_first, y_of_first;
  std::array<double, 2 * most_particles> x_of_second, y_of_second;
  std::fill_n(x_of_first.begin(), n, 0.0);
  std::fill_n(y_of_first.begin(), n, 0.0);
  std::fill_n(x_of_second.begin(), 2 * n, 0.0);
  std::fill_n(y_of_second.begin(), 2 * n, 0.0);
  visit_pairs(c[0], q, [&](std::size_t i, std::size_t k, double dx, double dy) {
    const double slope = 2 * pair.at(dx * dx + dy * dy).slope;  // of u along the vector from i to k
    x_of_first[i] -= slope * dx;
    y_of_first[i] -= slope * dy;
    x_of_second[k] += slope * dx;
    y_of_second[k] += slope * dy;
  });
  for (std::size_t i = 0; i < n; ++i) {
    out[2 * i] = x_of_first[i] + (x_of_second[i] + x_of_second[n + i]);
    out[2 * i + 1] = y_of_first[i] + (y_of_second[i] + y_of_second[n + i]);
  }
}

// A kick, half a drift, friction and noise, half a drift, a kick. Friction 1 is weak enough to let particles
// move, strong enough to exchange energy with pairs that hold together.
class LennardJones::Langevin {
 public:
  Langevin(const LennardJones& system, RandomStream& random)
      : system_(system),
        random_(random),
        constants_(system.constants()),
        q_(system.lattice(random)),
        p_(q_.size()),
        gradient_(q_.size()),
        step_(0.01 / std::max(1.0, std::sqrt(system.temperature_))),
        kept_(std::exp(-step_)),
        added_(std::sqrt((1 - kept_ * kept_) * system.temperature_)) {
    for (double& component : p_) component = std::sqrt(system.temperature_) * random.normal();
    system_.dH_dq(constants_, q_, {}, gradient_);
    relax();
  }

  const std::vector<double>& q() const { return q_; }
  const std::vector<double>& p() const { return p_; }
  double potential() const { return LennardJones::potential(constants_, q_); }

  void run(double time) {
    for (auto steps = static_cast<std::int64_t>(std::ceil(time / step_)); steps > 0; --steps) advance();
  }

 private:
  // Downhill by at most 0.01 at a time: neighbours of a dense lattice may be closer than steps can follow.
  void relax() {
    for (int i = 0; i < 100; ++i) {
      const auto [least, most] = std::ranges::minmax(gradient_);
      const double rate = std::min(1e-4, 0.01 / std::max({-least, most, 1.0}));
      for (std::size_t k = 0; k < q_.size(); ++k) q_[k] -= rate * gradient_[k];
      system_.dH_dq(constants_, q_, {}, gradient_);
    }
  }

  void advance() {
    for (std::size_t k = 0; k < q_.size(); ++k) {
      p_[k] -= step_ / 2 * gradient_[k];
      q_[k] += step_ / 2 * p_[k];
      p_[k] = kept_ * p_[k] + added_ * random_.normal();
      q_[k] += step_ / 2 * p_[k];
    }
    system_.dH_dq(constants_, q_, {}, gradient_);
    for (std::size_t k = 0; k < q_.size(); ++k) p_[k] -= step_ / 2 * gradient_[k];
  }

  const LennardJones& system_;
  RandomStream& random_;
  std::vector<double> constants_, q_, p_, gradient_;
  double step_, kept_, added_;
};

// Rows of equal length, each moved by about half a place, so that the first fits the last across the border.
// Bodies have their places, and the lattice its own, at random.
std::vector<double> LennardJones::lattice(RandomStream& random) const {
  const auto rows = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(particles_))));
  const std::size_t columns = (particles_ + rows - 1) / rows;
  std::vector<std::size_t> places(particles_);
  for (std::size_t i = 0; i < particles_; ++i) {  // Fisher and Yates, inside out
    const auto j = static_cast<std::size_t>(random.uniform(0, static_cast<double>(i + 1)));
    places[i] = places[j];
    places[j] = i;
  }
  const double x0 = random.uniform(0, box_), y0 = random.uniform(0, box_);
  const double shear = static_cast<double>(rows / 2) / static_cast<double>(rows);
  std::vector<double> q;
  for (const std::size_t place : places) {
    const auto row = static_cast<double>(place / columns), column = static_cast<double>(place % columns);
    q.push_back(x0 + box_ * (column + shear * row) / static_cast<double>(columns));
    q.push_back(y0 + box_ * row / static_cast<double>(rows));
  }
  return q;
}

double LennardJones::mean_energy() const {
  std::call_once(mean_energy_known_, [this] {
    constexpr std::uint64_t no_dataset_has_it = ~std::uint64_t{0};
    RandomStream random({.seed = 0, .trajectory = no_dataset_has_it});
    Langevin langevin(*this, random);
    langevin.run(5 * equilibration_);
    const double n = static_cast<double>(particles_);
    const auto samples = static_cast<std::int64_t>(320'000 / n);  // a tenth apart: large systems average more
    double sum = 0;
    for (std::int64_t sample = 0; sample < samples; ++sample) {
      langevin.run(0.1);
      sum += langevin.potential();
    }
    mean_energy_ = sum / static_cast<double>(samples) + (n - 1) * temperature_;
  });
  return mean_energy_;
}

Start LennardJones::draw_start(RandomStream& random) const {
  const double target = mean_energy();
  const double mean_kinetic = static_cast<double>(particles_ - 1) * temperature_;
  Langevin langevin(*this, random);
  langevin.run(equilibration_);
  // Where the potential takes (almost) all of the energy, wait until it does not.
  constexpr int attempts = 1000;
  for (int attempt = 0; attempt < attempts; ++attempt, langevin.run(1)) {
    const double kinetic = target - langevin.potential();
    if (!(kinetic >= 0.1 * mean_kinetic)) continue;
    Start start{constants(), langevin.q(), langevin.p()};
    for (double& position : start.q) position = wrapped(position);
    remove_mean(start.p);
    const double scale = std::sqrt(kinetic / kinetic_energy(start.p));
    for (double& momentum : start.p) momentum *= scale;
    return start;
  }
  throw StartFailure("no start at the mean energy " + schemas::to_text(target) + " in " +
                     std::to_string(attempts) + " attempts");
}

// Each particle where it is in the box, and once more wherever its disc reaches across the border.
void LennardJones::show(Reals c, Reals q, Reals, Scene& scene) const {
  const double box = c[0], half = box / 2;
  scene.discs.clear();
  for (std::size_t body = 0; body < particles_; ++body) {
    const double x = wrapped(q[2 * body]), y = wrapped(q[2 * body + 1]);
    const auto across = [&](double at) {
      return at + radius_ > half ? -box : at - radius_ < -half ? box : 0;
    };
    const double shift_x = across(x), shift_y = across(y);
    scene.discs.push_back({x, y, radius_, {}, body});
    if (shift_x != 0) scene.discs.push_back({x + shift_x, y, radius_, {}, body, true});
    if (shift_y != 0) scene.discs.push_back({x, y + shift_y, radius_, {}, body, true});
    if (shift_x != 0 && shift_y != 0)
      scene.discs.push_back({x + shift_x, y + shift_y, radius_, {}, body, true});
  }
}

std::vector<std::string> evenly_spaced_hues(int count) {
  std::vector<std::string> colors;
  for (int i = 0; i < count; ++i) colors.push_back(to_hex(color_of_hue(static_cast<double>(i) / count)));
  return colors;
}

}  // namespace

SystemDescriptor lennard_jones() {
  using namespace schemas;
  return {
      .name = "lennard_jones",
      .summary = "particles of a two-dimensional liquid or gas, in a periodic box",
      .hamiltonian = "H = sum_i |p_i|^2 / 2 + sum_{i<j} 4 (r_ij^-12 - r_ij^-6) S(r_ij)",
      .reference = "Lennard-Jones 1924, doi:10.1098/rspa.1924.0082",
      .conserved = "H, momentum",
      .fields = {integer("physics.particles", 16, "", "number of particles")
                     .at_least(2)
                     .at_most(static_cast<double>(most_particles)),
                 real("physics.density", 0.77, "1 / sigma^2", "particles per area of the box")
                     .above(0)
                     .at_most(1.1),
                 real("start.temperature", 0.5, "epsilon", "temperature T at which the starts are drawn")
                     .above(0)
                     .at_most(10),
                 real("physics.cutoff", 2.5, "sigma",
                      "distance beyond which particles do not interact; null: 2.5 or half the box, whichever "
                      "is smaller")
                     .at_least(smallest_cutoff)
                     .or_automatic(),
                 real("physics.switch_onset", 0.8, "1",
                      "fraction of the cutoff from which the potential is switched off smoothly")
                     .at_least(0.5)
                     .at_most(0.95),
                 real("start.equilibration", 20, "sigma sqrt(mass / epsilon)",
                      "duration of the Langevin run that leads to each start")
                     .at_least(1)},
      .defaults = {{"noise.std", 0.0},
                   {"dt", 0.05},
                   {"integrator.max_step", 0.00625},  // fehlberg78 does not see the switch in a dilute gas
                   {"look.radius_scale", 0.3 * std::sqrt(std::numbers::pi)},  // discs of radius 0.3
                   {"look.colors", evenly_spaced_hues(16)}},
      .create = [](const Settings& settings) { return std::make_unique<LennardJones>(settings); },
  };
}

}  // namespace hamgen::simulators
