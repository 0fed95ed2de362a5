// The networks of the Hamiltonian Generative Network (A.1): encoder, f_psi, decoder. A latent image has 4x4
// pixels; frames are squares of 4 * 2^n. A latent vector goes through dense layers between it and such an image.
#pragma once

#include <string>
#include <vector>

#include "model/networks/centres.hpp"
#include "model/networks/latent_shape.hpp"
#include "model/networks/layers.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {

// n of size = 4 * 2^n. Throws schemas::FieldError for a size that the networks cannot take.
std::int64_t doublings(std::int64_t image_size);
// A list that holds one value for every layer, or one value for all of them. Throws schemas::FieldError.
std::vector<std::int64_t> per_layer(const schemas::Settings& settings, const std::string& path,
                                    std::size_t layers);

// A diagonal Gaussian over z.
struct Posterior {
  // [B, C, 4, 4] each, of a vector [B, C, 1, 1]. An encoder's log-variances grow above 2 as a logarithm does.
  Tensor mean, log_variance;
};

// Normalised frames [B, context, 3, S, S] to the posterior of z. 3x3 convolutions, leaky ReLU; log2(S / 4)
// strides of 2, spread evenly from the first layer on or all in the first layers; the last layer gives the
// mean and, unless deterministic, the log-variance. The frames are stacked as channels, before the first
// layer as in A.1 or behind some that see each frame by itself, all with the same weights. For a latent vector
// the last layer is a dense one over all 4x4 pixels and, if configured, what is made of the frames' centres of colour.
class EncoderImpl : public torch::nn::Module {
 public:
  static std::vector<schemas::Field> fields();
  EncoderImpl(const schemas::Settings& settings, std::int64_t context, std::int64_t image_size,
              const LatentShape& z, bool is_deterministic, Initializer& initializer);
  // Normalised frames [B, context, 3, S, S], and their centres of colour, [B, context, 6], where these are known already.
  Posterior forward(const Tensor& frames, const Tensor& centres = {}) const;
  bool sees_centres() const { return !centres_.is_empty(); }
  std::string output_layer() const;
  // Centres of colour of normalised frames are seen from `origin`, [6], along `axes`, [6, up to 6]: kept with the weights. Without
  // effect where the encoder does not see them.
  void see_centres(const Tensor& origin, const Tensor& axes);

 private:
  std::vector<Conv> layers_;
  Centres centres_{nullptr};
  Dense head_{nullptr};    // behind them, where z is a vector
  std::size_t framewise_;  // the first of them
  bool is_deterministic_;
};
TORCH_MODULE(Encoder);

// f_psi: z [B, C_z, 4, 4] -> (q, p) stacked [B, 2 C_q, 4, 4]; convolutions, leaky ReLU, the last layer
// linear. Of vectors: dense layers.
class TransformImpl : public torch::nn::Module {
 public:
  static std::vector<schemas::Field> fields();
  TransformImpl(const schemas::Settings& settings, const LatentShape& z, std::int64_t state_channels,
                Initializer& initializer);
  Tensor forward(const Tensor& z) const;
  std::string output_layer() const;

 private:
  std::vector<Conv> layers_;  // of one of the two kinds
  std::vector<Dense> dense_;
};
TORCH_MODULE(Transform);

// First image [N, C, 4, 4] -> frames [N, 3, S, S] in units of 255: blocks of (nearest x2, convolutions, leaky ReLU
// and, if configured, a closing sigmoid), then one convolution to three channels for each of `images` frames.
// A residual block adds what it was given, doubled, before the sigmoid: through a 1x1 convolution where the
// numbers of filters differ. A vector first goes through dense layers, whose last gives the image that the blocks
// begin with.
class DecoderImpl : public torch::nn::Module {
 public:
  static std::vector<schemas::Field> fields();
  // `pixel_mean`: the channels' means over the train split, where the output begins if so configured.
  DecoderImpl(const schemas::Settings& settings, const LatentShape& q, std::int64_t image_size,
              const std::vector<double>& pixel_mean, Initializer& initializer, std::int64_t images = 1);
  // What forward() takes, of q: an image as it is, a vector through the dense layers, in its own type: of a vector's few
  // numbers every bit is a place.
  Tensor first_image(const Tensor& q) const;
  Tensor forward(const Tensor& image) const;

 private:
  struct Block {
    std::vector<Conv> layers;
    bool is_residual = false;
    Conv skip{nullptr};  // of a residual block: none where it changes nothing
  };
  Tensor forward(const Block& block, const Tensor& x) const;
  std::vector<Dense> dense_;  // of a vector
  std::vector<Block> blocks_;
  Conv output_{nullptr};
  Activation block_activation_, output_activation_;
};
TORCH_MODULE(Decoder);

}  // namespace hamgen::model
