// How good a density model is: bounds of its likelihood, its divergence from a known target, modes that it
// misses, and how exactly its flow can be undone. Points are fp64 [n, d] on the CPU; log-densities in nats.
#pragma once

#include <cstdint>
#include <vector>

#include "model/data/targets.hpp"
#include "model/interfaces/density_model.hpp"

namespace hamgen::model {

// The mean over points of log(mean of `draws` weights): 1 is the ELBO, more the importance-weighted bound
// (Burda, Grosse, Salakhutdinov 2016, arXiv:1509.00519).
struct LikelihoodBound {
  std::int64_t draws = 1;
  double mean = 0, standard_error = 0;  // over points
};
// All from one pool of weights in groups that contain each other, so that each bound is at least the one
// before, point by point. `draws` ascends, each number divides the next. Where the model has no latent
// variables one draw is exact, and all are equal.
std::vector<LikelihoodBound> likelihood_bounds(const DensityModel& model, const Tensor& points,
                                               const std::vector<std::int64_t>& draws,
                                               const at::Device& device);
// log of the mean of `draws` weights, [n] fp64 on the CPU.
Tensor log_density(const DensityModel& model, const Tensor& points, std::int64_t draws,
                   const at::Device& device);

// Points of the model, fp64 [count, d] on the CPU.
Tensor draw_samples(const DensityModel& model, std::int64_t count, std::uint64_t seed);

// Of two dimensions, by the midpoint rule on cells x cells squares over the target's extent.
struct GridComparison {
  double divergence = 0;  // KL(target || model); a little too large where weights vary: E log <= log E
  double mass = 0;        // of the model inside the extent: near 1, or the grid is too coarse for it
  std::int64_t cells = 0, draws = 0;
  Tensor log_target, log_model;  // [cells^2]; x1 runs fastest (square_grid)
};
GridComparison compare_on_grid(const DensityModel& model, const Target& target, std::int64_t cells,
                               std::int64_t draws, const at::Device& device);

// Which of a target's modes the samples reach: a mode is covered if it has at least a quarter of the samples
// that it should have.
struct ModeCoverage {
  std::int64_t modes = 0, covered = 0;
  double largest_error = 0;  // max |share of samples / weight - 1|
  double stray = 0;          // share of the samples that are near no mode
};
ModeCoverage mode_coverage(const Tensor& samples, const Target& target);

// max |inverse(flow(s)) - s| and the median over `count` states s of the prior, in the model's type.
struct InversionError {
  double largest = 0, median = 0;
};
InversionError inversion_error(const DensityModel& model, std::int64_t count, std::uint64_t seed);
// max ||det d flow(s) / ds| - 1| over states of the prior, by automatic differentiation; for a flow that
// keeps volume.
double volume_error(const DensityModel& model, std::int64_t count, std::uint64_t seed);

// Gaussian kernel density estimate of `samples` at `points`, [n]; bandwidth in their units (A.2: 0.3 of 1,000
// samples).
Tensor kernel_density(const Tensor& samples, const Tensor& points, double bandwidth);

}  // namespace hamgen::model
