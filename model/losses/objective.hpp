// The training objective: reconstruction error and KL divergence of the temporal ELBO (eq. 4), and how they
// are weighed against each other. With a Gaussian decoder of variance 1 the reconstruction term is the mean
// squared pixel error, up to a constant and a factor of one half.
//
//   geco   loss = KL + lambda C, with C = MSE - kappa^2. lambda follows the moving average of C:
//          lambda <- clamp(lambda exp(rate clamp(C_average / kappa^2, -1, 1))),
//          so it grows while the error is above the tolerance kappa, and falls below it. kappa^2 is a multiple
//          of the dataset's noise floor, below which no model comes: with a smaller one lambda climbs to its
//          bound, and KL is off. A model without KL minimises the error itself.
//          The multiplier may as well stand before KL, as in A.1: loss = C + KL / lambda, the same up to a
//          factor, of which Adam knows nothing, but that of its clipping and that of lambda's own changes.
//   beta   loss = MSE + beta KL; beta = 2 is the ELBO of variance 1. It may grow over the training: a small
//          one at first lets the state carry what frames need, a larger one then closes what they do not.
//
// In place of the squared error e^2 of a pixel there may be Huber's, 2 h |e| - h^2 beyond the threshold h,
// which comes down from 1, where both are the same, over the training. What lowers the squared error of noisy
// frames is their mean, which the noise of positions blurs; what lowers Huber's comes, as h goes to 0, to
// their median, in which a disc that is wider than the noise stays sharp (Huber 1964,
// doi:10.1214/aoms/1177703732).
//
// Where the dataset says how far its noise moves discs, the decoder may draw noise-free frames
// (noise = known): the mean of noisy pictures of a disc is its picture blurred by the noise (where discs do
// not cover each other), and so decoded frames are blurred before they are compared: by a Gaussian, or, where noise turns the
// picture about a point, along arcs (turning_blur.hpp). What the blur hides,
// squared errors cannot tell; the total variation of decoded frames, with a small weight, leaves discs even
// and their edges sharp (Rudin, Osher, Fatemi 1992, doi:10.1016/0167-2789(92)90242-F).
//
// MSE and kappa are in units of (pixel value / 255); the KL divergence is in nats per pixel value of the
// whole window, however much of it counts. Sources: A.1; Rezende, Viola 2018, arXiv:1810.00597.
#pragma once

#include <vector>

#include "model/data/data_shape.hpp"
#include "model/losses/multiplier.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {

// KL(N(mean, exp(log_variance)) || N(0, 1)), summed over all but the first axis: [B] nats.
Tensor kl_to_standard_normal(const Tensor& mean, const Tensor& log_variance);

// kappa^2: of objective.kappa, or of the noise floor. (pixel value / 255)^2.
double tolerance_of(const schemas::Settings& settings, const DataShape& shape);

class ObjectiveImpl : public MultiplierImpl {
 public:
  static std::vector<schemas::Field> fields();
  explicit ObjectiveImpl(const schemas::Settings& settings, const DataShape& shape = {});

  // What noisy frames are on average where decoded ones [..., 3, S, S] are without noise; or these
  // themselves, where the decoder draws noisy ones.
  Tensor expected(const Tensor& decoded) const;
  // The weighted total variation of decoded frames [N, 3, S, S], summed: []; undefined without a weight.
  Tensor roughness(const Tensor& decoded) const;
  // Of each pixel value, from what it misses the truth by; of the same shape.
  Tensor pixel_error(const Tensor& missed, double progress) const;
  // Scalars in, scalar out. Where `kl` is undefined (deterministic model) it is the error.
  // `progress`: which part of training is done, in [0, 1].
  Tensor loss(const Tensor& mse, const Tensor& kl, double progress = 0) const;
  // After each step, with that step's error; changes nothing with a fixed beta.
  void update(const Tensor& mse);

 private:
  bool is_geco_, is_before_kl_;       // the multiplier
  double beta_, growth_, tolerance_;  // growth of beta over the whole training
  double huber_end_, total_variation_;
  Tensor blur_x_, blur_y_;  // [S, S]: of rows and of columns; undefined where noise is unknown
  // [S^2, S^2], sparse: of whole pictures, where the last ones were; undefined where noise turns none.
  mutable Tensor turning_;
};
TORCH_MODULE(Objective);

}  // namespace hamgen::model
