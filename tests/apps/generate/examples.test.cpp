// The example configurations are what they say: each makes trajectories within the certificate.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "apps/generate/config.hpp"
#include "apps/generate/suite.hpp"
#include "simulators/trajectory.hpp"

using namespace hamgen::apps;
using namespace hamgen::simulators;

namespace {

// Examples for people and configurations with a name, by name.
std::vector<std::pair<std::string, Json>> all_configurations() {
  std::vector<std::pair<std::string, Json>> list;
  for (const auto& entry : std::filesystem::directory_iterator(EXAMPLES)) {
    std::ifstream file(entry.path());
    list.emplace_back(entry.path().filename().string(), Json::parse(file));
  }
  for (const DatasetPreset& preset : suite()) list.emplace_back(preset.name, preset.config);
  return list;
}

}  // namespace

TEST_CASE("every example and preset makes trajectories whose discs stay in view") {
  int examples = 0;
  for (const auto& [name, json] : all_configurations()) {
    CAPTURE(name);
    const Config config = config_from_json(json);
    const Simulation simulation(*config.system, config.settings);
    const std::size_t d = simulation.dimension();
    Scene scene;
    int outside = 0;
    for (std::int64_t id = 0; id < 40; ++id) {
      const Trajectory trajectory = simulation.trajectory(Split::train, id);
      CHECK(trajectory.redraws == 0);
      CHECK(trajectory.tightenings == 0);
      for (std::size_t t = 0; t < simulation.frames(); ++t) {
        simulation.show(trajectory.parameters, Reals(trajectory.q).subspan(t * d, d),
                        Reals(trajectory.p).subspan(t * d, d), scene);
        // In a periodic box what crosses the border is drawn again on the other side.
        const bool is_periodic = simulation.system().period() > 0;
        const View& view = trajectory.view;
        for (const Disc& disc : scene.discs)
          if (!disc.is_copy)
            outside += std::max(std::abs(disc.x - view.center_x), std::abs(disc.y - view.center_y)) +
                           (is_periodic ? 0 : disc.radius) >
                       view.half_width * (1 + 1e-12);
      }
    }
    CHECK(outside == 0);
    ++examples;
  }
  CHECK(examples >= 2);
}
