#include "simulators/trajectory.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "simulators/base/units.hpp"

namespace hamgen::simulators {
namespace {

std::vector<std::string> solver_names() {
  std::vector<std::string> names;
  for (const auto& row : solvers()) names.push_back(row.name);
  return names;
}

bool all_finite(const std::vector<double>& values) {
  return std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

// Why a start is given up.
class Abandoned : public std::runtime_error {
 public:
  Abandoned(Redraw reason, const std::string& what) : std::runtime_error(what), reason_(reason) {}
  Redraw reason() const { return reason_; }

 private:
  Redraw reason_;
};

// Fixed-step methods are chosen for their own kind of error; the certificate then only catches the absurd.
double automatic_drift(const std::string& method) {
  return find_solver(method).is_adaptive ? 1e-11 : 1e-3;
}

}  // namespace

std::vector<schemas::Field> Simulation::fields() {
  using namespace schemas;
  return {
      integer("steps", 30, "", "steps of a trajectory; it has steps + 1 frames, the start included")
          .at_least(1)
          .at_most(1'000'000),
      real("dt", 0.125, "time", "time between frames").above(0),
      real("noise.std", 0.1, "",
           "standard deviation of the Gaussian noise added to each observed coordinate of q and p")
          .at_least(0),
      real("physics.friction", 0, "momentum / position",
           "dp/dt = -dH/dq - friction dq/dt, in each coordinate")
          .at_least(0),
      text("integrator.method", "fehlberg78", "the solver").one_of(solver_names()),
      real("integrator.absolute_tolerance", 1e-13, "",
           "error allowed per step and coordinate (adaptive methods); of a trajectory whose q or p stays "
           "below 1e-3, in units of its own size")
          .above(0),
      real("integrator.relative_tolerance", 1e-13, "1", "the same, relative to the coordinate").above(0),
      integer("integrator.substeps", 64, "", "steps between two frames (fixed-step methods)")
          .at_least(1)
          .at_most(1'000'000'000),
      integer("integrator.max_steps", 100'000, "",
              "steps between two frames before an adaptive method gives up")
          .at_least(1),
      real("integrator.max_step", 1, "time",
           "largest step of an adaptive method; null: the time between frames")
          .above(0)
          .or_automatic(),
      real("integrator.max_energy_drift", 1e-10, "1",
           "largest accepted max |dE/E0|; null: 1e-11 for adaptive methods, 1e-3 for fixed-step ones")
          .above(0)
          .or_automatic(),
      integer(
          "integrator.max_tightenings", 2, "",
          "times a trajectory above that drift is integrated again with tolerance / 10 (substeps * 2); adaptive "
          "methods then, unless it is 0, with steps that keep the energy")
          .at_least(0)
          .at_most(10),
      integer("integrator.max_attempts", 100, "", "starts drawn for one trajectory before the run stops")
          .at_least(1),
      boolean(
          "integrator.allow_redraws", false,
          "whether more than 20 % of the starts drawn for a split may be given up: the ones that are kept "
          "are then another distribution than start.* says"),
      real("view.half_width", 1, "length",
           "half the width of the view; null: what the system, view.margin and view.offset need")
          .above(0)
          .or_automatic(),
      real(
          "view.margin", 0, "1",
          "where view.half_width is null: free space around what the system needs, as a share of its half width")
          .at_least(0),
      real("view.offset", 0, "length",
           "each trajectory's view is shifted by U(-offset, offset) along x and y")
          .at_least(0),
  };
}

Simulation::Simulation(const SystemDescriptor& descriptor, const schemas::Settings& settings)
    : system_(descriptor.create(settings)),
      hamiltonian_(system_->hamiltonian().empty() ? descriptor.hamiltonian : system_->hamiltonian()),
      look_(settings),
      seed_(static_cast<std::uint64_t>(settings.integer("seed"))),
      noise_std_(settings.real("noise.std")),
      integrator_{.method = settings.text("integrator.method"),
                  .absolute_tolerance = settings.real("integrator.absolute_tolerance"),
                  .relative_tolerance = settings.real("integrator.relative_tolerance"),
                  .substeps = settings.integer("integrator.substeps"),
                  .max_steps = settings.integer("integrator.max_steps"),
                  .max_step = settings.is_automatic("integrator.max_step")
                                  ? IntegratorOptions{}.max_step
                                  : settings.real("integrator.max_step"),
                  .friction = settings.real("physics.friction")},
      max_energy_drift_(settings.is_automatic("integrator.max_energy_drift")
                            ? automatic_drift(integrator_.method)
                            : settings.real("integrator.max_energy_drift")),
      max_tightenings_(settings.integer("integrator.max_tightenings")),
      max_attempts_(settings.integer("integrator.max_attempts")),
      view_offset_(settings.real("view.offset")),
      half_width_(settings.is_automatic("view.half_width")
                      ? system_->half_width() * (1 + settings.real("view.margin")) + view_offset_
                      : settings.real("view.half_width")) {
  constants_ = system_->parameter_labels().size();
  require_suitable(integrator_, *system_);
  if (look_.hues() > 0 && system_->bodies() == 0)
    throw schemas::FieldError("look.hues is not allowed: " + descriptor.name + " shows no bodies");
  if (integrator_.friction != 0 && !system_->allows_friction())
    throw schemas::FieldError("physics.friction = " + schemas::to_text(integrator_.friction) +
                              " is not allowed: for " + descriptor.name + " expected 0");
  const auto refuse_view = [&](const std::string& reason) {
    throw schemas::FieldError("view.half_width = " + schemas::to_text(half_width_) +
                              ", view.margin = " + schemas::to_text(settings.at("view.margin")) +
                              ", view.offset = " + schemas::to_text(view_offset_) +
                              " is not allowed: " + reason);
  };
  if (!std::isfinite(2 * (half_width_ + view_offset_))) refuse_view("the view has no finite width");
  if (system_->period() > 0 && (view_offset_ > 0 || half_width_ != system_->half_width()))
    refuse_view("the view of " + descriptor.name + " is its periodic box, " +
                schemas::to_text(system_->half_width()) + ", 0 and 0");
  const auto steps = settings.integer("steps");
  const double dt = settings.real("dt");
  if (!std::isfinite(static_cast<double>(steps) * dt))
    throw schemas::FieldError("dt = " + schemas::to_text(dt) + " is not allowed: " + std::to_string(steps) +
                              " steps of it end at no finite time");
  for (std::int64_t step = 0; step <= steps; ++step) times_.push_back(static_cast<double>(step) * dt);
}

std::vector<Label> Simulation::parameter_labels() const {
  std::vector<Label> labels = system_->parameter_labels();
  if (look_.hues() > 0)
    for (std::size_t body = 1; body <= system_->bodies(); ++body)
      labels.push_back({"hue_" + std::to_string(body), "turn"});
  return labels;
}

Reals Simulation::constants(Reals parameters) const {
  return parameters.first(constants_);
}

Orbit Simulation::exact_orbit(Reals parameters, Reals q0, Reals p0, Reals times) const {
  IntegratorOptions exact;
  exact.friction = integrator_.friction;
  exact.max_step = integrator_.max_step;
  exact.max_steps = integrator_.max_steps;
  return integrate(*system_, constants(parameters), q0, p0, times, exact);
}

void Simulation::rate(Reals parameters, Reals q, Reals p, MutableReals dq_dt, MutableReals dp_dt) const {
  system_->dH_dp(constants(parameters), q, p, dq_dt);
  system_->dH_dq(constants(parameters), q, p, dp_dt);
  for (std::size_t k = 0; k < dp_dt.size(); ++k) dp_dt[k] = -dp_dt[k] - integrator_.friction * dq_dt[k];
}

void Simulation::show(Reals parameters, Reals q, Reals p, Scene& scene) const {
  const Reals c = constants(parameters);
  system_->show(c, q, p, scene);
  look_.paint(scene.discs, parameters.subspan(c.size()));
}

Trajectory Simulation::trajectory(Split split, std::int64_t id) const {
  Trajectory trajectory;
  trajectory.id = id;
  StreamKey key{.seed = seed_, .split = split, .trajectory = static_cast<std::uint64_t>(id)};
  const auto stream = [&](Purpose purpose) {
    key.purpose = purpose;
    return RandomStream(key);
  };
  const auto note = [&](Redraw reason) {
    ++trajectory.redraws;
    ++trajectory.redraw_reasons[static_cast<std::size_t>(reason)];
  };
  std::string last_reason;
  for (; key.attempt < static_cast<std::uint64_t>(max_attempts_); ++key.attempt) {
    RandomStream random = stream(Purpose::start);
    try {
      follow(system_->draw_start(random), trajectory);
    } catch (const StartFailure& failure) {
      last_reason = failure.what();
      note(Redraw::no_start);
      continue;
    } catch (const Abandoned& abandoned) {
      last_reason = abandoned.what();
      note(abandoned.reason());
      continue;
    }
    if (look_.hues() > 0) {
      RandomStream hue = stream(Purpose::hues);
      const auto hues = static_cast<double>(look_.hues());
      for (std::size_t body = 0; body < system_->bodies(); ++body)
        trajectory.parameters.push_back(std::floor(hue.uniform(0, hues)) / hues);
    }
    observe(stream(Purpose::noise), trajectory);
    RandomStream shift = stream(Purpose::view);
    trajectory.view = {shift.uniform(-view_offset_, view_offset_), shift.uniform(-view_offset_, view_offset_),
                       half_width_};
    return trajectory;
  }
  throw TrajectoryFailure(
      "trajectory " + std::to_string(id) + ": none of " + std::to_string(max_attempts_) +
      " starts (integrator.max_attempts) could be followed; the last one: " + last_reason);
}

void Simulation::follow(const Start& start, Trajectory& trajectory) const {
  trajectory.parameters = start.parameters;
  IntegratorOptions options = integrator_;
  for (std::int64_t tightening = 0; tightening <= max_tightenings_;
       ++tightening, options = options.tightened()) {
    if (tightening > 0) ++trajectory.tightenings;
    if (integrate_once(start, options, trajectory)) return;
  }
  if (max_tightenings_ > 0 && follow_watched(start, trajectory)) return;
  throw Abandoned(Redraw::energy_drift,
                  "energy drift " + schemas::to_text(trajectory.energy_drift) +
                      " is above integrator.max_energy_drift = " + schemas::to_text(max_energy_drift_));
}

// Tolerances cannot help where a step's estimate of its error is blind, as to a kink of the force between the
// points that it looks at. The energy is not.
bool Simulation::follow_watched(const Start& start, Trajectory& trajectory) const {
  if (!find_solver(integrator_.method).is_adaptive) return false;
  const double allowed = max_energy_drift_ * drift_unit(trajectory.energy[0], energy_size_of(trajectory));
  const double drift = trajectory.energy_drift;
  for (const double share : {0.03, 0.003}) {  // of what is allowed, for one step
    // Near the rounding of the energy, steps would be chosen for errors that cancel, and certify nothing.
    if (share * max_energy_drift_ < 100 * std::numeric_limits<double>::epsilon()) return false;
    IntegratorOptions options = integrator_;
    options.max_step_energy = share * allowed;
    options.max_steps = std::min<std::int64_t>(options.max_steps, 2000);  // a kink takes some dozens
    ++trajectory.tightenings;
    try {
      if (integrate_once(start, options, trajectory)) return true;
    } catch (const Abandoned&) {  // not even the smallest steps keep the energy so well
      trajectory.energy_drift = drift;
      return false;
    }
  }
  return false;
}

bool Simulation::integrate_once(const Start& start, const IntegratorOptions& options,
                                Trajectory& trajectory) const {
  try {
    Orbit orbit = integrate(*system_, start.parameters, start.q, start.p, times_, options);
    trajectory.q = std::move(orbit.q);
    trajectory.p = std::move(orbit.p);
    trajectory.energy_lost = std::move(orbit.lost);
  } catch (const StalledIntegration& failure) {  // it would stall sooner still with a tighter tolerance
    throw Abandoned(Redraw::stalled, failure.what());
  } catch (const IntegrationFailure& failure) {
    throw Abandoned(Redraw::not_finite, failure.what());
  }
  certify(trajectory);
  return trajectory.energy_drift <= max_energy_drift_;
}

void Simulation::certify(Trajectory& trajectory) const {
  const std::size_t d = dimension(), frames = times_.size();
  trajectory.dq_dt.resize(frames * d);
  trajectory.dp_dt.resize(frames * d);
  trajectory.energy.resize(frames);
  for (std::size_t t = 0; t < frames; ++t) {
    const Reals q(&trajectory.q[t * d], d), p(&trajectory.p[t * d], d);
    const MutableReals dq_dt(&trajectory.dq_dt[t * d], d), dp_dt(&trajectory.dp_dt[t * d], d);
    rate(trajectory.parameters, q, p, dq_dt, dp_dt);
    trajectory.energy[t] = system_->energy(trajectory.parameters, q, p);
  }
  for (const auto* rates : {&trajectory.dq_dt, &trajectory.dp_dt})
    if (!all_finite(*rates)) throw Abandoned(Redraw::not_finite, "a velocity or a force is not finite");
  trajectory.energy_drift =
      energy_drift(trajectory.energy, trajectory.energy_lost, energy_size_of(trajectory));
}

double Simulation::energy_size_of(const Trajectory& trajectory) const {
  return energy_size(trajectory.q, trajectory.p, trajectory.dq_dt, trajectory.dp_dt, dimension());
}

void Simulation::observe(RandomStream random, Trajectory& trajectory) const {
  add_noise(trajectory.q, noise_std_, random, trajectory.q_observed);
  add_noise(trajectory.p, noise_std_, random, trajectory.p_observed);
  for (const auto* observed : {&trajectory.q_observed, &trajectory.p_observed})
    if (!all_finite(*observed))
      throw TrajectoryFailure("trajectory " + std::to_string(trajectory.id) +
                              ": what is observed of it is not finite, noise.std = " +
                              schemas::to_text(noise_std_) + " is too large");
}

void add_noise(Reals exact, double std, RandomStream& random, std::vector<double>& noisy) {
  noisy.assign(exact.begin(), exact.end());
  if (std == 0) return;
  for (double& value : noisy) value += std * random.normal();
}

double energy_size(Reals q, Reals p, Reals dq_dt, Reals dp_dt, std::size_t dimension) {
  double found = 0;
  for (std::size_t at = 0; at < q.size(); at += dimension) {
    double kinetic = 0, potential = 0;
    for (std::size_t k = at; k < at + dimension; ++k) {
      kinetic += std::abs(p[k] * dq_dt[k]);
      potential += std::abs(q[k] * dp_dt[k]);
    }
    found = std::max({found, kinetic / 2, potential / 2});
  }
  return found;
}

double drift_unit(double energy, double size) {
  if (std::abs(energy) >= smallest_ordinary) return std::abs(energy);
  if (size == 0 || !(size < smallest_ordinary)) return 1;
  return std::max(std::abs(energy), size);
}

double energy_drift(Reals energy, Reals lost, double size) {
  const double unit = drift_unit(energy[0], size);
  double largest = 0;
  for (std::size_t t = 0; t < energy.size(); ++t) {
    const double e = energy[t] + (lost.empty() ? 0 : lost[t]);
    if (!std::isfinite(e)) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, std::abs(e - energy[0]) / unit);
  }
  return largest;
}

}  // namespace hamgen::simulators
