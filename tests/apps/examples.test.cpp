// The example configurations are what they say: each makes trajectories within the certificate.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "apps/config.hpp"
#include "simulators/trajectory.hpp"

using namespace hamgen::apps;
using namespace hamgen::simulators;

TEST_CASE("every example makes trajectories whose discs stay in view") {
  int examples = 0;
  for (const auto& entry : std::filesystem::directory_iterator(EXAMPLES)) {
    CAPTURE(entry.path().string());
    std::ifstream file(entry.path());
    const Config config = config_from_json(Json::parse(file));
    const Simulation simulation(*config.system, config.settings);
    const std::size_t d = simulation.dimension();
    Scene scene;
    int outside = 0;
    for (std::int64_t id = 0; id < 300; ++id) {
      const Trajectory trajectory = simulation.trajectory(Split::train, id);
      CHECK(trajectory.redraws == 0);
      CHECK(trajectory.tightenings == 0);
      for (std::size_t t = 0; t < simulation.frames(); ++t) {
        simulation.show(trajectory.parameters, Reals(trajectory.q).subspan(t * d, d),
                        Reals(trajectory.p).subspan(t * d, d), scene);
        for (const Disc& disc : scene.discs)
          outside += std::max(std::abs(disc.x), std::abs(disc.y)) + disc.radius > trajectory.view.half_width;
      }
    }
    CHECK(outside == 0);
    ++examples;
  }
  CHECK(examples >= 2);
}
