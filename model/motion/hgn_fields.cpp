// The settings of the Hamiltonian Generative Network, and which of them go together.
#include "model/dynamics/integrators.hpp"
#include "model/dynamics/learned_hamiltonian.hpp"
#include "model/motion/hgn.hpp"

namespace hamgen::model {
namespace {

// What the encoder sees, what the loss counts, and the latent state.
std::vector<schemas::Field> state_fields() {
  using namespace schemas;
  return {
      integer("data.context", 0, "frame",
              "what the encoder sees, from the window's first frame on; null: all")
          .at_least(1)
          .or_automatic(),
      integer("data.horizon", 0, "frame", "what the loss counts; null: all frames")
          .at_least(2)
          .or_automatic(),
      integer("train.horizon_start", 0, "frame",
              "the horizon grows from here; null: the whole horizon from the beginning")
          .at_least(2)
          .or_automatic(),
      real("train.horizon_growth", 0.4, "", "part of train.steps over which the horizon grows")
          .above(0)
          .at_most(1),
      text("latent.shape", "image",
           "of z, q and p: an image of 4x4 pixels with channels (A.1), or a vector of a few numbers")
          .one_of({"image", "vector"}),
      integer(
          "latent.dimension", 0, "",
          "coordinates of q, and of p, where they are vectors; z has twice as many; null: as many as move in "
          "the frames, and at most as many as the true position has")
          .at_least(1)
          .at_most(1024)
          .or_automatic(),
      integer(
          "latent.refine", 0, "",
          "steps of Gauss and Newton by which a state that was inferred comes closer to the least squared error of "
          "the frames that the encoder saw; not while training; only for latent.shape = vector")
          .at_least(0)
          .at_most(100),
      integers("decoder.dense", {64}, "",
               "units of the dense layers between a vector and the decoder's first image")
          .at_least(1)
          .at_most(65536)
          .items(0, 16),
      integer("latent.q_channels", 16, "",
              "channels of the position q, and of the momentum p, at each of 4x4 latent pixels")
          .at_least(1)
          .at_most(1024),
      integer("latent.z_channels", 48, "", "channels of z; without f_psi always 2 q_channels")
          .at_least(1)
          .at_most(1024),
      boolean("latent.deterministic", false,
              "z is the encoder's output: no noise, no KL divergence, no sampling"),
      text("latent.anchor", "first",
           "the frame at which z gives the state: the window's first (sec. 3.2), or of what the encoder sees "
           "the middle one or a late one, two thirds through, from which the rollout goes both ways")
          .one_of({"first", "middle", "late"}),
      real("latent.initial_log_variance", 0, "", "of the posterior, at the beginning of training")
          .at_least(-20)
          .at_most(4),
  };
}

// How the state moves, and what is asked of the decoded frames.
std::vector<schemas::Field> rollout_fields(bool is_hamiltonian) {
  using namespace schemas;
  std::vector<Field> fields{
      text("integrator.method", is_hamiltonian ? "leapfrog" : "rk4", "scheme of the rollout")
          .one_of(stepper_names(is_hamiltonian)),
      real("integrator.dt", 0.125, "time",
           "time between frames in the model's units; null: as in the dataset")
          .above(0)
          .or_null(),
      integer("integrator.substeps", 1, "", "steps of the scheme between two frames")
          .at_least(1)
          .at_most(1000),
      real("integrator.tolerance", 1e-6, "", "of a step's error, absolute and relative; dopri5").above(0),
      integer("objective.frames", 0, "frame",
              "frames decoded of each sequence and step, chosen at random; null: all")
          .at_least(1)
          .or_automatic(),
      integer("objective.slice", 32, "frame",
              "frames that go through the decoder at a time, forward and backward; null: all of them")
          .at_least(1)
          .or_null(),
      real("objective.consistency", 0, "",
           "weight of how far the state that a part of the window implies is from the one that the rollout "
           "comes to, squared, of the motion's own mean square; 0: not asked for")
          .at_least(0),
      text("memory", "stored",
           "what is kept of the rollout for the backward pass: everything, the states, or only the last "
           "state, from which leapfrog steps back")
          .one_of(memory_names),
  };
  if (is_hamiltonian)
    fields.push_back(
        real("integrator.binding", 4, "1 / time", "how strongly tao binds its two copies of the state")
            .at_least(0));
  return fields;
}

}  // namespace

LatentShape position_shape(const schemas::Settings& settings, const DataShape& shape) {
  const bool is_chosen = !settings.is_automatic("latent.dimension");
  if (settings.text("latent.shape") == "image") {
    if (is_chosen)
      throw schemas::FieldError(
          "latent.dimension is not allowed where latent.shape = \"image\": an image has latent.q_channels");
    if (settings.integer("latent.refine") > 0)
      throw schemas::FieldError(
          "latent.refine > 0 is not allowed where latent.shape = \"image\": it takes a derivative along every number of the "
          "state");
    return LatentShape::image(settings.integer("latent.q_channels"));
  }
  for (const char* network : {"hamiltonian.network", "transition.network"})
    if (settings.values().contains(network) && settings.text(network) != "dense")
      throw schemas::FieldError(std::string(network) + " = \"" + settings.text(network) +
                                "\" is not allowed where latent.shape = \"vector\": expected \"dense\"");
  constexpr std::int64_t most_refined = 64;
  if (settings.integer("latent.refine") > 0 && is_chosen &&
      settings.integer("latent.dimension") > most_refined)
    throw schemas::FieldError("latent.refine > 0 is not allowed where latent.dimension > " +
                              std::to_string(most_refined) +
                              ": it takes a derivative along every number of the state");
  if (!is_chosen && !shape.coarse)
    throw schemas::FieldError(
        "latent.dimension = null is not allowed here: there are no frames to find it in");
  return LatentShape::vector(is_chosen ? settings.integer("latent.dimension") : shape.coarse->count());
}

std::vector<schemas::Field> Hgn::fields(Law law) {
  const bool is_hamiltonian = law == Law::hamiltonian;
  std::vector<schemas::Field> fields;
  for (const auto& part : {state_fields(), rollout_fields(is_hamiltonian), EncoderImpl::fields(),
                           CentresImpl::fields(), TransformImpl::fields(),
                           is_hamiltonian ? LearnedHamiltonianImpl::fields() : VectorFieldImpl::fields(),
                           DecoderImpl::fields(), ObjectiveImpl::fields(), GuideImpl::fields()})
    fields.insert(fields.end(), part.begin(), part.end());
  return fields;
}

}  // namespace hamgen::model
