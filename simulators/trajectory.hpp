// One trajectory of a dataset: drawn, integrated, certified, observed.
//
// Trajectory i of a split depends on (settings, seed, split, i) alone: not on threads, shards or order. Its
// certificate is the energy drift max_t |E_t - E_0| / |E_0|; with friction, of the balance E_t + W_t, where W_t
// is what friction took. Where |E_0| < 1e-3 it is max_t |E_t - E_0|, in units of the energies that the trajectory
// has (energy_size) if these are all below 1e-3, too. Above the allowed drift the integration is repeated with a
// tighter tolerance, then under the eye of the energy step by step, and then the start is drawn again under the
// next attempt number.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

#include "simulators/base/integrate.hpp"
#include "simulators/base/system.hpp"

namespace hamgen::simulators {

// Why a start is given up.
enum class Redraw {
  energy_drift,  // above what is allowed, however small the steps
  stalled,       // no step was small enough, or too many were needed
  not_finite,    // state, velocity or force
  no_start,      // none that is as start.* says
};
inline constexpr std::array redraw_names{"energy_drift", "stalled", "not_finite", "no_start"};
using RedrawCounts = std::array<std::uint64_t, redraw_names.size()>;  // in that order

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
  std::uint64_t redraws = 0;  // starts given up before this one
  RedrawCounts redraw_reasons{};
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
  // Whether each trajectory is seen through a window of its own.
  bool has_own_views() const { return view_offset_ > 0; }

  // Throws TrajectoryFailure.
  Trajectory trajectory(Split split, std::int64_t id) const;

 private:
  // Fills states and certificate from a start, or throws why it cannot: the drift stays too large, the solver
  // gave up. The others do so, too, and tell whether the certificate holds.
  void follow(const Start& start, Trajectory& trajectory) const;
  bool follow_watched(const Start& start, Trajectory& trajectory) const;
  bool integrate_once(const Start& start, const IntegratorOptions& options, Trajectory& trajectory) const;
  void certify(Trajectory& trajectory) const;
  double energy_size_of(const Trajectory& trajectory) const;
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

// How large the energies of a motion are, kinetic and potential one by one: half the larger of |p dq/dt| and
// |q dp/dt|, summed over the coordinates, anywhere on its course. [T, D] each.
double energy_size(Reals q, Reals p, Reals dq_dt, Reals dp_dt, std::size_t dimension);

// What the drift of a trajectory is relative to, that begins with this energy: the energy; 1 where that is next to
// nothing; but no more than the size of all its energies (units.hpp).
double drift_unit(double energy, double size);

// max_t |E_t - E_0| in that unit; E = energy + lost. `lost` may be empty.
double energy_drift(Reals energy, Reals lost = {}, double size = 1);

}  // namespace hamgen::simulators
