// One trajectory of a dataset: drawn, integrated, certified, observed.
//
// Trajectory i of a split depends on (settings, seed, split, i) alone: not on threads, shards or order. Its
// certificate is the energy drift max_t |E_t - E_0| / |E_0| (or max_t |E_t - E_0| where |E_0| < 1e-3); with
// friction, of the balance E_t + W_t, where W_t is what friction took. Above the allowed drift the
// integration is repeated with a tighter tolerance, and then the start is drawn again under the next attempt
// number.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "simulators/base/integrate.hpp"
#include "simulators/base/system.hpp"

namespace hamgen::simulators {

// T frames, D coordinates; arrays are row-major [T, D].
struct Trajectory {
  std::int64_t id = 0;
  std::vector<double> parameters;  // [P]: the system's constants, then the hues of its bodies if drawn
  std::vector<double> q, p;        // exact
  std::vector<double> q_observed, p_observed;  // with observation noise (paper sec. 4): what frames show
  std::vector<double> dq_dt, dp_dt;            // Hamilton's equations at (q, p)
  std::vector<double> energy;                  // [T]
  std::vector<double> energy_lost;  // [T], what friction took since the start; empty without friction
  double energy_drift = 0;
  View view;
  std::uint64_t redraws = 0;      // starts given up before this one
  std::uint64_t tightenings = 0;  // integrations repeated with a tighter tolerance, redrawn starts included
};

// No acceptable start within integrator.max_attempts.
class TrajectoryFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Everything that turns a trajectory number into a trajectory. Immutable; safe to share between threads.
class Simulation {
 public:
  // The fields common to all systems: steps, dt, noise, integrator, view. A system's own defaults come on
  // top.
  static std::vector<schemas::Field> fields();

  // Throws schemas::FieldError for settings that contradict each other.
  Simulation(const SystemDescriptor& descriptor, const schemas::Settings& settings);

  const System& system() const { return *system_; }
  const std::string& hamiltonian() const { return hamiltonian_; }  // in words: "H = ..."
  const std::vector<double>& times() const { return times_; }      // [T], times[t] = t * dt
  std::size_t frames() const { return times_.size(); }             // T = steps + 1
  std::size_t dimension() const { return system_->dimension(); }
  std::vector<Label> parameter_labels() const;  // P labels
  // The system's own of a trajectory's parameters: what its methods take as `c`.
  Reals constants(Reals parameters) const;
  // The orbit through (q0, p0) over these times, with this dataset's friction, as exactly as can be.
  Orbit exact_orbit(Reals parameters, Reals q0, Reals p0, Reals times) const;
  // Hamilton's equations at (q, p), with this dataset's friction.
  void rate(Reals parameters, Reals q, Reals p, MutableReals dq_dt, MutableReals dp_dt) const;
  // What (q, p) looks like; overwrites the scene but for its view.
  void show(Reals parameters, Reals q, Reals p, Scene& scene) const;
  double max_energy_drift() const { return max_energy_drift_; }
  double noise_std() const { return noise_std_; }
  bool has_friction() const { return integrator_.friction != 0; }
  // Whether a trajectory played backward, momenta turned around, is one of the same system.
  bool is_reversible() const { return system_->is_reversible() && !has_friction(); }
  View nominal_view() const { return {0, 0, half_width_}; }

  // Throws TrajectoryFailure.
  Trajectory trajectory(Split split, std::int64_t id) const;

 private:
  // Fills states and certificate from a start, or says why it cannot: the drift stays too large, the solver
  // gave up.
  std::optional<std::string> follow(const Start& start, Trajectory& trajectory) const;
  void certify(Trajectory& trajectory) const;
  void observe(RandomStream random, Trajectory& trajectory) const;

  std::unique_ptr<System> system_;
  std::string hamiltonian_;
  Look look_;
  std::size_t constants_ = 0;  // of the system, among a trajectory's parameters
  std::uint64_t seed_;
  std::vector<double> times_;
  double noise_std_;
  IntegratorOptions integrator_;
  double max_energy_drift_;
  std::int64_t max_tightenings_, max_attempts_;
  double view_offset_, half_width_;
};

// The exact positions with fresh Gaussian noise: one more draw of what q_observed could have been.
void add_noise(Reals exact, double std, RandomStream& random, std::vector<double>& noisy);

// max_t |E_t - E_0| / |E_0|, or max_t |E_t - E_0| where |E_0| < 1e-3; E = energy + lost. `lost` may be empty.
double energy_drift(Reals energy, Reals lost = {});

}  // namespace hamgen::simulators
