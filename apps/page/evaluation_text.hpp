// An evaluation as tables for the terminal.
#pragma once

#include <string>

#include "apps/shell/field_json.hpp"

namespace hamgen::apps {

std::string evaluation_text(const Json& evaluation);

}  // namespace hamgen::apps
