// A Hamiltonian system: H(q, p), its gradient, how trajectories start, and what it looks like.
//
// Hamilton's equations (paper eq. 3):  dq/dt = dH/dp,  dp/dt = -dH/dq.
//
// q and p each have `dimension()` coordinates. `c` holds the constants of one trajectory (masses, stiffness,
// ...), as drawn by `draw_start` and stored in the shard's `parameters`. All methods are const and
// thread-safe. Adding a system: docs/develop/adding-a-system.md.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schemas/field.hpp"
#include "simulators/base/random_stream.hpp"
#include "simulators/base/scene.hpp"

namespace hamgen::simulators {

using Reals = std::span<const double>;
using MutableReals = std::span<double>;

struct Label {
  std::string name;  // "k", "x_1"
  std::string unit;  // "mass / time^2"
};

// Where a trajectory begins.
struct Start {
  std::vector<double> parameters;  // [P]
  std::vector<double> q, p;        // [D] each
};

// The plane in which a preview draws the system: phase-space coordinates, counted 0..D-1 for q and D..2D-1
// for p. The energy landscape is drawn over the first pair, the motion over all of them.
struct PortraitAxes {
  std::vector<std::pair<std::size_t, std::size_t>> planes;
  std::string x_label, y_label;
};

// What moves a state: H(q, p) and its gradient.
class Hamiltonian {
 public:
  virtual ~Hamiltonian() = default;

  virtual double energy(Reals c, Reals q, Reals p) const = 0;
  virtual void dH_dq(Reals c, Reals q, Reals p, MutableReals out) const = 0;
  virtual void dH_dp(Reals c, Reals q, Reals p, MutableReals out) const = 0;
  // Whether H = V(q) + K(p), so that leapfrog is explicit and symplectic.
  virtual bool is_separable() const { return true; }
};

class System : public Hamiltonian {
 public:
  virtual std::size_t dimension() const = 0;                      // D
  virtual std::vector<std::string> coordinate_names() const = 0;  // D names, "x_1"
  virtual std::vector<Label> parameter_labels() const = 0;        // P labels
  // H where the settings say what it is; empty: what the descriptor says.
  virtual std::string hamiltonian() const { return {}; }
  virtual std::string energy_unit() const { return "mass length^2 / time^2"; }
  virtual std::string position_unit() const = 0;
  virtual std::string momentum_unit() const = 0;
  // What t and dt count, for pictures: "years".
  virtual std::string time_unit() const { return "units of time"; }

  virtual Start draw_start(RandomStream& random) const = 0;  // throws StartFailure

  // Whether H(q, -p) = H(q, p), so that a motion played backward is a motion, too.
  virtual bool is_reversible() const { return true; }
  // Whether a force of -friction dq/dt on each p makes sense. Not where coordinates are no lengths or angles,
  // or a metric belongs between them.
  virtual bool allows_friction() const { return true; }

  // What the state (q, p) looks like: overwrites the scene's discs (and tiles, where it has any); memory is
  // reused from one call to the next. Discs name their body; colours come later (Simulation::show).
  virtual void show(Reals c, Reals q, Reals p, Scene& scene) const = 0;
  // Bodies that discs name.
  virtual std::size_t bodies() const = 0;
  // Half-width of the square view that shows every ordinary trajectory, world units. The view's centre is the
  // origin.
  virtual double half_width() const = 0;
  // After this length along x and y the world repeats, and half_width() is half of it; 0: it does not.
  virtual double period() const { return 0; }
  virtual PortraitAxes portrait_axes() const = 0;
};

// A start that the settings ask for was not found. The trajectory is drawn again.
class StartFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One row of the registry: all there is to know about a system before it is built.
struct SystemDescriptor {
  std::string name;         // "three_body"
  std::string summary;      // one line
  std::string hamiltonian;  // "H = p^2 / (2 m) + k q^2 / 2"
  std::string reference;    // paper section, DOI
  std::string conserved;    // constants of the motion in words: "H, angular momentum"
  // Fields of its own, and defaults in which it differs from the common fields.
  std::vector<schemas::Field> fields;
  std::vector<std::pair<std::string, schemas::Value>> defaults;
  // Throws schemas::FieldError when the settings contradict each other.
  std::function<std::unique_ptr<System>(const schemas::Settings&)> create;
};

// A draw from U(low, high); nothing is drawn where they are equal.
double draw(const schemas::Spread& spread, RandomStream& random);

// A radius-and-angle start (paper sec. 4): (q, p) uniform on the circle of radius r with r ~ U(low, high)
// ("circle"), or uniform over the area between the circles ("annulus"). Of several degrees of freedom each
// pair (q_k, p_k) is drawn so, independently.
std::vector<schemas::Field> radial_start_fields(double low, double high);
Start draw_radial_start(const schemas::Settings& settings, std::vector<double> parameters,
                        RandomStream& random, std::size_t dimension = 1);

}  // namespace hamgen::simulators
