#include "model/motion/pixel_hnn.hpp"

#include "model/base/random.hpp"
#include "model/dynamics/integrators.hpp"

namespace hamgen::model {
namespace {

constexpr std::int64_t pair = 2;

}  // namespace

std::vector<schemas::Field> PixelHnn::fields(Kind kind) {
  using namespace schemas;
  std::vector<Field> fields{
      integer("latent.dimension", 0, "", "coordinates of the position; null: as many as the true one has")
          .at_least(1)
          .at_most(1024)
          .or_automatic(),
      integers("hnn.hidden", {200, 200}, "", "units of each hidden layer of H, tanh")
          .at_least(1)
          .at_most(65536)
          .items(1, 16),
      real("objective.autoencoder_weight", 1, "", "of the reconstruction (eq. 14)").above(0),
      real("objective.canonical_weight", 1, "", "of p = dq/dt (eq. 13)").at_least(0),
      real("objective.hnn_weight", 0.1, "", "of Hamilton's equations (eq. 12)").at_least(0),
      real("objective.weight_decay", 1e-5, "", "of half the parameters' squares (eq. 15)").at_least(0),
      text("integrator.method", "dopri5", "scheme of rollouts").one_of(stepper_names(true, false)),
      real("integrator.tolerance", 1e-6, "", "of a step's error, absolute and relative; dopri5").above(0),
      real("integrator.binding", 4, "1 / frame", "how strongly tao binds its two copies of the state")
          .at_least(0),
      integer("integrator.substeps", 1, "", "steps of the scheme between two frames")
          .at_least(1)
          .at_most(1000),
  };
  if (kind == Kind::dense) {
    fields.push_back(integers("autoencoder.hidden", {200, 200, 200}, "",
                              "units of each hidden layer of encoder and decoder, ReLU")
                         .at_least(1)
                         .at_most(65536)
                         .items(1, 16));
    return fields;
  }
  fields.push_back(
      integer("latent.z_channels", 48, "", "of the encoder's latent image").at_least(1).at_most(1024));
  fields.push_back(
      integer("latent.q_channels", 16, "", "of the decoder's latent image").at_least(1).at_most(1024));
  for (const auto& part : {EncoderImpl::fields(), DecoderImpl::fields()})
    fields.insert(fields.end(), part.begin(), part.end());
  return fields;
}

PixelHnn::PixelHnn(const schemas::Settings& settings, const DataShape& shape, Kind kind)
    : VideoModel(shape),
      dimension_(settings.is_automatic("latent.dimension") ? shape.coordinates
                                                           : settings.integer("latent.dimension")),
      autoencoder_weight_(settings.real("objective.autoencoder_weight")),
      canonical_weight_(settings.real("objective.canonical_weight")),
      hnn_weight_(settings.real("objective.hnn_weight")),
      weight_decay_(settings.real("objective.weight_decay")),
      stepper_(settings.text("integrator.method")),
      substeps_(settings.integer("integrator.substeps")),
      precision_(settings.text("precision") == "bf16" ? at::kBFloat16 : at::kFloat) {
  if (shape.frames < training_frames(shape))
    throw schemas::FieldError("this model learns from 3 frames in a row: the dataset's trajectories have " +
                              std::to_string(shape.frames));
  stepper_options_.tolerance = settings.real("integrator.tolerance");
  stepper_options_.binding = settings.real("integrator.binding");
  Initializer initializer(settings);
  kind == Kind::dense ? make_dense(settings, initializer) : make_convolutional(settings, initializer);
  hamiltonian_ = register_module("hamiltonian",
                                 MlpHamiltonian(dimension_, settings.integers("hnn.hidden"), initializer));
  const auto [mean, deviation] = pixel_statistics(shape);
  pixels_ = {register_buffer("pixel_mean", mean), register_buffer("pixel_std", deviation)};
}

void PixelHnn::make_dense(const schemas::Settings& settings, Initializer& initializer) {
  MlpShape mlp;
  mlp.hidden = settings.integers("autoencoder.hidden");
  mlp.activation = Activation::relu;
  mlp.is_residual = true;
  mlp.inputs = pair * 3 * shape_.image_size * shape_.image_size;
  mlp.outputs = 2 * dimension_;
  dense_encoder_ = register_module("encoder", Mlp(mlp, initializer));
  std::swap(mlp.inputs, mlp.outputs);
  dense_decoder_ = register_module("decoder", Mlp(mlp, initializer));
}

void PixelHnn::make_convolutional(const schemas::Settings& settings, Initializer& initializer) {
  constexpr std::int64_t pixels = latent_size * latent_size;
  const std::int64_t z_channels = settings.integer("latent.z_channels"),
                     q_channels = settings.integer("latent.q_channels");
  encoder_ = register_module("encoder", Encoder(settings, pair, shape_.image_size,
                                                LatentShape::image(z_channels), true, initializer));
  to_state_ =
      register_module("to_state", Dense(z_channels * pixels, 2 * dimension_, small_gain, initializer));
  from_state_ = register_module("from_state", Dense(2 * dimension_, q_channels * pixels, 1, initializer));
  decoder_ = register_module("decoder", Decoder(settings, LatentShape::image(q_channels), shape_.image_size,
                                                shape_.pixel_mean, initializer, pair));
}

std::vector<std::string> PixelHnn::output_layers() const {
  if (dense_encoder_.is_empty()) return {"to_state", "decoder.output"};
  return {"encoder." + dense_encoder_->output_layer(), "decoder." + dense_decoder_->output_layer()};
}

PhaseSpace PixelHnn::encode(const Tensor& pixels) const {
  const Tensor normalised = pixels_.normalised(pixels).to(precision_);
  const Tensor z = dense_encoder_.is_empty()
                       ? to_state_->forward(encoder_->forward(normalised).mean.flatten(1))
                       : dense_encoder_->forward(normalised.flatten(1)).to(at::kFloat);
  const auto halves = z.chunk(2, 1);
  return {halves[0].contiguous(), halves[1].contiguous()};
}

Tensor PixelHnn::decode_pair(const PhaseSpace& state) const {
  const Tensor z = at::cat({state.q, state.p}, 1).to(precision_);
  const Tensor pixels = dense_decoder_.is_empty()
                            ? decoder_->forward(from_state_->forward(z)
                                                    .view({z.size(0), -1, latent_size, latent_size})
                                                    .contiguous(at::MemoryFormat::ChannelsLast))
                            : dense_decoder_->forward(z).to(at::kFloat);
  return pixels.reshape({z.size(0), pair, 3, shape_.image_size, shape_.image_size});
}

LossTerms PixelHnn::loss(const Batch& batch, const StepContext&) {
  const Tensor pixels = to_pixels(batch.frames, shape_.image_size);
  const Tensor now = pixels.slice(1, 0, pair);
  const PhaseSpace z = encode(now), next = encode(pixels.slice(1, 1, 1 + pair));
  const PhaseSpace change{next.q - z.q, next.p - z.p}, rate = hamiltonian_->rate(z);
  const Tensor reconstruction = at::mse_loss(decode_pair(z), now);
  const Tensor canonical = at::mse_loss(z.p, change.q);
  const Tensor hnn = at::mse_loss(at::cat({rate.q, rate.p}, 1), at::cat({change.q, change.p}, 1));
  Tensor squares = at::zeros({}, reconstruction.options());
  for (const Tensor& parameter : parameters()) squares = squares + parameter.square().sum();
  LossTerms terms;
  terms.loss = autoencoder_weight_ * reconstruction + canonical_weight_ * canonical + hnn_weight_ * hnn +
               weight_decay_ / 2 * squares;
  terms.averaged = {
      {"mse", reconstruction.detach()}, {"canonical", canonical.detach()}, {"hnn", hnn.detach()}};
  return terms;
}

PhaseSpace PixelHnn::infer(const Tensor& frames) const {
  const at::NoGradGuard no_grad;
  return encode(to_pixels(frames.slice(1, 0, pair), shape_.image_size));
}

std::vector<PhaseSpace> PixelHnn::rollout(const PhaseSpace& start, std::int64_t count, double speed) const {
  StepperOptions options = stepper_options_;
  options.dt = speed;
  return model::rollout(stepper_, *hamiltonian_, start, count, options, substeps_);
}

Tensor PixelHnn::decode(const PhaseSpace& state) const {
  return decode_pair(state).select(1, 0);
}

}  // namespace hamgen::model
