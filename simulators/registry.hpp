// The systems there are. To add one: write its file pair, add its row in registry.cpp
// (docs/your-own-system.md).
#pragma once

#include <string_view>
#include <vector>

#include "simulators/base/system.hpp"

namespace hamgen::simulators {

const std::vector<SystemDescriptor>& systems();

// Throws schemas::FieldError that lists the names there are.
const SystemDescriptor& find_system(std::string_view name);

}  // namespace hamgen::simulators
