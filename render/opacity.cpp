#include "render/opacity.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

#include "render/wide_vectors.hpp"

namespace hamgen::render {
namespace {

constexpr int finest_grid = 16;
constexpr double tolerance = 0.15 / 255;             // of the opacity, from mixing sprites
constexpr double farthest_reach = 1 << 20;           // pixels, of a disc that is mixed
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

// Pixels of one row, from the one of number `first` on: `dx` from the disc's centre to the one of number 0.
HAMGEN_WIDE_VECTORS
void evaluate_row(float dx, float dy, float radius, float sharpness, std::int32_t first, std::size_t count,
                  std::int16_t* __restrict alpha) {
  const float dy_squared = dy * dy;
  for (std::size_t j = 0; j < count; ++j) {
    const float x = dx + static_cast<float>(first + static_cast<std::int32_t>(j));
    alpha[j] = sigmoid((std::sqrt(x * x + dy_squared) - radius) * sharpness);
  }
}

// The four neighbours of a position, and where in the frame their first values are.
struct Mixture {
  std::array<const std::int16_t*, 4> sprites;
  std::array<std::int16_t, 4> weights;
  std::ptrdiff_t row_of_first, column_of_first;
  std::size_t row_length;
};

HAMGEN_WIDE_VECTORS
void mix_stretches(const Mixture& mixture, std::span<const Stretch> stretches, std::int16_t* alpha) {
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
// where |sigmoid''| <= 0.0963; 0 where the grid would be too fine, where the cusp at the centre is not
// negligible, or where the disc is so large that its pixels have no numbers.
int grid_for(const PixelDisc& disc) {
  if (!(disc.reach < farthest_reach)) return 0;
  const double curvature = 0.0963 * disc.sharpness * disc.sharpness;
  const double nodes = std::ceil(std::sqrt(2 * curvature / 8 / tolerance));
  if (nodes > finest_grid) return 0;
  const double opacity = disc.opacity(0), slope = disc.sharpness * opacity * (1 - opacity);
  return slope / std::max(nodes, 1.0) <= tolerance ? std::max(1, static_cast<int>(nodes)) : 0;
}

}  // namespace

OpacitySprites::OpacitySprites(const PixelDisc& disc, std::size_t memory)
    : radius_(disc.radius), sharpness_(disc.sharpness), grid_(grid_for(disc)) {
  if (grid_ == 0) return;
  reach_ = static_cast<std::ptrdiff_t>(std::ceil(disc.reach)) + 1;
  rows_ = static_cast<std::size_t>(2 * reach_ + 1);
  row_length_ = rows_ + 2 * margin;
  const std::size_t size =
      static_cast<std::size_t>(grid_ + 1) * static_cast<std::size_t>(grid_ + 1) * rows_ * row_length_;
  if (size > memory / sizeof(std::int16_t)) return;
  values_.resize(size);
  std::int16_t* row = values_.data();
  for (int node_y = 0; node_y <= grid_; ++node_y)
    for (int node_x = 0; node_x <= grid_; ++node_x)
      for (std::size_t r = 0; r < rows_; ++r, row += row_length_)
        evaluate({node_x, node_y}, static_cast<std::ptrdiff_t>(r), 0, row_length_, row);
}

void OpacitySprites::evaluate(Node node, std::ptrdiff_t row, std::ptrdiff_t first, std::size_t count,
                              std::int16_t* alpha) const {
  const double dx = 0.5 - static_cast<double>(reach_ + margin) - static_cast<double>(node.x) / grid_;
  const double dy =
      0.5 + static_cast<double>(row) - static_cast<double>(reach_) - static_cast<double>(node.y) / grid_;
  evaluate_row(static_cast<float>(dx), static_cast<float>(dy), static_cast<float>(radius_),
               static_cast<float>(sharpness_), static_cast<std::int32_t>(first), count, alpha);
}

OpacitySprites::Place OpacitySprites::place_of(const PixelDisc& disc) const {
  const double column = std::floor(disc.column), row = std::floor(disc.row);
  const double x = (disc.column - column) * grid_, y = (disc.row - row) * grid_;
  const Node node{std::min(static_cast<int>(x), grid_ - 1), std::min(static_cast<int>(y), grid_ - 1)};
  const double u = x - node.x, v = y - node.y;
  const auto weight = [](double part) { return static_cast<std::int16_t>(std::lround(part * 32767)); };
  Place place{{{{node.x, node.y}, {node.x + 1, node.y}, {node.x, node.y + 1}, {node.x + 1, node.y + 1}}},
              {0, weight(u * (1 - v)), weight((1 - u) * v), weight(u * v)},
              static_cast<std::ptrdiff_t>(row) - reach_,
              static_cast<std::ptrdiff_t>(column) - reach_ - margin};
  place.weights[0] =
      static_cast<std::int16_t>(32767 - place.weights[1] - place.weights[2] - place.weights[3]);
  return place;
}

void OpacitySprites::paint(const PixelDisc& disc, std::span<const Stretch> stretches, std::int16_t* alpha,
                           std::vector<std::int16_t>& scratch) const {
  const Place place = place_of(disc);
  Mixture mixture{{}, place.weights, place.row_of_first, place.column_of_first, row_length_};
  if (!values_.empty()) {
    for (std::size_t i = 0; i < place.nodes.size(); ++i)
      mixture.sprites[i] =
          values_.data() +
          static_cast<std::size_t>(place.nodes[i].y * (grid_ + 1) + place.nodes[i].x) * rows_ * row_length_;
    mix_stretches(mixture, stretches, alpha);
    return;
  }
  for (const Stretch& stretch : stretches) {
    scratch.resize(place.nodes.size() * stretch.count);
    for (std::size_t i = 0; i < place.nodes.size(); ++i) {
      std::int16_t* const values = scratch.data() + i * stretch.count;
      evaluate(place.nodes[i], static_cast<std::ptrdiff_t>(stretch.row) - place.row_of_first,
               static_cast<std::ptrdiff_t>(stretch.begin) - place.column_of_first, stretch.count, values);
      mixture.sprites[i] = values;
    }
    mixture.row_of_first = static_cast<std::ptrdiff_t>(stretch.row);
    mixture.column_of_first = static_cast<std::ptrdiff_t>(stretch.begin);
    mix_stretches(mixture, {&stretch, 1}, alpha);
    alpha += stretch.count;
  }
}

void OpacityPainter::paint(const PixelDisc& disc, std::span<const Stretch> stretches, std::int16_t* alpha) {
  const OpacitySprites& sprites = sprites_for(disc);
  if (!sprites.is_empty()) {
    sprites.paint(disc, stretches, alpha, scratch_);
    return;
  }
  for (const Stretch& stretch : stretches) {
    const double dx = static_cast<double>(stretch.begin) + 0.5 - disc.column;
    const double dy = static_cast<double>(stretch.row) + 0.5 - disc.row;
    evaluate_row(static_cast<float>(dx), static_cast<float>(dy), static_cast<float>(disc.radius),
                 static_cast<float>(disc.sharpness), 0, stretch.count, alpha);
    alpha += stretch.count;
  }
}

const OpacitySprites& OpacityPainter::sprites_for(const PixelDisc& disc) {
  constexpr std::size_t most = 16;
  const auto known =
      std::ranges::find_if(recent_, [&](const OpacitySprites& sprites) { return sprites.fits(disc); });
  if (known != recent_.end()) {
    recent_.splice(recent_.begin(), recent_, known);
    return recent_.front();
  }
  if (recent_.size() == most) recent_.pop_back();
  // Those that are there stay: else large discs in one scene would take turns, and each be made for each
  // frame.
  return recent_.emplace_front(disc, most_bytes - kept_bytes());
}

std::size_t OpacityPainter::kept_bytes() const {
  return std::accumulate(
      recent_.begin(), recent_.end(), std::size_t{0},
      [](std::size_t sum, const OpacitySprites& sprites) { return sum + sprites.bytes(); });
}

}  // namespace hamgen::render
