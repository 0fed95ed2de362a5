// How well a learned phase space (q, p) maps to the true one (Q, P), whatever model learned it: SyMetric, of
// Higgins et al. 2021, arXiv:2111.05986. A polynomial map f: (q', p') -> (Q, P) is fitted by Lasso; the
// latent space is a good one where f explains the true state and its Jacobian J is symplectic:
//
//   A = J Omega_k J^T = c Omega_D        Omega_k = [[0, I], [-I, 0]], of 2k x 2k
//
// at all points, with one constant c: a learned Hamiltonian fixes the scales of q and p only up to c. Then
// the latent Poisson brackets {Q_i, P_j} = c delta_ij, {Q_i, Q_j} = {P_i, P_j} = 0 are the true ones.
//
//   latents   q and p are centred, divided by one scale each, and projected to the same k orthonormal
//             directions U: q' = U^T q, p' = U^T p, which changes no bracket but by a constant. U are the
//             principal directions of cov(q) + cov(p) that hold 99.9 % of the variance, at most 6.
//   f         all monomials of (q', p') up to the highest order <= 5 that has at most 500; for each
//             coordinate the Lasso penalty that is best on the last fifth of the fitted trajectories.
//   truth     where Q moves in a subspace only, of orthonormal basis B, brackets are those of B^T Q and
//             B^T P: a centre of mass at rest has none to be learned.
//
// R^2 and J are of the last fifth of the trajectories, which the fit has not seen. With n = 2D, Frobenius
// norms, and means over points:
//
//   symplectic_error      mean |A - c Omega_D| / sqrt(mean |A|^2) with the best c: the relative error where
//                         it is small, 1 where nothing is symplectic
//   symplectic_deviation  mean |A A^T / m - I|^2 / n^2, m = mean max_ij |A A^T|: the authors' measure
//
// is_symmetric asks, like the authors, for R^2 > 0.9 and a deviation below 0.05; and for an error below 0.16.
// That is about what 0.05 comes to for n = 2. For larger n the deviation overlooks too much: its 1/n^2
// dilutes one bad pair among good ones, and positions paired with the wrong momenta have A A^T = I as well.
//
// Otherwise unlike the authors (their program is physics_inspired_models/eval_metric.py, with
// jaxline_train.py, of github.com/google-deepmind/deepmind-research), who scale each coordinate by itself,
// which is no canonical map; take the lowest order that has R^2 > 0.9 on the fitted points, averaged over
// coordinates; and allow each trajectory an m of its own. Here the order is the highest, R^2 is of each
// coordinate on points held out, and c and m are one for all points.
//
// Where more latent dimensions move than true ones, the points are a surface in (q', p'), and f off that
// surface, so J too, is what the penalty makes it.
#pragma once

#include "model/base/torch.hpp"

namespace hamgen::model {

struct LatentStates {
  Tensor q, p;  // double [N, K] each, in the model's own units
};
struct TrueStates {
  Tensor q, p;  // double [N, D] each
};

struct Symmetric {
  // Mean coefficients of determination over the coordinates that vary; 0 where none does. Below 0 where the
  // map is worse than the mean.
  double r2_q = 0, r2_p = 0;
  double symplectic_error = 1, symplectic_deviation = 1;
  bool is_symmetric = false;
  std::int64_t pairs = 0, order = 0;  // k, and the polynomials' order
};

// The points are in order: trajectory by trajectory, `points_per_trajectory` each, 3 trajectories at least;
// std::invalid_argument otherwise. Latent positions or momenta that are not all finite count as constant.
Symmetric measure_symmetric(const LatentStates& latents, const TrueStates& truth,
                            std::int64_t points_per_trajectory);

}  // namespace hamgen::model
