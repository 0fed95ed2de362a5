// Adam (Kingma, Ba 2015, arXiv:1412.6980), or Muon for weights of many rows and columns (Jordan et
// al. 2024, "Muon: An optimizer for hidden layers in neural networks") and Adam for all else; with decoupled
// weight decay (Loshchilov, Hutter 2019, arXiv:1711.05101), clipping by the gradient's norm, a warm-up and
// cosine schedule, and an exponential moving average of the parameters.
//
// All parameters of a model live in one flat tensor, and so do their gradients, moments and averages: a step
// is a handful of vector operations, however many parameters there are.
#pragma once

#include <string>
#include <vector>

#include "model/base/tensors.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {

// The parameters of a module, moved into one buffer that they are views of.
class FlatParameters {
 public:
  explicit FlatParameters(torch::nn::Module& module);

  const Tensor& values() const { return values_; }
  const Tensor& gradients() const { return gradients_; }
  void zero_gradients() { gradients_.zero_(); }
  // A flat tensor of the same layout, as one view by parameter name.
  NamedTensors split(const Tensor& flat) const;

  // A weight matrix within a flat tensor; a convolution's has a row for each filter.
  struct Matrix {
    std::int64_t begin, rows, columns;
    Tensor of(const Tensor& flat) const {
      return flat.slice(0, begin, begin + rows * columns).view({rows, columns});
    }
  };
  // Those with at least so many rows and columns, but for the layers of these names.
  std::vector<Matrix> matrices(std::int64_t fewest, const std::vector<std::string>& but) const;

 private:
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> shapes_;
  Tensor values_, gradients_;
};

class Optimizer {
 public:
  static std::vector<schemas::Field> fields();
  // `output_layers`: of the module, which muon leaves to Adam.
  Optimizer(const schemas::Settings& settings, torch::nn::Module& module,
            const std::vector<std::string>& output_layers = {});

  const FlatParameters& parameters() const { return parameters_; }
  void zero_gradients() { parameters_.zero_gradients(); }
  // The norm of the gradient, [] on the device; not finite where any of its elements is not.
  Tensor gradient_norm() const { return parameters_.gradients().norm(); }
  // Moves the parameters by the gradients, of norm `norm`, in step `step` (from 0 on).
  void step(std::int64_t step, const Tensor& norm);
  double learning_rate(std::int64_t step) const;

  // The name of the first parameter with an element that is not finite in its value, or in its gradient; ""
  // where there is none.
  std::string not_finite_parameter() const;
  std::string not_finite_gradient() const;

  // First and second moments and averaged parameters, "first/encoder.0.weight" and so on: views to save, or
  // to restore by copying into them.
  NamedTensors state() const;

  bool has_average() const { return average_decay_ > 0; }
  // Exchanges the parameters with their average, before and after an evaluation.
  void swap_average();

 private:
  FlatParameters parameters_;
  std::vector<FlatParameters::Matrix> matrices_;  // muon's; Adam has all the others
  Tensor first_, second_, average_, decay_mask_;
  std::int64_t steps_, warmup_;
  double rate_, final_fraction_, clip_, beta1_, beta2_, epsilon_, weight_decay_, average_decay_;
  bool is_cosine_;
};

// The model's parameters stand for their average within a scope.
class AveragedParameters {
 public:
  explicit AveragedParameters(Optimizer& optimizer) : optimizer_(optimizer) { optimizer_.swap_average(); }
  ~AveragedParameters() { optimizer_.swap_average(); }
  AveragedParameters(const AveragedParameters&) = delete;
  AveragedParameters& operator=(const AveragedParameters&) = delete;

 private:
  Optimizer& optimizer_;
};

}  // namespace hamgen::model
