#include "tests/simulators/tested_systems.hpp"

#include <algorithm>
#include <stdexcept>

#include "simulators/registry.hpp"
#include "tests/simulators/example_system.hpp"

namespace hamgen::tests {

const std::vector<simulators::SystemDescriptor>& tested_systems() {
  static const std::vector<simulators::SystemDescriptor> rows = [] {
    std::vector<simulators::SystemDescriptor> all = simulators::systems();
    all.push_back(example_system());
    return all;
  }();
  return rows;
}

const simulators::SystemDescriptor& tested_system(std::string_view name) {
  const auto found = std::ranges::find(tested_systems(), name, &simulators::SystemDescriptor::name);
  if (found == tested_systems().end()) throw std::logic_error("no system " + std::string(name));
  return *found;
}

}  // namespace hamgen::tests
