#include "model/motion/hgn.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/base/random.hpp"
#include "model/base/row_parallel.hpp"
#include "model/base/sliced_sum.hpp"
#include "model/base/tensors.hpp"
#include "model/data/batches.hpp"
#include "model/dynamics/energy_statistics.hpp"
#include "model/dynamics/integrators.hpp"
#include "model/dynamics/learned_hamiltonian.hpp"
#include "model/motion/refinement.hpp"
#include "model/networks/nets.hpp"

namespace hamgen::model {
namespace {

// `chosen` of the span's frames for each of `sequences`, [sequences * chosen] indices of time: equally spaced
// from a random beginning, so that every frame is equally likely and the mean over them is an unbiased
// estimate.
std::vector<std::int64_t> choose_frames(std::int64_t sequences, std::int64_t chosen, const Span& span,
                                        const StepContext& context) {
  std::vector<std::int64_t> times;
  const auto length = static_cast<double>(span.count);
  const double spacing = length / static_cast<double>(chosen);
  for (std::int64_t sequence = 0; sequence < sequences; ++sequence) {
    const auto in_batch =
        static_cast<std::uint64_t>(context.share.first(sequences * context.share.parts) + sequence);
    const double begin = uniform(random_key(context.seed, Purpose::frames, {context.step, in_batch}));
    for (std::int64_t i = 0; i < chosen; ++i) {
      const double place = std::fmod(begin * length + static_cast<double>(i) * spacing, length);
      times.push_back(span.first + std::min(span.count - 1, static_cast<std::int64_t>(place)));
    }
  }
  return times;
}

// Of the frames that an encoder sees, that at which it gives the state.
std::int64_t anchor_named(const std::string& name, std::int64_t context) {
  const std::int64_t last = context - 1;
  if (name == "late") return 2 * last / 3;
  return name == "middle" ? last / 2 : 0;
}

// The frames from the earliest to the latest of `times` and the anchor.
Span reaching(const std::vector<std::int64_t>& times, std::int64_t anchor) {
  const auto [earliest, latest] = std::ranges::minmax(times);
  const std::int64_t first = std::min(anchor, earliest);
  return {first, std::max(anchor, latest) - first + 1};
}

}  // namespace

Hgn::Hgn(const schemas::Settings& settings, const DataShape& shape, Law law)
    : VideoModel(shape),
      context_(settings.is_automatic("data.context") ? shape.frames : settings.integer("data.context")),
      anchor_(anchor_named(settings.text("latent.anchor"), context_)),
      decoded_frames_(settings.is_automatic("objective.frames") ? shape.frames
                                                                : settings.integer("objective.frames")),
      q_(position_shape(settings, shape)),
      z_(settings.boolean("transform.enabled") && !q_.is_vector()
             ? LatentShape::image(settings.integer("latent.z_channels"))
             : q_.times(2)),
      refinements_(settings.integer("latent.refine")),
      is_deterministic_(settings.boolean("latent.deterministic")),
      consistency_(settings.real("objective.consistency")),
      is_reversed_(settings.boolean("data.reverse") && shape.is_reversible),
      slice_(settings.is_automatic("objective.slice") ? std::numeric_limits<std::int32_t>::max()
                                                      : settings.integer("objective.slice")),
      plan_{.method = settings.text("integrator.method"),
            .options = {.dt = settings.is_automatic("integrator.dt") ? shape.dt
                                                                     : settings.real("integrator.dt"),
                        .tolerance = settings.real("integrator.tolerance")},
            .substeps = settings.integer("integrator.substeps"),
            .memory = memory_named(settings.text("memory"))},
      precision_(settings.text("precision") == "bf16" ? at::kBFloat16 : at::kFloat) {
  // First, and so in the last bucket of gradients to be exchanged: once its weight is 0 it has none, and none waits.
  if (settings.real("objective.guide") > 0) {
    if (!q_.is_vector())
      throw schemas::FieldError(
          "objective.guide is not allowed where latent.shape = \"image\": only a vector has coordinates");
    guide_ = register_module("guide", Guide(settings, q_.channels, shape));
  }
  Initializer initializer(settings);
  encoder_ = register_module(
      "encoder", Encoder(settings, context_, shape.image_size, z_, is_deterministic_, initializer));
  if (settings.boolean("transform.enabled"))
    transform_ = register_module("transform", Transform(settings, z_, 2 * q_.channels, initializer));
  if (law == Law::hamiltonian) {
    plan_.options.binding = settings.real("integrator.binding");
    const auto hamiltonian = register_module("hamiltonian", LearnedHamiltonian(settings, q_, initializer));
    dynamics_ = hamiltonian.get();
    of_dynamics_ = hamiltonian->parameters();
  } else {
    dynamics_ = register_module("transition", VectorField(settings, q_, initializer)).get();
  }
  decoder_ =
      register_module("decoder", Decoder(settings, q_, shape.image_size, shape.pixel_mean, initializer));
  objective_ = register_module("objective", Objective(settings, shape));
  const auto [mean, deviation] = pixel_statistics(shape);
  pixels_ = {register_buffer("pixel_mean", mean), register_buffer("pixel_std", deviation)};
  see_centres(settings, shape, deviation);
  make_stepper(plan_.method, *dynamics_, plan_.options);  // refuses a scheme that does not fit
  if (plan_.memory != Memory::stored && !is_written_out(plan_.method, *dynamics_))
    throw schemas::FieldError(
        "memory = \"" + settings.text("memory") +
        "\" is not allowed: it needs integrator.method = \"leapfrog\" and an H = V(q) + K(p)");
}

void Hgn::see_centres(const schemas::Settings& settings, const DataShape& shape, const Tensor& deviation) {
  if (consistency_ > 0 && !settings.integers("encoder.centres").empty())
    throw schemas::FieldError(
        "objective.consistency > 0 is not allowed with encoder.centres: parts of a window have blank frames, and these "
        "no centres");
  if (!shape.coarse) return;
  // These are of pixels that are not normalised; places have the mean 0, so that the pixels' mean moves no centre.
  const Tensor units = deviation.flatten().repeat({2});
  encoder_->see_centres(shape.coarse->mean() / units, units.unsqueeze(1) * shape.coarse->axes());
}

Posterior Hgn::encode(const Tensor& pixels) const {
  return encoder_->forward(pixels_.normalised(pixels).to(precision_));
}

Posterior Hgn::encode_frames(const Tensor& frames, const std::vector<std::int64_t>& shown) const {
  return encoder_->forward(encoder_input(frames, shown, context_, shape_.image_size, pixels_, precision_),
                           encoder_->sees_centres() ? centres_of(frames, shown) : Tensor());
}

// Nothing where frames are averaged down: a mean of pixels has another centre.
Tensor Hgn::centres_of(const Tensor& frames, const std::vector<std::int64_t>& shown) const {
  if (frames.size(2) != shape_.image_size) return {};
  const Tensor centres = centres_of_frames(frames.flatten(0, 1)) / pixels_.deviation.flatten().repeat({2});
  return centres.index_select(0, indices(shown, frames.device())).view({-1, context_, centres.size(1)});
}

Posterior Hgn::encode_frames(const Tensor& frames) const {
  TORCH_CHECK(frames.size(1) >= context_, "the encoder sees ", context_, " frames, and there are ",
              frames.size(1));
  std::vector<std::int64_t> shown;
  for (std::int64_t sequence = 0; sequence < frames.size(0); ++sequence)
    for (std::int64_t frame = 0; frame < context_; ++frame)
      shown.push_back(sequence * frames.size(1) + frame);
  return encode_frames(frames, shown);
}

PhaseSpace Hgn::start(const Tensor& z) const {
  const auto halves = (transform_.is_empty() ? z : transform_->forward(z)).chunk(2, 1);
  return {halves[0].contiguous(), halves[1].contiguous()};
}

std::vector<PhaseSpace> Hgn::rollout(const PhaseSpace& start, std::int64_t count, double speed) const {
  StepperOptions options = plan_.options;
  options.dt *= speed;
  return model::rollout(plan_.method, *dynamics_, start, count, options, plan_.substeps);
}

Tensor Hgn::decode_positions(const Tensor& q, at::ScalarType precision) const {
  return decoder_->forward(decoder_->first_image(q).to(precision).contiguous(at::MemoryFormat::ChannelsLast));
}

// Threads meet once, not after each convolution.
Tensor Hgn::decode_in_parallel(const Tensor& q, at::ScalarType precision) const {
  constexpr std::int64_t fewest = 8;  // rows of a thread
  return over_rows([this, precision](const Tensor& some) { return decode_positions(some, precision); }, q,
                   decoder_->parameters(), fewest);
}

Tensor Hgn::decode(const PhaseSpace& state) const {
  return decode_in_parallel(state.q, precision_);
}

Tensor Hgn::draw_z(const Posterior& posterior, std::uint64_t key, const Share& share) const {
  if (is_deterministic_) return posterior.mean;
  at::Generator generator = make_generator(key);
  const at::Device device = posterior.mean.device();
  const Tensor noise =
      normal_rows(posterior.mean.sizes().vec(), share, generator, staging(device).dtype(at::kFloat));
  return posterior.mean + (0.5 * posterior.log_variance).exp() * noise.to(device, /*non_blocking=*/true);
}

LossTerms Hgn::loss(const Batch& batch, const StepContext& context) {
  const Tensor& frames = batch.frames;
  const std::int64_t sequences = frames.size(0), window = frames.size(1);
  const std::int64_t horizon = std::min(context.horizon, window), chosen = std::min(decoded_frames_, horizon);
  const Span counted{Context{window, anchor_}.begin(horizon), horizon};  // by the loss
  const Posterior posterior = encode_frames(frames);
  const Tensor z =
      draw_z(posterior, random_key(context.seed, Purpose::posterior, {context.step}), context.share);
  context.lap("encode");

  const auto times = choose_frames(sequences, chosen, counted, context);
  const double guide = guide_.is_empty() ? 0 : guide_->weight(context.progress);
  const Span span = consistency_ > 0 || guide > 0 ? counted : reaching(times, anchor_);
  const PhaseSpace states = states_of(start(z), span);
  context.lap("roll out");
  std::vector<std::int64_t> of_states, of_frames;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const std::int64_t sequence = static_cast<std::int64_t>(i) / chosen;
    of_states.push_back(sequence * span.count + times[i] - span.first);
    of_frames.push_back(sequence * window + times[i]);
  }
  const Tensor q = states.q.flatten(0, 1).index_select(0, indices(of_states, frames.device()));
  const DecodingError error =
      decoding_error(q, frames.flatten(0, 1), indices(of_frames, frames.device()), context.progress);
  context.lap("decode, with its backward pass");
  const Tensor inconsistency = consistency_ > 0 ? inconsistency_of(frames, states, span, context) : Tensor();
  if (context.profile != nullptr) {
    context.profile->lap_at_gradient(q, "decode, with its backward pass");
    context.profile->lap_at_gradient(z, "roll out, backward");
  }

