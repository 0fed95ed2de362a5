// What flows of every kind begin and end with: standardised coordinates, and a prior density.
#pragma once

#include <vector>

#include "model/data/data_shape.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {

// Shift and scale to mean 0 and deviation 1 of every coordinate, if asked for; constants, saved with the
// weights.
class StandardizerImpl : public torch::nn::Module {
 public:
  static schemas::Field field();
  StandardizerImpl(const schemas::Settings& settings, const DataShape& shape);
  Tensor apply(const Tensor& x) const { return (x - mean) / deviation; }
  Tensor undo(const Tensor& y) const { return y * deviation + mean; }
  Tensor log_volume() const { return deviation.log().sum(); }  // log |dx / dy|

  Tensor mean, deviation;  // [d]
};
TORCH_MODULE(Standardizer);

// The density that a flow begins with, independent in each of its coordinates, in nats.
//
//   normal        N(0, 1)
//   soft_uniform  f(b (s + w/2)) f(-b (s - w/2)) (1 - e^(-b w)) / w, f the logistic function: a box of
//                 width w with edges as wide as 1 / b; a uniform number plus a logistic one of scale 1 / b
//
// Source: sec. 4 (there w is sigma, b is beta; the normaliser is not given).
class FlowPrior {
 public:
  static std::vector<schemas::Field> fields(const char* kind);
  explicit FlowPrior(const schemas::Settings& settings);
  Tensor log_density(const Tensor& s) const;  // [B, n] -> [B]
  Tensor sample(std::int64_t count, std::int64_t coordinates, const at::TensorOptions& options,
                at::Generator& generator) const;
  double entropy_per_coordinate() const;  // nats

 private:
  bool is_normal_;
  double width_, sharpness_;
};

}  // namespace hamgen::model
