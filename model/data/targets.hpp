// Target densities for density models: built in, sampled exactly, with the logarithm of the density known.
//
//   gaussian      N((0.5, -0.3), C), standard deviations 1 and 0.6, correlation 0.6
//   two_modes     sum_k N(c_k, s^2) / K with c = (+-2, 0), s = 0.5
//   four_modes    the same with c = (+-2, +-2), s = 0.5
//   ring          eight c on the circle of radius 4 / sqrt(2), s = 0.5 / sqrt(2): FFJORD's 8gaussians
//   grid          25 c at the even numbers from -4 to 4 in both axes, s = 0.2
//   moons         +-2 (cos t - 0.5, sin t - 0.25) + 0.2 N(0, 1), t uniform in [0, pi]: the usual two moons
//                 (cos t, sin t), (1 - cos t, 0.5 - sin t) with noise 0.1, centred and twice as large
//   checkerboard  uniform on the 8 dark ones of the 4 x 4 squares that cover [-4, 4]^2
//   spiral        +-(-t cos t, t sin t) / 3 + 0.15 N(0, 1), t = 3 pi sqrt(u), u uniform in [0, 1]: FFJORD's
//                 2spirals with this noise in place of its own, partly uniform one
//   banana        x1 = 1.5 z1, x2 = 0.5 (x1^2 - 1.5^2) + 0.4 z2, z ~ N(0, 1)
//   mixture       K modes in d dimensions, s = 0.5, c uniform in [-3, 3]^d and 2 apart where there is room
//
// FFJORD: Grathwohl et al., ICLR 2019, arXiv:1810.01367 (toy data as in its published code). The banana:
// Haario, Saksman, Tamminen 1999, doi:10.1007/s001800050022.
//
// All on the CPU in fp64; points [n, d], without unit; densities and entropies in nats.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/base/torch.hpp"

namespace hamgen::model {

// Of a value that was not sampled, the standard error is 0: it is right to 1e-8.
struct Entropy {
  double value = 0, standard_error = 0;
};

class Target {
 public:
  virtual ~Target() = default;
  virtual std::int64_t dimension() const = 0;
  // Independent points [count, d]: a function of the generator's state.
  virtual Tensor sample(std::int64_t count, at::Generator& generator) const = 0;
  // [n, d] -> [n]; -infinity outside the support.
  virtual Tensor log_density(const Tensor& x) const = 0;

  // Half the side of the square around the origin outside of which the mass is below 1e-8 (the checkerboard:
  // the support). In d dimensions a cube, and d / 2 times that.
  virtual double extent() const = 0;
  // Differential entropy -E[log p]: closed form, else quadrature in two dimensions (seconds at most),
  // else the mean of 200,000 samples of a fixed seed.
  virtual Entropy entropy() const;

  // Centres [modes, d], the weight of each [modes], and the distance from a centre within which at least 98 %
  // of its mass lies. Undefined and 0 where there are none to count.
  virtual Tensor modes() const { return {}; }
  virtual Tensor mode_weights() const { return {}; }
  virtual double mode_radius() const { return 0; }
};

// What "mixture" depends on; the others have no options. The first centres of more modes are those of fewer.
struct TargetOptions {
  std::int64_t dimension = 2, modes = 5;
  std::uint64_t seed = 0;
};

struct TargetDescriptor {
  std::string name, summary;
  std::unique_ptr<Target> (*make)(const TargetOptions&);
};
const std::vector<TargetDescriptor>& targets();
// Throws schemas::FieldError for an unknown name, and for less than one dimension or mode.
std::unique_ptr<Target> make_target(const std::string& name, const TargetOptions& options = {});

// Centres of the cells x cells squares that tile [-half_side, half_side]^2, [cells^2, 2]; x1 runs fastest.
Tensor square_grid(double half_side, std::int64_t cells);

}  // namespace hamgen::model
