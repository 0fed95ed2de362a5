// Models whose every property is known: they read the state off the picture, and move it by a given law.
#pragma once

#include <cmath>

#include "model/dynamics/integrators.hpp"
#include "model/dynamics/rollout.hpp"
#include "model/interfaces/video_model.hpp"

namespace hamgen::tests {

// An oscillator H = (q^2 + p^2) / 2 whose state stands in the first pixels: frames of 8x8, q in red, p in
// green, of 0.5 + x / 4.
struct Oscillator : model::Hamiltonian {
  bool is_separable() const override { return true; }
  at::Tensor energy(const at::Tensor& q, const at::Tensor& p) const override {
    return 0.5 * (q.square() + p.square()).flatten(1).sum(1);
  }
};

// dq/dt = p, dp/dt = -q - loss p: energy leaks at a known rate.
struct LeakingOscillator : model::Dynamics {
  double loss;
  explicit LeakingOscillator(double l) : loss(l) {}
  model::PhaseSpace rate(const model::PhaseSpace& s) const override { return {s.p, -s.q - loss * s.p}; }
};

struct Standstill : model::Hamiltonian {
  bool is_separable() const override { return true; }
  at::Tensor energy(const at::Tensor& q, const at::Tensor& p) const override {
    return 0 * (q + p).flatten(1).sum(1);
  }
};

class ImaginaryModel : public model::VideoModel {
 public:
  ImaginaryModel(const model::Dynamics& dynamics, std::string stepper, double dt)
      : VideoModel({31, 8, dt, {0.5, 0.5, 0.5}, {1, 1, 1}}),
        dynamics_(dynamics),
        stepper_(std::move(stepper)) {}

  model::LossTerms loss(const model::Batch&, const model::StepContext&) override { return {}; }
  std::int64_t context() const override { return 1; }
  model::PhaseSpace infer(const at::Tensor& frames) const override {
    const at::Tensor first = (model::to_pixels(frames, 8).select(1, 0) - 0.5) * 4;
    return {first.select(1, 0).flatten(1).narrow(1, 0, 1), first.select(1, 1).flatten(1).narrow(1, 0, 1)};
  }
  std::vector<model::PhaseSpace> rollout(const model::PhaseSpace& start, std::int64_t count,
                                         double speed = 1) const override {
    model::StepperOptions options;
    options.dt = shape_.dt * speed;
    return model::rollout(stepper_, dynamics_, start, count, options);
  }
  at::Tensor decode(const model::PhaseSpace& s) const override {
    const auto plane = [](const at::Tensor& x) {
      return (0.5 + x / 4).view({-1, 1, 1, 1}).expand({-1, 1, 8, 8});
    };
    return at::cat({plane(s.q), plane(s.p), at::full({s.q.size(0), 1, 8, 8}, 0.5, s.q.options())}, 1);
  }
  const model::Dynamics& dynamics() const override { return dynamics_; }

 private:
  const model::Dynamics& dynamics_;
  std::string stepper_;
};

}  // namespace hamgen::tests
