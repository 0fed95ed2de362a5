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
// What all names begin with, so that none of them is a system's. Before, they had none.
inline constexpr const char* suite_prefix = "dm_";
// By its name, or by the one that it had before. Throws schemas::FieldError that lists the names there are.
const DatasetPreset& find_dataset_preset(const std::string& name);

}  // namespace hamgen::apps
