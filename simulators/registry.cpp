#include "simulators/registry.hpp"

#include <algorithm>
#include "schemas/names.hpp"

#include "simulators/formulas/custom_system.hpp"
#include "simulators/systems/charged_particle.hpp"
#include "simulators/systems/double_pendulum.hpp"
#include "simulators/systems/henon_heiles.hpp"
#include "simulators/systems/kepler_relativistic.hpp"
#include "simulators/systems/lennard_jones.hpp"
#include "simulators/systems/mass_spring.hpp"
#include "simulators/systems/n_body.hpp"
#include "simulators/systems/pendulum.hpp"
#include "simulators/systems/planets.hpp"
#include "simulators/systems/rigid_pendulum_3d.hpp"
#include "simulators/systems/spring_chain.hpp"
#include "simulators/systems/zero_sum_game.hpp"

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
  return schemas::find_named(systems(), "system", name, &SystemDescriptor::name);
}

}  // namespace hamgen::simulators
