#include "model/registry.hpp"

#include <algorithm>

#include "model/hgn.hpp"
#include "model/trainer.hpp"

namespace hamgen::model {

const std::vector<ModelDescriptor>& models() {
  static const std::vector<ModelDescriptor> all{
      {"hgn", "Hamiltonian Generative Network", "Toth et al., ICLR 2020, sec. 3.2", Hgn::fields,
       [](const schemas::Settings& settings, const DataShape& shape) -> std::shared_ptr<Model> {
         return std::make_shared<Hgn>(settings, shape);
       }},
  };
  return all;
}

const ModelDescriptor& find_model(const std::string& name) {
  const auto found = std::ranges::find(models(), name, &ModelDescriptor::name);
  if (found != models().end()) return *found;
  std::string names;
  for (const auto& model : models()) names += (names.empty() ? "" : ", ") + model.name;
  throw schemas::FieldError("model = \"" + name + "\" is not allowed: expected one of " + names);
}

std::vector<schemas::Field> training_fields(const ModelDescriptor& model) {
  using namespace schemas;
  std::vector<Field> fields{
      integer("seed", 0, "", "seed of every random number").at_least(0),
      text("device", "auto", "auto (a GPU where there is one), cpu, cuda or cuda:1"),
      text("precision", "auto", "of encoder and decoder; auto: bf16 where the hardware computes in it")
          .one_of({"auto", "fp32", "bf16"}),
      integer("threads", 0, "thread", "of the CPU; null: all cores").at_least(1).at_most(1024).or_automatic(),
  };
  for (const auto& part : {Trainer::fields(), Optimizer::fields(), model.fields()})
    fields.insert(fields.end(), part.begin(), part.end());
  return fields;
}

}  // namespace hamgen::model
