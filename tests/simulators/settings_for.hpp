// The settings of a system as a configuration file would give them: every field at its default, then the
// defaults in which the system differs, then the overrides of a test.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulators/base/scene.hpp"
#include "simulators/registry.hpp"
#include "simulators/trajectory.hpp"
#include "tests/simulators/tested_systems.hpp"

namespace hamgen::tests {

using Overrides = std::vector<std::pair<std::string, schemas::Value>>;

inline schemas::Settings settings_for(const simulators::SystemDescriptor& descriptor,
                                      const Overrides& overrides) {
  std::vector<schemas::Field> fields = simulators::Simulation::fields();
  for (const auto& more : {simulators::Look::fields(), descriptor.fields})
    fields.insert(fields.end(), more.begin(), more.end());
  fields.push_back(schemas::integer("seed", 1, "", "seed of the dataset"));

  schemas::Settings settings(fields);
  for (const auto& changes : {descriptor.defaults, overrides})
    for (const auto& [path, value] : changes) {
      const auto field = std::ranges::find(fields, path, &schemas::Field::path);
      if (field == fields.end()) throw std::logic_error("no field " + path);
      settings.set(*field, value);
    }
  return settings;
}

inline simulators::Simulation simulation_of(std::string_view system, const Overrides& overrides = {}) {
  const auto& descriptor = tested_system(system);
  return {descriptor, settings_for(descriptor, overrides)};
}

}  // namespace hamgen::tests
