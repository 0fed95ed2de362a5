// A Scene becomes an RGB8 frame: smoothed discs over a plain background, painted from back to front.
//
// The one place where world meets pixels. For a frame of W x W pixels, the centre of pixel (row i, column j) is at
//   x = center_x + ((2 j + 1) / W - 1) half_width,     y = center_y + (1 - (2 i + 1) / W) half_width
// (y up, row 0 on top). A disc of radius r covers a pixel at distance d from its centre with opacity
//   alpha(d) = sigmoid((r - d) / (2 half_width) * sharpness)
// so `sharpness` is per canvas width and the edge is equally soft at every frame size. Colours mix linearly in the
// 8-bit values (no gamma): value = alpha * disc + (1 - alpha) * what is behind.
// A rendered value differs from that formula by less than 1/255, wherever discs overlap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "schemas/field.hpp"
#include "simulators/scene.hpp"

namespace hamgen::render {

struct Canvas {
  std::size_t size = 64;  // W: pixels along each side
  simulators::Color background{};
  double sharpness = 80;  // of the edge, per canvas width

  static std::vector<schemas::Field> fields();
  static Canvas from(const schemas::Settings& settings);

  std::size_t frame_bytes() const { return size * size * 3; }
};

// Paints scenes onto the canvas with integer loops.
//
// The frame is kept in 16 bits a channel (255 = 255 * 128), where blending costs one multiplication per value and
// rounding errors stay far below one grey level however many discs overlap; it is rounded to 8 bits once. The opacity
// is looked up by (distance - radius), so discs of any radius share one table.
// Owns scratch memory: one renderer per thread.
class FrameRenderer {
 public:
  explicit FrameRenderer(const Canvas& canvas);

  // Writes W x W x 3 bytes (row, column, channel). `rgb` has exactly Canvas::frame_bytes().
  void render(const simulators::Scene& scene, std::span<std::uint8_t> rgb);

  struct Row {
    std::size_t begin, blocks;  // first column and number of blocks that the disc reaches
  };
  struct Scratch {                    // of the disc being blended
    std::vector<Row> rows;            // [W]
    std::vector<std::int32_t> index;  // of each pixel into the opacity table
    std::vector<std::int16_t> alpha;  // of each pixel and channel, 1.15 fixed point
  };

 private:
  Canvas canvas_;
  std::vector<std::int16_t> background_;  // [W, W + a block, 3], 9.7 fixed point
  std::vector<std::int16_t> frame_;       // likewise
  std::vector<std::uint64_t> opacity_;    // 1.15 fixed point, three times side by side: one per channel
  Scratch scratch_;
};

// The pixel grid's coordinates in world units: x of each column, y of each row (offsets from the view's centre).
std::vector<double> column_x(std::size_t size, double half_width);
std::vector<double> row_y(std::size_t size, double half_width);

}  // namespace hamgen::render
