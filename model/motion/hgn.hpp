// The Hamiltonian Generative Network (sec. 3.2, A.1): frames -> posterior of z -> f_psi -> state (q, p) at
// the first frame -> rollout through the learned Hamiltonian -> frames decoded from q alone.
//
// A state is an image [B, C, 4, 4] or a vector [B, C, 1, 1]; comments here say "4, 4" for both.
//
// The state may be that at the middle frame or a late one, instead: from there the rollout goes both ways,
// not as far, and the encoder, which sees the future of a frame and its past, knows it better.
//
// With another law of motion in place of the Hamiltonian, a network that gives dq/dt and dp/dt, the same
// model is "latent_ode": the baseline that tells what H is good for.
#pragma once

#include "model/data/encoder_input.hpp"
#include "model/dynamics/rollout.hpp"
#include "model/dynamics/vector_field.hpp"
#include "model/interfaces/video_model.hpp"
#include "model/losses/consistency.hpp"
#include "model/losses/guide.hpp"
#include "model/losses/objective.hpp"
#include "model/networks/nets.hpp"

namespace hamgen::model {

enum class Law { hamiltonian, vector_field };

// Of q, as settings and data have it. Only dense networks can move a vector: convolutions have nothing to slide over. Throws
// schemas::FieldError where settings do not go together.
LatentShape position_shape(const schemas::Settings& settings, const DataShape& shape);

class Hgn : public VideoModel {
 public:
  static std::vector<schemas::Field> fields(Law law);
  Hgn(const schemas::Settings& settings, const DataShape& shape, Law law = Law::hamiltonian);

  LossTerms loss(const Batch& batch, const StepContext& context) override;
  void after_step(const LossTerms& terms) override;

  std::vector<std::string> output_layers() const override;
  std::int64_t context() const override { return context_; }
  std::int64_t anchor() const override { return anchor_; }
  PhaseSpace infer(const Tensor& frames) const override;
  PhaseSpace infer_at_once(const Tensor& frames) const override;  // what the encoder gives
  std::vector<PhaseSpace> rollout(const PhaseSpace& start, std::int64_t count,
                                  double speed = 1) const override;
  Tensor decode(const PhaseSpace& state) const override;
  Tensor expected(const Tensor& decoded) const override { return objective_->expected(decoded); }
  const Dynamics& dynamics() const override { return *dynamics_; }
  std::optional<Posterior> posterior(const Tensor& frames) const override;
  PhaseSpace draw(const Posterior& posterior, std::uint64_t seed) const override;
  std::optional<PhaseSpace> draw_start(std::int64_t sequences, std::uint64_t seed) const override;

  // pixels: [B, context, 3, S, S] in units of 255.
  Posterior encode(const Tensor& pixels) const;
  // Of stored frames, u8 [B, T, H, W, 3]: the `shown` ones (encoder_input()), or each sequence's first.
  Posterior encode_frames(const Tensor& frames, const std::vector<std::int64_t>& shown) const;
  Posterior encode_frames(const Tensor& frames) const;
  PhaseSpace start(const Tensor& z) const override;  // f_psi

 private:
  // [N, C, 4, 4] -> [N, 3, S, S]
  Tensor decode_positions(const Tensor& q, at::ScalarType precision) const;
  Tensor decode_in_parallel(const Tensor& q, at::ScalarType precision) const;
  // The state at the anchor that the encoder gives for all of `frames`, after refinements_ steps (refinement.hpp).
  PhaseSpace refined_by(const Tensor& frames, const PhaseSpace& state) const;
  // [B, context, 6], of the `shown` of stored frames, in units of normalised pixels; undefined where they cannot be told.
  Tensor centres_of(const Tensor& frames, const std::vector<std::int64_t>& shown) const;

  // The error of decoded frames: what training lowers, and the mean square, which a multiplier is steered by.
  // They differ by Huber's error, which goes with no multiplier, and by the frames' total variation.
  struct DecodingError {
    Tensor minimised, squared;  // [] each
  };

  Tensor draw_z(const Posterior& posterior, std::uint64_t key, const Share& share) const;
  // The states at the frames of the span, from that at the anchor, which is one of them: [B, T, C, 4, 4].
  PhaseSpace states_of(const PhaseSpace& at_anchor, const Span& span) const;
  // Of the frames decoded from q [N, C, 4, 4] against the `chosen` [N] of frames, u8 [M, H, W, 3].
  DecodingError decoding_error(const Tensor& q, const Tensor& frames, const Tensor& chosen,
                               double progress) const;
  // Of the states that parts of the windows imply with the rollouts, [B, T, C, 4, 4] at the span's frames.
  Tensor inconsistency_of(const Tensor& frames, const PhaseSpace& states, const Span& span,
                          const StepContext& context) const;
  // mean_motion() of the whole window, of which `states` are the span's, over the whole batch.
  PhaseSpace motion_of_window(const PhaseSpace& states, const Span& span, std::int64_t window,
                              const StepContext& context) const;
  void log_energy(const PhaseSpace& states, LossTerms& terms) const;  // [B, T, C, 4, 4]
  // Gives the encoder the units in which it sees centres of colour; `deviation`, of pixels, [3, 1, 1].
  void see_centres(const schemas::Settings& settings, const DataShape& shape, const Tensor& deviation);

  std::int64_t context_, anchor_, decoded_frames_;
  LatentShape q_, z_;
  std::int64_t refinements_;
  bool is_deterministic_;
  double consistency_;
  bool is_reversed_;  // videos are played backward, too
  std::int64_t slice_;
  RolloutPlan plan_;
  at::ScalarType precision_;

  Encoder encoder_{nullptr};
  Transform transform_{nullptr};
  const Dynamics* dynamics_ = nullptr;  // one of the registered modules
  std::vector<Tensor> of_dynamics_;     // its parameters, where its gradients are written out
  Decoder decoder_{nullptr};
  Objective objective_{nullptr};
  Guide guide_{nullptr};  // none where objective.guide is 0
  PixelStatistics pixels_;
};

}  // namespace hamgen::model
