// An independent painter for the tests: every disc is a radial gradient that Cairo composites, at 10 bits a
// channel.
#pragma once

#include "render/cairo.hpp"
#include "render/canvas.hpp"

namespace hamgen::render {

// W x W x 3 bytes. Cairo's gradients and compositing round more coarsely than the renderer: a few grey
// levels.
std::vector<std::uint8_t> paint_with_cairo(const Canvas& canvas, const simulators::Scene& scene);

}  // namespace hamgen::render
