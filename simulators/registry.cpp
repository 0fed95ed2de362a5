#include "simulators/registry.hpp"

#include <algorithm>

#include "simulators/custom_system.hpp"
#include "simulators/mass_spring.hpp"
#include "simulators/n_body.hpp"
#include "simulators/pendulum.hpp"

namespace hamgen::simulators {

const std::vector<SystemDescriptor>& systems() {
  static const std::vector<SystemDescriptor> rows{
      mass_spring(), pendulum(), two_body(), three_body(), n_body(), custom(),
  };
  return rows;
}

const SystemDescriptor& find_system(std::string_view name) {
  const auto& rows = systems();
  const auto found = std::ranges::find(rows, name, &SystemDescriptor::name);
  if (found != rows.end()) return *found;
  std::string names;
  for (const auto& row : rows) names += (names.empty() ? "" : ", ") + row.name;
  throw schemas::FieldError("unknown system \"" + std::string(name) + "\": expected one of " + names);
}

}  // namespace hamgen::simulators
