#include "render/opacity.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "render/wide_vectors.hpp"

namespace hamgen::render {
namespace {

constexpr int finest_grid = 16;
constexpr double tolerance = 0.15 / 255;             // of the opacity, from mixing sprites
constexpr std::ptrdiff_t margin = stretch_unit - 1;  // columns by which a stretch may exceed the disc's reach

// 1 / (1 + e^t) in fixed point, from single-precision operations that vectorise: e^t = 2^n e^x with |x| <=
// ln(2) / 2, and e^x by its Taylor series, whose error is below 3e-6.
inline std::int16_t sigmoid(float t) {
  constexpr float log2_e = 1.44269504F, ln_2 = 0.693147181F, to_integer = 12582912.0F;  // 1.5 * 2^23
  const float bounded = t > -20 ? (t < 20 ? t : 20.0F) : -20.0F;
  const float exponent = bounded * log2_e;
  const float shifted = exponent + to_integer;
  const float x = (exponent - (shifted - to_integer)) * ln_2;
  const float power = 1 + x * (1 + x * (0.5F + x * (1.0F / 6 + x * (1.0F / 24 + x * (1.0F / 120)))));
  const auto n = static_cast<std::uint32_t>(std::bit_cast<std::int32_t>(shifted)) << 23;
  const auto e_t = std::bit_cast<float>(std::bit_cast<std::uint32_t>(power) + n);
  return static_cast<std::int16_t>(static_cast<std::int32_t>(opaque / (1 + e_t) + 0.5F));
}

// Pixels of one row: `dx` from the disc's centre to the first one's.
HAMGEN_WIDE_VECTORS
void evaluate_row(float dx, float dy, float radius, float sharpness, std::size_t count,
                  std::int16_t* __restrict alpha) {
  const float dy_squared = dy * dy;
  for (std::size_t j = 0; j < count; ++j) {
    const float x = dx + static_cast<float>(static_cast<std::int32_t>(j));
    alpha[j] = sigmoid((std::sqrt(x * x + dy_squared) - radius) * sharpness);
  }
}

HAMGEN_WIDE_VECTORS
void mix_stretches(const OpacitySprites::Mixture& mixture, std::span<const Stretch> stretches,
                   std::int16_t* alpha) {
  for (const Stretch& stretch : stretches) {
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(stretch.row) - mixture.row_of_first;
    const std::ptrdiff_t column = static_cast<std::ptrdiff_t>(stretch.begin) - mixture.column_of_first;
    const std::ptrdiff_t offset = row * static_cast<std::ptrdiff_t>(mixture.row_length) + column;
    const std::int16_t* const a = mixture.sprites[0] + offset;
    const std::int16_t* const b = mixture.sprites[1] + offset;
    const std::int16_t* const c = mixture.sprites[2] + offset;
    const std::int16_t* const d = mixture.sprites[3] + offset;
    const std::int16_t wa = mixture.weights[0], wb = mixture.weights[1], wc = mixture.weights[2],
                       wd = mixture.weights[3];
    const std::size_t count = stretch.count / stretch_unit * stretch_unit;
    std::int16_t* __restrict out = alpha;
    for (std::size_t j = 0; j < count; ++j) {
      const auto from_a = static_cast<std::int16_t>((((a[j] * wa) >> 14) + 1) >> 1);
      const auto from_b = static_cast<std::int16_t>((((b[j] * wb) >> 14) + 1) >> 1);
      const auto from_c = static_cast<std::int16_t>((((c[j] * wc) >> 14) + 1) >> 1);
      const auto from_d = static_cast<std::int16_t>((((d[j] * wd) >> 14) + 1) >> 1);
      out[j] = static_cast<std::int16_t>(from_a + from_b + from_c + from_d);
    }
    alpha += count;
  }
}

// Nodes per pixel so that bilinear mixing errs by at most `tolerance`: h^2 / 8 * |alpha''| along each axis,
// where |sigmoid''| <= 0.0963; 0 where the grid would be too fine, or where the cusp at the centre is not
// negligible.
int grid_for(const PixelDisc& disc) {
  const double curvature = 0.0963 * disc.sharpness * disc.sharpness;
  const double nodes = std::ceil(std::sqrt(2 * curvature / 8 / tolerance));
  if (nodes > finest_grid) return 0;
  const double opacity = disc.opacity(0), slope = disc.sharpness * opacity * (1 - opacity);
  return slope / std::max(nodes, 1.0) <= tolerance ? std::max(1, static_cast<int>(nodes)) : 0;
}

}  // namespace

OpacitySprites::OpacitySprites(const PixelDisc& disc)
    : radius_(disc.radius), sharpness_(disc.sharpness), grid_(grid_for(disc)) {
  if (grid_ == 0) return;
  reach_ = static_cast<std::ptrdiff_t>(std::ceil(disc.reach)) + 1;
  rows_ = static_cast<std::size_t>(2 * reach_ + 1);
  row_length_ = rows_ + 2 * margin;
  values_.resize(static_cast<std::size_t>(grid_ + 1) * static_cast<std::size_t>(grid_ + 1) * rows_ *
                 row_length_);
  std::int16_t* row = values_.data();
  for (int node_y = 0; node_y <= grid_; ++node_y)
    for (int node_x = 0; node_x <= grid_; ++node_x)
      for (std::size_t r = 0; r < rows_; ++r, row += row_length_) {
        const double dx = 0.5 - static_cast<double>(reach_ + margin) - static_cast<double>(node_x) / grid_;
        const double dy =
            0.5 + static_cast<double>(r) - static_cast<double>(reach_) - static_cast<double>(node_y) / grid_;
        evaluate_row(static_cast<float>(dx), static_cast<float>(dy), static_cast<float>(radius_),
                     static_cast<float>(sharpness_), row_length_, row);
      }
}

OpacitySprites::Mixture OpacitySprites::at(const PixelDisc& disc) const {
  const double column = std::floor(disc.column), row = std::floor(disc.row);
  const double x = (disc.column - column) * grid_, y = (disc.row - row) * grid_;
  const int node_x = std::min(static_cast<int>(x), grid_ - 1),
            node_y = std::min(static_cast<int>(y), grid_ - 1);
  const double u = x - node_x, v = y - node_y;
  const auto sprite = [&](int at_x, int at_y) {
    return values_.data() + static_cast<std::size_t>(at_y * (grid_ + 1) + at_x) * rows_ * row_length_;
  };
  const auto weight = [](double part) { return static_cast<std::int16_t>(std::lround(part * 32767)); };
  Mixture mixture{{sprite(node_x, node_y), sprite(node_x + 1, node_y), sprite(node_x, node_y + 1),
                   sprite(node_x + 1, node_y + 1)},
                  {0, weight(u * (1 - v)), weight((1 - u) * v), weight(u * v)},
                  static_cast<std::ptrdiff_t>(row) - reach_,
                  static_cast<std::ptrdiff_t>(column) - reach_ - margin,
                  row_length_};
  mixture.weights[0] =
      static_cast<std::int16_t>(32767 - mixture.weights[1] - mixture.weights[2] - mixture.weights[3]);
  return mixture;
}

void OpacityPainter::paint(const PixelDisc& disc, std::span<const Stretch> stretches, std::int16_t* alpha) {
  const OpacitySprites& sprites = sprites_for(disc);
  if (!sprites.is_empty()) {
    mix_stretches(sprites.at(disc), stretches, alpha);
    return;
  }
  for (const Stretch& stretch : stretches) {
    const double dx = static_cast<double>(stretch.begin) + 0.5 - disc.column;
    const double dy = static_cast<double>(stretch.row) + 0.5 - disc.row;
    evaluate_row(static_cast<float>(dx), static_cast<float>(dy), static_cast<float>(disc.radius),
                 static_cast<float>(disc.sharpness), stretch.count, alpha);
    alpha += stretch.count;
  }
}

const OpacitySprites& OpacityPainter::sprites_for(const PixelDisc& disc) {
  constexpr std::size_t most = 16;
  const auto known =
      std::ranges::find_if(recent_, [&](const OpacitySprites& sprites) { return sprites.fits(disc); });
  if (known != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, known);
  } else {
    recent_.emplace_front(disc);
    if (recent_.size() > most) recent_.pop_back();
  }
  return recent_.front();
}

}  // namespace hamgen::render
