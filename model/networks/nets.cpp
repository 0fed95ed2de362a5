#include "model/networks/nets.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "model/base/tensors.hpp"

namespace hamgen::model {
namespace {

constexpr std::int64_t kernel = 3;
constexpr double wide = 2;  // a log-variance: no posterior has a use for one far above the prior's, 0

void register_layers(torch::nn::Module& module, const std::vector<Conv>& layers) {
  for (std::size_t i = 0; i < layers.size(); ++i) module.register_module(std::to_string(i), layers[i]);
}

// Beyond `wide` a variance grows with the network's output, not with its exponential: one odd sequence, of which the encoder makes a
// log-variance of 30, would fill a whole step's gradient.
Tensor bounded(const Tensor& log_variance) {
  return at::where(log_variance > wide, wide + (log_variance - wide).clamp_min(0).log1p(), log_variance);
}

Activation activation_named(const std::string& name) {
  return name == "sigmoid" ? Activation::sigmoid : Activation::none;
}

}  // namespace

std::int64_t doublings(std::int64_t image_size) {
  std::int64_t n = 0;
  for (std::int64_t size = latent_size; size < image_size; size *= 2) ++n;
  if (image_size < 2 * latent_size || latent_size << n != image_size)
    throw schemas::FieldError("frames of " + std::to_string(image_size) + "x" + std::to_string(image_size) +
                              " pixels do not fit the networks: expected 8, 16, 32, 64, ... pixels a side "
                              "(data.image_size scales larger ones down)");
  return n;
}

std::vector<std::int64_t> per_layer(const schemas::Settings& settings, const std::string& path,
                                    std::size_t layers) {
  std::vector<std::int64_t> values = settings.integers(path);
  if (values.size() == 1) values.assign(layers, values.front());
  if (values.size() != layers)
    throw schemas::FieldError(path + " has " + std::to_string(values.size()) +
                              " items: expected one, or one for each of " + std::to_string(layers) +
                              " layers");
  return values;
}

std::vector<schemas::Field> EncoderImpl::fields() {
  using namespace schemas;
  return {
      integers(
          "encoder.filters", {32, 64, 64, 64, 64, 64, 64}, "",
          "filters of each convolution; of a latent image the last one is not among them: it gives latent.z_channels")
          .at_least(1)
          .at_most(4096)
          .items(1, 32),
      text("encoder.downsampling", "spread", "strides of 2 spread over all layers, or in the first ones")
          .one_of({"spread", "early"}),
      integer("encoder.framewise", 0, "",
              "how many of the first layers see each frame by itself; the frames are stacked behind them")
          .at_least(0)
          .at_most(32)};
}

EncoderImpl::EncoderImpl(const schemas::Settings& settings, std::int64_t context, std::int64_t image_size,
                         const LatentShape& z, bool is_deterministic, Initializer& initializer)
    : framewise_(static_cast<std::size_t>(settings.integer("encoder.framewise"))),
      is_deterministic_(is_deterministic) {
  std::vector<std::int64_t> filters = settings.integers("encoder.filters");
  const std::int64_t outputs = (is_deterministic ? 1 : 2) * z.channels;
  if (!z.is_vector()) filters.push_back(outputs);
  const auto count = static_cast<std::int64_t>(filters.size()), halvings = doublings(image_size);
  if (count < halvings)
    throw schemas::FieldError("encoder.filters has " +
                              std::to_string(settings.integers("encoder.filters").size()) +
                              " items: frames of " + std::to_string(image_size) + " pixels need at least " +
                              std::to_string(halvings - (z.is_vector() ? 0 : 1)));
  const bool is_early = settings.text("encoder.downsampling") == "early";
  std::vector<std::int64_t> strides(filters.size(), 1);
  for (std::int64_t k = 0; k < halvings; ++k)
    strides[static_cast<std::size_t>(is_early ? k : k * count / halvings)] = 2;
  if (framewise_ >= filters.size())
    throw schemas::FieldError("encoder.framewise = " + std::to_string(framewise_) +
                              " is not allowed: expected at most " + std::to_string(count - 1) +
                              " with these encoder.filters, since the last convolution sees all frames");
  std::int64_t inputs = 3;
  for (std::size_t i = 0; i < filters.size(); ++i) {
    if (i == framewise_) inputs *= context;
    layers_.emplace_back(std::exchange(inputs, filters[i]), filters[i], kernel, strides[i], small_gain,
                         initializer);
  }
  register_layers(*this, layers_);
  std::vector<std::int64_t> centres;  // of models that have the field
  if (settings.values().contains("encoder.centres")) centres = settings.integers("encoder.centres");
  if (!centres.empty() && !z.is_vector())
    throw schemas::FieldError("encoder.centres is not allowed here: it needs latent.shape = \"vector\"");
  if (!centres.empty()) centres_ = register_module("centres", Centres(centres, context, initializer));
  if (z.is_vector()) {
    const std::int64_t features = inputs * latent_size * latent_size + (centres.empty() ? 0 : centres.back());
    head_ = register_module("head", Dense(features, outputs, he_gain, initializer));
  }
  if (is_deterministic_) return;
  // The posterior begins narrow, so that the decoder learns from states that carry information.
  const at::NoGradGuard no_grad;
  const Tensor& weight = z.is_vector() ? head_->weight : layers_.back()->weight;
  const Tensor& bias = z.is_vector() ? head_->bias : layers_.back()->bias;
  bias.slice(0, z.channels).fill_(settings.real("latent.initial_log_variance"));
  weight.slice(0, z.channels).mul_(0.1);
}

std::string EncoderImpl::output_layer() const {
  return head_.is_empty() ? std::to_string(layers_.size() - 1) : "head";
}

void EncoderImpl::see_centres(const Tensor& origin, const Tensor& axes) {
  if (centres_.is_empty()) return;
  const at::NoGradGuard no_grad;
  centres_->origin.copy_(origin);
  centres_->axes.zero_().narrow(1, 0, axes.size(1)).copy_(axes);
}

namespace {

Tensor known_or_read(const Tensor& centres, const Tensor& frames) {
  if (centres.defined()) return centres;
  return centres_of_colour(widened(frames.flatten(0, 1))).view({frames.size(0), frames.size(1), -1});
}

}  // namespace

Posterior EncoderImpl::forward(const Tensor& frames, const Tensor& centres) const {
  const std::span layers(layers_);
  Tensor x = frames;
  if (framewise_ > 0) {
    x = x.flatten(0, 1).contiguous(at::MemoryFormat::ChannelsLast);
    x = activate(through(layers.first(framewise_), x, Activation::leaky_relu), Activation::leaky_relu);
    x = x.unflatten(0, {frames.size(0), frames.size(1)});
  }
  x = x.flatten(1, 2).contiguous(at::MemoryFormat::ChannelsLast);
  const std::size_t last = head_.is_empty() ? 1 : 0;  // that gives the posterior
  const auto features = layers.subspan(framewise_).first(layers_.size() - last - framewise_);
  if (!features.empty()) x = activate(through(features, x, Activation::leaky_relu), Activation::leaky_relu);
  x = widened(x);
  if (!head_.is_empty()) {
    x = x.flatten(1);
    if (sees_centres()) x = at::cat({x, centres_->forward(known_or_read(centres, frames))}, 1);
    x = head_->forward(x).unsqueeze(-1).unsqueeze(-1);
  } else {
    x = layers_.back()->forward(x);
  }
  const Tensor y = x.to(at::kFloat);
  if (is_deterministic_) return {y, {}};
  const auto halves = y.chunk(2, 1);
  return {halves[0], bounded(halves[1])};
}

std::vector<schemas::Field> TransformImpl::fields() {
  using namespace schemas;
  return {boolean("transform.enabled", true,
                  "f_psi between z and the state; false: the state is z itself (\"no f_psi\")"),
          integers("transform.filters", {64, 64}, "",
                   "filters (units, of a vector) of each layer before the last, which gives the state")
              .at_least(1)
              .at_most(4096)
              .items(0, 32)};
}

TransformImpl::TransformImpl(const schemas::Settings& settings, const LatentShape& z,
                             std::int64_t state_channels, Initializer& initializer) {
  std::vector<std::int64_t> filters = settings.integers("transform.filters");
  if (z.is_vector()) {  // a gain that leaves states of the size of z
    dense_ = dense_chain(*this, z.channels, filters, state_channels, he_gain, initializer);
    return;
  }
  filters.push_back(state_channels);
  std::int64_t inputs = z.channels;
  for (const std::int64_t outputs : filters)
    layers_.emplace_back(std::exchange(inputs, outputs), outputs, kernel, 1, small_gain, initializer);
  register_layers(*this, layers_);
}

std::string TransformImpl::output_layer() const {
  return std::to_string(std::max(layers_.size(), dense_.size()) - 1);
}

Tensor TransformImpl::forward(const Tensor& z) const {
  if (dense_.empty()) return through(layers_, z, Activation::leaky_relu);
  return through(dense_, z.flatten(1), Activation::leaky_relu).unsqueeze(-1).unsqueeze(-1);
}

std::vector<schemas::Field> DecoderImpl::fields() {
  using namespace schemas;
  return {
      integers("decoder.filters", {64}, "",
               "filters of each block, the last for all further ones; a block doubles the size")
          .at_least(1)
          .at_most(4096)
          .items(1, 16),
      integer("decoder.convolutions", 2, "", "convolutions of a block").at_least(1).at_most(16),
      boolean("decoder.residual", false,
              "a block adds what it was given to what its convolutions make of it"),
      text("decoder.block_activation", "sigmoid", "closes each block, after its leaky ReLUs")
          .one_of({"sigmoid", "none"}),
      text("decoder.output_activation", "none", "after the last convolution").one_of({"sigmoid", "none"}),
      boolean("decoder.start_at_mean", false,
              "the output's bias begins at the mean colour of the train split"),
  };
}

DecoderImpl::DecoderImpl(const schemas::Settings& settings, const LatentShape& q, std::int64_t image_size,
                         const std::vector<double>& pixel_mean, Initializer& initializer, std::int64_t images)
    : block_activation_(activation_named(settings.text("decoder.block_activation"))),
      output_activation_(activation_named(settings.text("decoder.output_activation"))) {
  const auto filters = settings.integers("decoder.filters");
  std::int64_t channels = q.channels;
  if (q.is_vector()) {
    channels = filters.front();
    std::int64_t inputs = q.channels;
    std::vector<std::int64_t> widths = settings.integers("decoder.dense");
    widths.push_back(channels * latent_size * latent_size);
    for (std::size_t i = 0; i < widths.size(); ++i) {
      dense_.emplace_back(std::exchange(inputs, widths[i]), widths[i], he_gain, initializer);
      register_module("dense_" + std::to_string(i), dense_.back());
    }
  }
  for (std::int64_t block = 0; block < doublings(image_size); ++block) {
    const std::int64_t outputs = filters[std::min(static_cast<std::size_t>(block), filters.size() - 1)];
    const std::string name = "block" + std::to_string(block) + "_";
    Block made{.layers = {}, .is_residual = settings.boolean("decoder.residual")};
    if (made.is_residual && channels != outputs)
      made.skip = register_module(name + "skip", Conv(channels, outputs, 1, 1, 1, initializer));
    for (std::int64_t i = 0; i < settings.integer("decoder.convolutions"); ++i) {
      made.layers.emplace_back(std::exchange(channels, outputs), outputs, kernel, 1, he_gain, initializer);
      register_module(name + std::to_string(i), made.layers.back());
    }
    blocks_.push_back(std::move(made));
  }
  output_ = register_module("output", Conv(channels, 3 * images, kernel, 1, 0.1, initializer));
  if (!settings.boolean("decoder.start_at_mean")) return;
  const at::NoGradGuard no_grad;
  for (std::int64_t channel = 0; channel < 3 * images; ++channel) {
    const double mean = std::clamp(pixel_mean.at(static_cast<std::size_t>(channel % 3)), 1e-3, 1 - 1e-3);
    output_->bias[channel] = output_activation_ == Activation::sigmoid ? std::log(mean / (1 - mean)) : mean;
  }
}

Tensor DecoderImpl::forward(const Block& block, const Tensor& x) const {
  Tensor y = x;
  for (std::size_t i = 0; i < block.layers.size(); ++i) {
    y = i == 0 ? block.layers[i]->forward_doubled(y) : block.layers[i]->forward(y);
    at::leaky_relu_(y, 0.2);  // in place: no convolution needs what it gave
  }
  if (block.is_residual) {
    const Tensor given = block.skip.is_empty() ? x : block.skip->forward(x);
    y = y + at::upsample_nearest2d(given, {2 * given.size(2), 2 * given.size(3)});
  }
  return activate(y, block_activation_);
}

Tensor DecoderImpl::first_image(const Tensor& q) const {
  if (dense_.empty()) return q;
  const Tensor x = through(dense_, q.flatten(1), Activation::leaky_relu);
  return activate(x, Activation::leaky_relu).view({q.size(0), -1, latent_size, latent_size});
}

Tensor DecoderImpl::forward(const Tensor& image) const {
  Tensor x = image;
  for (const Block& block : blocks_) x = forward(block, x);
  return activate(output_->forward(widened(x)).to(at::kFloat), output_activation_);
}

}  // namespace hamgen::model
