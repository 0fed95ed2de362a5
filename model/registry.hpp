// All models by name: one row each. A new model is a file pair and a row.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "model/interfaces/model.hpp"

namespace hamgen::model {

struct ModelDescriptor {
  std::string name, summary, reference;
  Observation observation;  // what it learns from
  std::vector<schemas::Field> (*fields)();
  std::shared_ptr<Model> (*make)(const schemas::Settings&, const DataShape&);
  // Where its source has other values than the trainer's and optimiser's own defaults.
  std::vector<std::pair<std::string, schemas::Value>> defaults = {};
};
const std::vector<ModelDescriptor>& models();
// Throws schemas::FieldError for an unknown name.
const ModelDescriptor& find_model(const std::string& name);

// Every field of a training configuration of this model: the run's own, the trainer's, the optimiser's, the
// model's.
std::vector<schemas::Field> training_fields(const ModelDescriptor& model);

}  // namespace hamgen::model
