// Scenes become RGB8 frames (the mapping and the formula: canvas.hpp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "render/canvas.hpp"
#include "render/channel_sums.hpp"
#include "render/opacity.hpp"
#include "simulators/base/scene.hpp"

namespace hamgen::render {

// Paints scenes onto the canvas, one plane per channel.
//
// The planes hold 16 bits a value (a grey level is 128), where blending costs one multiplication and rounding
// errors stay far below one grey level however many discs overlap; values are rounded to 8 bits once. Owns
// scratch memory: one renderer per thread.
class FrameRenderer {
 public:
  explicit FrameRenderer(const Canvas& canvas);

  // Writes W x W x 3 bytes (row, column, channel) and returns their sums. `rgb` has exactly
  // Canvas::frame_bytes().
  ChannelSums render(const simulators::Scene& scene, std::span<std::uint8_t> rgb);

 private:
  void paint_tiles(const simulators::View& view, const simulators::Tiles& tiles);
  void find_stretches(const PixelDisc& disc);
  // Rows outside [first_row, end_row) show the background alone.
  ChannelSums finish(std::size_t first_row, std::size_t end_row, std::span<std::uint8_t> rgb);

  Canvas canvas_;
  std::array<std::int16_t, 3> background_{};
  std::vector<std::uint8_t> background_row_;         // [W, 3]
  std::array<std::vector<std::int16_t>, 3> planes_;  // [W, W], background between two frames
  std::array<std::vector<std::uint8_t>, 3> bytes_;   // [W, W], rows of the planes rounded
  OpacityPainter opacity_;
  std::vector<Stretch> stretches_;   // of the disc being blended
  std::vector<std::int16_t> alpha_;  // of its stretches, one after the other
};

}  // namespace hamgen::render
