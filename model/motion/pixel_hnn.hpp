// PixelHNN (Greydanus et al. 2019, arXiv:1906.01563; A.3 of the paper): an autoencoder of pairs of frames
// X_t = (x_t, x_t+1) whose embedding z_t = (q_t, p_t) is taken for the state, and a Hamiltonian Neural
// Network on it. Time is counted in frames. The loss is eq. 15, means over the batch:
//
//   L = w_a |X_t - decode(z_t)|^2                                       (14), over pixel values
//     + w_c |p_t - (q_t+1 - q_t)|^2                                     (13)
//     + w_h |(dH/dp, -dH/dq)(z_t) - (z_t+1 - z_t)|^2                    (12)
//     + w_d / 2 |parameters|^2
//
// w_a = 1 in eq. 15. The other terms have no scale of their own: where all pixels' variance is small (a disc
// on a plain background), they win by shrinking z to a point, and every frame becomes the mean image. A
// larger w_a keeps them in their place.
//
// "pixel_hnn" has dense networks, with residual connections as in the original; "pixel_hnn_conv" HGN's
// encoder and decoder, with a linear layer between their latent image and z.
#pragma once

#include "model/data/encoder_input.hpp"
#include "model/dynamics/mlp_dynamics.hpp"
#include "model/dynamics/rollout.hpp"
#include "model/interfaces/video_model.hpp"

namespace hamgen::model {

class PixelHnn : public VideoModel {
 public:
  enum class Kind { dense, convolutional };
  static std::vector<schemas::Field> fields(Kind kind);
  PixelHnn(const schemas::Settings& settings, const DataShape& shape, Kind kind);

  std::int64_t training_frames(const DataShape&) const override { return 3; }
  LossTerms loss(const Batch& batch, const StepContext& context) override;

  std::vector<std::string> output_layers() const override;
  std::int64_t context() const override { return 2; }
  PhaseSpace infer(const Tensor& frames) const override;  // [B, D] each
  std::vector<PhaseSpace> rollout(const PhaseSpace& start, std::int64_t count,
                                  double speed = 1) const override;
  Tensor decode(const PhaseSpace& state) const override;
  const Dynamics& dynamics() const override { return *hamiltonian_; }

 private:
  // pixels: [B, 2, 3, S, S] in units of 255.
  PhaseSpace encode(const Tensor& pixels) const;
  Tensor decode_pair(const PhaseSpace& state) const;  // likewise
  void make_dense(const schemas::Settings& settings, Initializer& initializer);
  void make_convolutional(const schemas::Settings& settings, Initializer& initializer);

  std::int64_t dimension_;  // D of z = (q, p)
  double autoencoder_weight_, canonical_weight_, hnn_weight_, weight_decay_;
  std::string stepper_;
  StepperOptions stepper_options_;
  std::int64_t substeps_;
  at::ScalarType precision_;

  Mlp dense_encoder_{nullptr}, dense_decoder_{nullptr};
  Encoder encoder_{nullptr};
  Decoder decoder_{nullptr};
  Dense to_state_{nullptr}, from_state_{nullptr};
  MlpHamiltonian hamiltonian_{nullptr};
  PixelStatistics pixels_;
};

}  // namespace hamgen::model
