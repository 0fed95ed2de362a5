#include "model/networks/layers.hpp"

#include "model/base/random.hpp"
#include "model/kernels/upsampled_convolution.hpp"

#include <cmath>

namespace hamgen::model {
namespace {

// Padding of one side pair: first and last, so that the output has ceil(size / stride) elements.
std::pair<std::int64_t, std::int64_t> padding(std::int64_t size, std::int64_t kernel, std::int64_t stride) {
  const std::int64_t outputs = (size + stride - 1) / stride;
  const std::int64_t total = std::max<std::int64_t>(0, (outputs - 1) * stride + kernel - size);
  return {total / 2, total - total / 2};
}

}  // namespace

Initializer::Initializer(const schemas::Settings& settings)
    : Initializer(random_key(static_cast<std::uint64_t>(settings.integer("seed")), Purpose::parameters)) {}

Tensor Initializer::weights(at::IntArrayRef shape, double gain) {
  std::int64_t fan_in = 1;
  for (const std::int64_t extent : shape.slice(1)) fan_in *= extent;
  const double bound = gain * std::sqrt(3.0 / static_cast<double>(fan_in));
  return at::empty(shape, at::kFloat).uniform_(-bound, bound, generator_);
}

Tensor Initializer::orthogonal_weights(std::int64_t outputs, std::int64_t inputs) {
  const std::int64_t longer = std::max(outputs, inputs), shorter = std::min(outputs, inputs);
  const Tensor normal = at::empty({longer, shorter}, at::kDouble).normal_(0, 1, generator_);
  const auto [q, r] = at::linalg_qr(normal);
  const Tensor unique = q * r.diagonal().sign();
  return (outputs < inputs ? unique.t() : unique).to(at::kFloat).contiguous();
}

Tensor activate(const Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::leaky_relu:
      return at::leaky_relu(x, 0.2);
    case Activation::relu:
      return at::relu(x);
    case Activation::tanh:
      return at::tanh(x);
    case Activation::softplus:
      return at::softplus(x);
    case Activation::sigmoid:
      return at::sigmoid(x);
  }
  throw std::logic_error("unknown activation");
}

ConvImpl::ConvImpl(std::int64_t channels, std::int64_t filters, std::int64_t kernel, std::int64_t stride,
                   double gain, Initializer& initializer)
    : kernel_(kernel), stride_(stride) {
  weight = register_parameter("weight", initializer.weights({filters, channels, kernel, kernel}, gain));
  bias = register_parameter("bias", at::zeros({filters}));
}

Tensor ConvImpl::forward(const Tensor& x) const {
  const auto [top, bottom] = padding(x.size(2), kernel_, stride_);
  const auto [left, right] = padding(x.size(3), kernel_, stride_);
  const Tensor w = weight.to(x.dtype()), b = bias.to(x.dtype());
  if (top == bottom && left == right) return at::conv2d(x, w, b, stride_, {top, left});
  return at::conv2d(at::constant_pad_nd(x, {left, right, top, bottom}), w, b, stride_);
}

Tensor ConvImpl::forward_doubled(const Tensor& x) const {
  if (kernel_ == 3 && stride_ == 1) return upsampled_convolution(x, weight.to(x.dtype()), bias.to(x.dtype()));
  return forward(at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)}));
}

DenseImpl::DenseImpl(std::int64_t inputs, std::int64_t outputs, double gain, Initializer& initializer,
                     bool has_bias) {
  weight = register_parameter("weight", initializer.weights({outputs, inputs}, gain));
  if (has_bias) bias = register_parameter("bias", at::zeros({outputs}));
}

Tensor DenseImpl::forward(const Tensor& x) const {
  return at::linear(x, weight.to(x.dtype()), bias.defined() ? bias.to(x.dtype()) : bias);
}

std::vector<Dense> dense_chain(torch::nn::Module& module, std::int64_t inputs,
                               const std::vector<std::int64_t>& hidden, std::int64_t outputs, double gain,
                               Initializer& initializer, bool has_last_bias) {
  std::vector<Dense> layers;
  for (std::size_t l = 0; l <= hidden.size(); ++l) {
    const bool is_last = l == hidden.size();
    layers.emplace_back(inputs, is_last ? outputs : hidden[l], gain, initializer, has_last_bias || !is_last);
    module.register_module(std::to_string(l), layers.back());
    if (!is_last) inputs = hidden[l];
  }
  return layers;
}

std::vector<Tensor> weights_of(const std::vector<Dense>& layers) {
  std::vector<Tensor> weights;
  for (const Dense& layer : layers) {
    weights.push_back(layer->weight);
    if (layer->bias.defined()) weights.push_back(layer->bias);
  }
  return weights;
}

}  // namespace hamgen::model
