#include "model/registry.hpp"

#include <algorithm>

#include "model/data/points.hpp"
#include "model/density/nhf.hpp"
#include "model/density/real_nvp.hpp"
#include "model/motion/hgn.hpp"
#include "model/motion/hnn.hpp"
#include "model/motion/pixel_hnn.hpp"
#include "model/training/trainer.hpp"
#include "schemas/names.hpp"

namespace hamgen::model {

namespace {

template <class M>
std::shared_ptr<Model> make_one(const schemas::Settings& settings, const DataShape& shape) {
  return std::make_shared<M>(settings, shape);
}

// One model of a class that comes in several kinds: its fields, and how it is made.
template <class M, auto kind>
std::vector<schemas::Field> fields_of() {
  return M::fields(kind);
}
template <class M, auto kind>
std::shared_ptr<Model> make(const schemas::Settings& settings, const DataShape& shape) {
  return std::make_shared<M>(settings, shape, kind);
}

using Kind = PixelHnn::Kind;
constexpr const char* greydanus = "Greydanus et al., NeurIPS 2019, arXiv:1906.01563";

}  // namespace

const std::vector<ModelDescriptor>& models() {
  constexpr auto frames = Observation::frames, states = Observation::states, points = Observation::points;
  const std::vector<std::pair<std::string, schemas::Value>> pixel_hnn_defaults{
      {"optimizer.learning_rate", 1e-3}, {"train.batch", std::int64_t{64}}};
  const std::vector<std::pair<std::string, schemas::Value>> hnn_defaults{{"optimizer.learning_rate", 1e-3},
                                                                         {"train.batch", std::int64_t{25}},
                                                                         {"train.steps", std::int64_t{2000}}};
  const std::vector<std::pair<std::string, schemas::Value>> flow_defaults{
      {"optimizer.learning_rate", 3e-4},
      {"train.batch", std::int64_t{256}},
      {"train.log_every", std::int64_t{200}},
      {"train.validate_every", std::int64_t{2000}},
      {"train.checkpoint_every", std::int64_t{2000}}};
  static const std::vector<ModelDescriptor> all{
      {"hgn", "Hamiltonian Generative Network", "Toth et al., ICLR 2020, sec. 3.2", frames,
       fields_of<Hgn, Law::hamiltonian>, make<Hgn, Law::hamiltonian>},
      {"latent_ode",
       "HGN with a network of no Hamiltonian that moves the state: the baseline that tells what H is for",
       "a baseline of this project", frames, fields_of<Hgn, Law::vector_field>, make<Hgn, Law::vector_field>},
      {"pixel_hnn", "Hamiltonian Neural Network on the embedding of pairs of frames",
       greydanus + std::string("; A.3"), frames, fields_of<PixelHnn, Kind::dense>,
       make<PixelHnn, Kind::dense>, pixel_hnn_defaults},
      {"pixel_hnn_conv", "the same with HGN's encoder and decoder", "Toth et al., ICLR 2020, A.3", frames,
       fields_of<PixelHnn, Kind::convolutional>, make<PixelHnn, Kind::convolutional>, pixel_hnn_defaults},
      {"hnn", "Hamiltonian Neural Network, from true states and their derivatives", greydanus, states,
       Hnn::fields, make<Hnn, Hnn::Kind::hamiltonian>, hnn_defaults},
      {"baseline_mlp", "the same network with the derivatives as outputs", greydanus, states, Hnn::fields,
       make<Hnn, Hnn::Kind::baseline>, hnn_defaults},
      {"nhf", "Neural Hamiltonian Flow: a density of points, from a simple one that Hamiltonians move",
       "Toth et al., ICLR 2020, sec. 3.3, A.2", points, Nhf::fields, make_one<Nhf>, flow_defaults},
      {"real_nvp", "affine coupling layers: the baseline for nhf",
       "Dinh, Sohl-Dickstein, Bengio, ICLR 2017, arXiv:1605.08803", points, RealNvp::fields,
       make_one<RealNvp>, flow_defaults},
  };
  return all;
}

const ModelDescriptor& find_model(const std::string& name) {
  return schemas::find_named(models(), "model", name, &ModelDescriptor::name);
}

std::vector<schemas::Field> training_fields(const ModelDescriptor& model) {
  using namespace schemas;
  std::vector<Field> fields{
      integer("seed", 0, "", "seed of every random number")
          .at_least(0)
          .at_most(static_cast<double>(largest_integer)),
      text("device", "auto", "auto (a GPU where there is one), cpu, cuda or cuda:1"),
      text("precision", "auto", "of encoder and decoder; auto: bf16 where the hardware computes in it")
          .one_of({"auto", "fp32", "bf16"}),
      integer("timeout", 60, "s",
              "without an answer of another process, after which a training of several gives up")
          .at_least(1)
          .at_most(86400),
      integer("threads", 0, "thread", "of the CPU; null: all cores that the process may use")
          .at_least(1)
          .at_most(1024)
          .or_automatic(),
  };
  const auto data = model.observation == Observation::points ? point_fields() : std::vector<Field>{};
  for (const auto& part : {data, Trainer::fields(model.observation), Optimizer::fields(), model.fields()})
    fields.insert(fields.end(), part.begin(), part.end());
  for (const auto& [path, value] : model.defaults)
    std::ranges::find(fields, path, &Field::path)->fallback = value;
  return fields;
}

}  // namespace hamgen::model
