#include "render/portrait.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>

#include "render/axis.hpp"
#include "render/picture.hpp"
#include "render/text.hpp"

namespace hamgen::render {
namespace {

constexpr int ticks_of_axis = 8;
constexpr double plot_size = 560, left = 80, top = 50, right = 24, bottom = 64;

// Dark blue over teal to pale yellow: even in lightness, readable in grey.
simulators::Color landscape_color(double fraction) {
  constexpr std::array<simulators::Color, 5> stops{
      {{0.13, 0.12, 0.28}, {0.16, 0.28, 0.44}, {0.18, 0.46, 0.52}, {0.42, 0.66, 0.56}, {0.88, 0.87, 0.70}}};
  const double position = std::clamp(fraction, 0.0, 1.0) * (stops.size() - 1);
  const auto i = std::min(static_cast<std::size_t>(position), stops.size() - 2);
  const double t = position - static_cast<double>(i);
  simulators::Color color;
  for (std::size_t c = 0; c < 3; ++c) color[c] = (1 - t) * stops[i][c] + t * stops[i + 1][c];
  return color;
}

// Every value's rank among all, in [0, 1].
std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<double> sorted = values, result;
  std::ranges::sort(sorted);
  for (const double value : values)
    result.push_back(static_cast<double>(std::ranges::lower_bound(sorted, value) - sorted.begin()) /
                     static_cast<double>(sorted.size()));
  return result;
}

class Plot {
 public:
  explicit Plot(const Portrait& portrait)  // which outlives it
      : portrait_(portrait),
        surface_(make_surface(CAIRO_FORMAT_RGB24, static_cast<int>(left + plot_size + right),
                              static_cast<int>(top + plot_size + bottom))),
        context_(make_context(surface_)),
        cr_(context_.get()) {
    cairo_set_source_rgb(cr_, 1, 1, 1);
    cairo_paint(cr_);
  }

  Surface draw() {
    draw_landscape();
    cairo_save(cr_);
    cairo_rectangle(cr_, left, top, plot_size, plot_size);
    cairo_clip(cr_);
    for (const Track& track : portrait_.tracks) draw_track(track);
    cairo_restore(cr_);
    draw_axes();
    check(cairo_status(cr_));
    return std::move(surface_);
  }

 private:
  double x_of(double x) const {
    return left + (x - portrait_.x_low) / (portrait_.x_high - portrait_.x_low) * plot_size;
  }
  double y_of(double y) const {
    return top + (portrait_.y_high - y) / (portrait_.y_high - portrait_.y_low) * plot_size;
  }

  void draw_landscape() {
    constexpr double bands = 24;
    Picture picture(portrait_.columns, portrait_.rows);
    const std::vector<double> rank = ranks(portrait_.energy);
    for (std::size_t row = 0; row < portrait_.rows; ++row)
      for (std::size_t column = 0; column < portrait_.columns; ++column) {
        const double fraction = rank[row * portrait_.columns + column];
        const bool is_odd = static_cast<int>(fraction * bands) % 2 == 1;
        const auto color = landscape_color(std::floor(fraction * bands) / bands + (is_odd ? 0.012 : 0));
        for (std::size_t c = 0; c < 3; ++c)
          picture.rgb[3 * ((portrait_.rows - 1 - row) * portrait_.columns + column) + c] =
              static_cast<std::uint8_t>(std::lround(color[c] * 255));
      }
    const Surface image = to_surface(picture);
    cairo_save(cr_);
    cairo_translate(cr_, left, top);
    cairo_scale(cr_, plot_size / static_cast<double>(portrait_.columns),
                plot_size / static_cast<double>(portrait_.rows));
    cairo_set_source_surface(cr_, image.get(), 0, 0);
    cairo_paint(cr_);
    cairo_restore(cr_);
  }

  void draw_track(const Track& track) {
    cairo_set_source_rgba(cr_, track.color[0], track.color[1], track.color[2], 0.35);
    for (const auto& [x, y] : track.observed) {
      cairo_arc(cr_, x_of(x), y_of(y), 2.6, 0, 2 * std::numbers::pi);
      cairo_fill(cr_);
    }
    cairo_set_source_rgb(cr_, track.color[0], track.color[1], track.color[2]);
    cairo_set_line_width(cr_, 1.6);
    cairo_set_line_join(cr_, CAIRO_LINE_JOIN_ROUND);
    cairo_move_to(cr_, x_of(track.points.front().first), y_of(track.points.front().second));
    for (std::size_t t = 1; t < track.points.size(); ++t) draw_curve(track, t);
    cairo_stroke(cr_);
    cairo_arc(cr_, x_of(track.points.front().first), y_of(track.points.front().second), 4.5, 0,
              2 * std::numbers::pi);
    cairo_fill(cr_);
  }

  // The cubic Hermite curve from frame t - 1 to frame t, as the Bezier curve that Cairo takes.
  void draw_curve(const Track& track, std::size_t t) {
    const auto& [x0, y0] = track.points[t - 1];
    const auto& [x1, y1] = track.points[t];
    const auto& [dx0, dy0] = track.rates[t - 1];
    const auto& [dx1, dy1] = track.rates[t];
    cairo_curve_to(cr_, x_of(x0 + dx0 / 3), y_of(y0 + dy0 / 3), x_of(x1 - dx1 / 3), y_of(y1 - dy1 / 3),
                   x_of(x1), y_of(y1));
  }

  void draw_axes() {
    cairo_set_source_rgb(cr_, 0.15, 0.15, 0.15);
    cairo_set_line_width(cr_, 1);
    cairo_rectangle(cr_, left, top, plot_size, plot_size);
    cairo_stroke(cr_);
    draw_text(cr_, left, top - 20, 17, portrait_.title, plot_size);
    draw_text(cr_, left + plot_size / 2 - 20, top + plot_size + 48, 15, portrait_.x_label);
    cairo_save(cr_);
    cairo_translate(cr_, 24, top + plot_size / 2 + 30);
    cairo_rotate(cr_, -std::numbers::pi / 2);
    draw_text(cr_, 0, 0, 15, portrait_.y_label);
    cairo_restore(cr_);
    for (const double tick : axis_ticks(portrait_.x_low, portrait_.x_high, ticks_of_axis)) {
      cairo_move_to(cr_, x_of(tick), top + plot_size);
      cairo_rel_line_to(cr_, 0, 5);
      cairo_stroke(cr_);
      draw_text(cr_, x_of(tick) - 12, top + plot_size + 22, 13, tick_text(tick));
    }
    for (const double tick : axis_ticks(portrait_.y_low, portrait_.y_high, ticks_of_axis)) {
      cairo_move_to(cr_, left, y_of(tick));
      cairo_rel_line_to(cr_, -5, 0);
      cairo_stroke(cr_);
      draw_text(cr_, left - 40, y_of(tick) + 4, 13, tick_text(tick));
    }
  }

  static std::string tick_text(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value == 0 ? 0.0 : value);
    return text;
  }

  const Portrait& portrait_;
  Surface surface_;
  Context context_;
  cairo_t* cr_;
};

}  // namespace

Surface draw_portrait(const Portrait& portrait) {
  return Plot(portrait).draw();
}

}  // namespace hamgen::render
