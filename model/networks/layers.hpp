// The layers that the networks are made of. Each computes in the type of its input (fp32, bf16, fp64),
// whatever the type of its parameters; parameters are named as PyTorch names those of Conv2d and Linear.
#pragma once

#include <vector>

#include "model/base/torch.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {

// Draws initial weights from one stream, in the order of construction: uniform with standard deviation
// gain / sqrt(fan-in), or orthogonal. Biases begin at zero.
class Initializer {
 public:
  explicit Initializer(std::uint64_t key) : generator_(make_generator(key)) {}
  // The stream of a model's parameters, by the run's seed.
  explicit Initializer(const schemas::Settings& settings);
  Tensor weights(at::IntArrayRef shape, double gain);  // [outputs, inputs, ...]
  // Rows or columns of length 1, at right angles (Saxe et al. 2014, arXiv:1312.6120).
  Tensor orthogonal_weights(std::int64_t outputs, std::int64_t inputs);

 private:
  at::Generator generator_;
};

inline constexpr double small_gain = 0.5773502691896258;  // 1 / sqrt(3): PyTorch's default for its own layers
// sqrt(2 / (1 + 0.2^2)): keeps the variance through leaky ReLU.
inline constexpr double he_gain = 1.3867504905630728;

// bf16 becomes fp32, any other type stays: what output layers compute in, since 2^-9 of a state is a few
// hundredths of a pixel.
inline Tensor widened(const Tensor& x) {
  return x.scalar_type() == at::kBFloat16 ? x.to(at::kFloat) : x;
}

enum class Activation { none, leaky_relu, relu, tanh, softplus, sigmoid };  // leaky ReLU: slope 0.2
Tensor activate(const Tensor& x, Activation activation);

// Convolution [N, C, H, W] -> [N, filters, ceil(H / stride), ceil(W / stride)], zero padding shared out as
// evenly as possible, the odd row and column at the end.
class ConvImpl : public torch::nn::Module {
 public:
  ConvImpl(std::int64_t channels, std::int64_t filters, std::int64_t kernel, std::int64_t stride, double gain,
           Initializer& initializer);
  Tensor forward(const Tensor& x) const;
  // Of x with every pixel doubled in both directions; for a kernel of 3 at less than half of the arithmetic.
  Tensor forward_doubled(const Tensor& x) const;

  Tensor weight, bias;

 private:
  std::int64_t kernel_, stride_;
};
TORCH_MODULE(Conv);

// [N, inputs] -> [N, outputs]; without a bias where asked.
class DenseImpl : public torch::nn::Module {
 public:
  DenseImpl(std::int64_t inputs, std::int64_t outputs, double gain, Initializer& initializer,
            bool has_bias = true);
  Tensor forward(const Tensor& x) const;

  Tensor weight, bias;
};
TORCH_MODULE(Dense);

// Layers [inputs, hidden..., outputs], registered in `module` by their number.
std::vector<Dense> dense_chain(torch::nn::Module& module, std::int64_t inputs,
                               const std::vector<std::int64_t>& hidden, std::int64_t outputs, double gain,
                               Initializer& initializer, bool has_last_bias = true);
// Their weights, W_1, b_1, ..., without biases that are not there.
std::vector<Tensor> weights_of(const std::vector<Dense>& layers);

// One layer after the other, all but the last with the activation.
template <class Layers>
Tensor through(const Layers& layers, Tensor x, Activation activation) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    x = layers[i]->forward(x);
    if (i + 1 < layers.size()) x = activate(x, activation);
  }
  return x;
}

}  // namespace hamgen::model
