// A model of videos: it infers a state from frames, moves it, and draws it. What evaluation and rollouts
// need.
#pragma once

#include <optional>

#include "model/dynamics/hamiltonian.hpp"
#include "model/interfaces/model.hpp"
#include "model/networks/nets.hpp"

namespace hamgen::model {

// A sequence as the model sees it again, without gradients.
struct Rollout {
  Tensor frames;  // [B, T, 3, S, S] in units of 255
  Tensor energy;  // [B, T] of the learned Hamiltonian; undefined for a model without one
};

class VideoModel : public Model {
 public:
  explicit VideoModel(const DataShape& shape) : shape_(shape) {}
  Observation observation() const final { return Observation::frames; }
  Validation validate(const Batch& batch) override;

  // How many of a window's frames, from its first one on, the state is inferred from.
  virtual std::int64_t context() const = 0;
  // At which of a window's frames is the state that is inferred.
  virtual std::int64_t anchor() const { return 0; }
  // The state at the anchor, as likely as can be. frames: u8 [B, T, H, W, 3], T >= context().
  virtual PhaseSpace infer(const Tensor& frames) const = 0;
  // The same without what takes long: for a look while training.
  virtual PhaseSpace infer_at_once(const Tensor& frames) const { return infer(frames); }
  // The start and the states after 1, ..., count - 1 intervals, each `speed` times that between the frames
  // the model was trained on; negative: backward in time.
  virtual std::vector<PhaseSpace> rollout(const PhaseSpace& start, std::int64_t count,
                                          double speed = 1) const = 0;
  virtual Tensor decode(const PhaseSpace& state) const = 0;  // [B, 3, S, S]
  // What frames with the dataset's noise are on average where decoded ones [..., 3, S, S] are: not the same
  // for a model that decodes noise-free frames.
  virtual Tensor expected(const Tensor& decoded) const { return decoded; }
  virtual const Dynamics& dynamics() const = 0;
  // The distribution of what the state is made from; none where the encoder gives a point.
  virtual std::optional<Posterior> posterior(const Tensor&) const { return std::nullopt; }
  // The state that z means, at the anchor, as are all that are drawn.
  virtual PhaseSpace start(const Tensor& /*z*/) const { return {}; }
  // A state drawn from it.
  virtual PhaseSpace draw(const Posterior&, std::uint64_t /*seed*/) const { return {}; }
  // States of as many sequences from the prior; none where there is no prior to draw from.
  virtual std::optional<PhaseSpace> draw_start(std::int64_t, std::uint64_t /*seed*/) const {
    return std::nullopt;
  }

  // [B] of the learned Hamiltonian; undefined where there is none.
  Tensor energy(const PhaseSpace& state) const;
  Rollout show(const std::vector<PhaseSpace>& states) const;
  // The states at a window's frames 0, ..., count - 1, from that at the anchor: backward and forward.
  std::vector<PhaseSpace> window(const PhaseSpace& at_anchor, std::int64_t count) const;
  // Infers the state from the window's first frames, and rolls out `count` frames from the window's
  // beginning.
  Rollout reconstruct(const Tensor& frames, std::int64_t count) const;
  // Sequences from the prior; undefined where there is none.
  Rollout sample(std::int64_t sequences, std::int64_t count, std::uint64_t seed) const;

  const DataShape& shape() const { return shape_; }

 protected:
  DataShape shape_;
};

}  // namespace hamgen::model
