// The tables of an evaluation's page.
#pragma once

#include <string>

#include "apps/page/values.hpp"

namespace hamgen::apps {

// As HTML; empty where no run has what the table is about. Mean squared errors are shown in units of 1e-4.
std::string pixel_error_table(const Json& evaluation);
std::string dynamics_table(const Json& evaluation);
std::string latent_table(const Json& evaluation);
std::string diagnosis_table(const Json& evaluation);
std::string state_error_table(const Json& evaluation);
std::string cost_table(const Json& evaluation);
std::string group_table(const Json& evaluation);  // of models that were trained more than once

}  // namespace hamgen::apps