  LossTerms terms;
  const auto pixel_values = static_cast<double>(window * 3 * shape_.image_size * shape_.image_size);
  const Tensor kl =
      is_deterministic_ ? Tensor() : kl_to_standard_normal(posterior.mean, posterior.log_variance).mean();
  terms.loss = objective_->loss(error.minimised, kl.defined() ? kl / pixel_values : kl, context.progress);
  terms.averaged = {{"mse", error.squared}};
  if (!guide_.is_empty()) {
    const Tensor astray = guide > 0 ? guide_->error(states.q, frames.narrow(1, span.first, span.count))
                                    : at::zeros({}, states.q.options());
    if (guide > 0) terms.loss = terms.loss + guide * astray;
    terms.averaged.emplace_back("guide", astray.detach());
  }
  if (inconsistency.defined()) {
    terms.loss = terms.loss + consistency_ * inconsistency;
    terms.averaged.emplace_back("inconsistency", inconsistency.detach());
  }
  if (kl.defined()) terms.averaged.emplace_back("kl", kl.detach());
  terms.momentary = {{"multiplier", objective_->multiplier}};
  if (!guide_.is_empty()) terms.momentary.emplace_back("guide_weight", at::scalar_tensor(guide));
  if (context.is_logged) log_energy(states, terms);
  return terms;
}

