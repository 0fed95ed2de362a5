// The phase portrait of a preview: orbits over the energy landscape, with a legend.
#pragma once

#include "apps/inspect/sample.hpp"
#include "render/cairo.hpp"

namespace hamgen::apps {

// Systems whose portrait has one plane show the whole sample in it; those with several show the sample's first
// trajectory in each of them.
render::Surface phase_portrait(const Sample& sample, const simulators::Simulation& simulation,
                               const Config& config, const std::string& split);

}  // namespace hamgen::apps
