// Ready-made configurations of datasets, by name: what `hamgen --preset` offers (schemas/suite/).
//
// They follow DeepMind's Hamiltonian Dynamics Suite (Botev, Jaegle, Wirnsberger, Hennes, Higgins 2021,
// arXiv:2111.05458): its systems and the ranges of their constants.
#pragma once

#include <string>
#include <vector>

#include "apps/shell/field_json.hpp"

namespace hamgen::apps {

struct DatasetPreset {
  std::string name, summary;
  Json config;
};

const std::vector<DatasetPreset>& suite();
// Throws schemas::FieldError that lists the names there are.
const DatasetPreset& find_dataset_preset(const std::string& name);

}  // namespace hamgen::apps