PhaseSpace Hgn::states_of(const PhaseSpace& at_anchor, const Span& span) const {
  const PhaseSpace onward =
      stacked_rollout(*dynamics_, at_anchor, span.first + span.count - anchor_, plan_, of_dynamics_);
  if (span.first == anchor_) return onward;
  RolloutPlan reversed = plan_;
  reversed.options.dt = -plan_.options.dt;
  const std::int64_t before = anchor_ - span.first;
  const PhaseSpace back = stacked_rollout(*dynamics_, at_anchor, before + 1, reversed, of_dynamics_);
  const auto joined = [before](const Tensor& past, const Tensor& future) {
    return at::cat({past.narrow(1, 1, before).flip(1), future}, 1);
  };
  return {joined(back.q, onward.q), joined(back.p, onward.p)};
}

// Of the whole batch, whatever share of it is here: what divides a loss has to be the same for all.
PhaseSpace Hgn::motion_of_window(const PhaseSpace& states, const Span& span, std::int64_t window,
                                 const StepContext& context) const {
  const at::NoGradGuard no_grad;
  const auto here = [&] {
    if (span.count == window) return mean_motion(states);
    const std::int64_t place = anchor_ - span.first;
    return mean_motion(states_of({states.q.select(1, place), states.p.select(1, place)}, {0, window}));
  };
  const PhaseSpace motion = here();
  const Tensor both = context.of_batch(at::stack({motion.q, motion.p}));
  return {both[0], both[1]};
}

