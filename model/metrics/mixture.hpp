// A mixture of Gaussians, fitted to points. A model's own prior, N(0, 1), and what its encoder makes of data
// are not the same distribution: where much of the former lies between the leaves of the latter, samples show
// what no data does. A mixture fitted to the encoded data afterwards does not
// (ex-post density estimation: Ghosh et al., ICLR 2020, arXiv:1903.12436).
#pragma once

#include <cstdint>

#include "model/base/torch.hpp"

namespace hamgen::model {

struct Mixture {
  Tensor weights;  // [K], their sum is 1
  Tensor means;    // [K, D]
  Tensor factors;  // [K, D, D]: the covariances' lower Cholesky factors
};

// By expectation and maximisation (Dempster, Laird, Rubin 1977), beginning with k-means. points: [N, D], each
// known up to Gaussian noise of `variance` [D] > 0, which every component's covariance contains; all double,
// on the CPU. As many components as are asked for, but no more than points / 10. Throws
// std::invalid_argument without ten points.
Mixture fit_mixture(const Tensor& points, const Tensor& variance, std::int64_t components,
                    std::uint64_t seed);

// [N] log densities at points [N, D].
Tensor log_density(const Mixture& mixture, const Tensor& points);

// [count, D], double.
Tensor draw(const Mixture& mixture, std::int64_t count, std::uint64_t seed);

}  // namespace hamgen::model
