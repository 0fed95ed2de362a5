#include "simulators/registry.hpp"

#include <algorithm>

#include "simulators/charged_particle.hpp"
#include "simulators/custom_system.hpp"
#include "simulators/double_pendulum.hpp"
#include "simulators/henon_heiles.hpp"
#include "simulators/kepler_relativistic.hpp"
#include "simulators/lennard_jones.hpp"
#include "simulators/mass_spring.hpp"
#include "simulators/n_body.hpp"
#include "simulators/pendulum.hpp"
#include "simulators/planets.hpp"
#include "simulators/rigid_pendulum_3d.hpp"
#include "simulators/spring_chain.hpp"
#include "simulators/zero_sum_game.hpp"

namespace hamgen::simulators {

const std::vector<SystemDescriptor>& systems() {
  static const std::vector<SystemDescriptor> rows{
      mass_spring(),
      pendulum(),
      two_body(),
      three_body(),
      n_body(),
      matching_pennies(),
      rock_paper_scissors(),
      double_pendulum(),
      spring_chain(),
      henon_heiles(),
      charged_particle(),
      rigid_pendulum_3d(),
      kepler_relativistic(),
      planets(),
      lennard_jones(),
      custom(),
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