Tensor Hgn::inconsistency_of(const Tensor& frames, const PhaseSpace& states, const Span& span,
                             const StepContext& context) const {
  const Context seen{context_, anchor_};
  const std::vector<Part> parts =
      choose_parts(frames.size(0), frames.size(1), span, seen, is_reversed_, context);
  const Posterior implied = encode_frames(frames, shown_of(parts, frames.size(1), seen));
  const Tensor mean = inconsistency(start(implied.mean), states, span.first, parts,
                                    motion_of_window(states, span, frames.size(1), context));
  context.lap("encode parts");
  return mean;
}

std::vector<std::string> Hgn::output_layers() const {
  std::vector<std::string> layers{"encoder." + encoder_->output_layer(), "decoder.output", "guide"};
  if (!transform_.is_empty()) layers.push_back("transform." + transform_->output_layer());
  if (const auto* const field = dynamic_cast<const VectorFieldImpl*>(dynamics_))
    layers.push_back("transition." + field->output_layer());
  return layers;
}

void Hgn::after_step(const LossTerms& terms) {
  if (!is_deterministic_) objective_->update(terms.averaged.of("mse"));
}

Hgn::DecodingError Hgn::decoding_error(const Tensor& q, const Tensor& frames, const Tensor& chosen,
                                       double progress) const {
  const auto values = static_cast<double>(q.size(0) * 3 * shape_.image_size * shape_.image_size);
  const Tensor squares = at::empty({q.size(0)}, q.options().dtype(at::kFloat));  // of each frame, summed
  const auto error = [&](const Tensor& some, std::int64_t begin) {
    const std::int64_t end = begin + some.size(0);
    const Tensor truth = frames.index_select(0, chosen.slice(0, begin, end));
    const Tensor decoded = decode_positions(some, precision_);
    const Tensor missed = objective_->expected(decoded) - to_pixels(truth, shape_.image_size);
    squares.slice(0, begin, end).copy_(missed.detach().square().flatten(1).sum(1));
    const Tensor sum = objective_->pixel_error(missed, progress).sum(),
                 roughness = objective_->roughness(decoded);
    return (roughness.defined() ? sum + roughness : sum) / values;
  };
  const Tensor minimised = sliced_sum(error, q, decoder_->parameters(), slice_);
  return {minimised, squares.sum() / values};
}

