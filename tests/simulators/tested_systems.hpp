// What the registry-wide tests run over: every registered system, and systems that live in the tests alone.
#pragma once

#include <string_view>
#include <vector>

#include "simulators/base/system.hpp"

namespace hamgen::tests {

const std::vector<simulators::SystemDescriptor>& tested_systems();

// The row of that name. Throws std::logic_error where there is none.
const simulators::SystemDescriptor& tested_system(std::string_view name);

}  // namespace hamgen::tests