void Hgn::log_energy(const PhaseSpace& states, LossTerms& terms) const {
  const at::NoGradGuard no_grad;
  const Tensor energies = energy({states.q.flatten(0, 1), states.p.flatten(0, 1)});
  if (!energies.defined()) return;
  const EnergyStatistics statistics = energy_statistics(energies.view({states.q.size(0), -1}));
  terms.momentary.emplace_back("energy_mean", statistics.mean);
  terms.momentary.emplace_back("energy_drift", statistics.drift());
}

PhaseSpace Hgn::infer_at_once(const Tensor& frames) const {
  const at::NoGradGuard no_grad;
  return start(encode_frames(frames).mean);
}

PhaseSpace Hgn::infer(const Tensor& frames) const {
  constexpr std::int64_t pictures = 1000;  // that are there together, in each of several forms
  const std::int64_t at_a_time = std::clamp<std::int64_t>(pictures / context_, 1, 32);
  const at::NoGradGuard no_grad;
  const PhaseSpace encoded = infer_at_once(frames);
  if (refinements_ == 0) return encoded;
  std::vector<Tensor> q, p;
  for (std::int64_t first = 0; first < frames.size(0); first += at_a_time) {
    const auto some = [&](const Tensor& all) { return all.slice(0, first, first + at_a_time); };
    const PhaseSpace state =
        refined_by(some(frames).slice(1, 0, context_), {some(encoded.q), some(encoded.p)});
    q.push_back(state.q);
    p.push_back(state.p);
  }
  return {at::cat(q), at::cat(p)};
}

// Derivatives by differences need fp32, whatever the precision of everything else.
PhaseSpace Hgn::refined_by(const Tensor& frames, const PhaseSpace& state) const {
  const FrameModel model{
      .positions =
          [this](const PhaseSpace& at_anchor) {
            std::vector<Tensor> positions;
            for (const PhaseSpace& one : window(at_anchor, context_)) positions.push_back(one.q.flatten(1));
            return at::stack(positions, 1);
          },
      .pictures =
          [this](const Tensor& positions) {
            return expected(decode_in_parallel(positions.unsqueeze(-1).unsqueeze(-1), at::kFloat)).flatten(1);
          }};
  return refined(model, state, to_pixels(frames, shape_.image_size).flatten(0, 1).flatten(1), refinements_);
}

std::optional<Posterior> Hgn::posterior(const Tensor& frames) const {
  if (is_deterministic_) return std::nullopt;
  const at::NoGradGuard no_grad;
  return encode_frames(frames);
}

PhaseSpace Hgn::draw(const Posterior& posterior, std::uint64_t seed) const {
  const at::NoGradGuard no_grad;
  return start(draw_z(posterior, random_key(seed, Purpose::posterior), {}));
}

std::optional<PhaseSpace> Hgn::draw_start(std::int64_t sequences, std::uint64_t seed) const {
  if (is_deterministic_) return std::nullopt;
  const at::NoGradGuard no_grad;
  at::Generator generator = make_generator(random_key(seed, Purpose::prior));
  const Tensor z = at::empty({sequences, z_.channels, z_.size, z_.size}, at::kFloat).normal_(0, 1, generator);
  return start(z.to(pixels_.mean.device()));
}

}  // namespace hamgen::model
