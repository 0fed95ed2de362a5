#include "render/portrait.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <numbers>

#include "render/axis.hpp"
#include "render/picture.hpp"
#include "render/text.hpp"

namespace hamgen::render {
namespace {

constexpr int ticks_of_axis = 8;
constexpr double plot_size = 560, left = 80, right = 24, axis_height = 64;
constexpr double title_size = 17, subtitle_size = 13, label_size = 15, tick_size = 13, legend_size = 13;
constexpr double line_height = 18, mark_width = 26;
constexpr double dot_radius = 2.6, start_radius = 4.5, dot_opacity = 0.35, curve_width = 1.6;
constexpr double bands = 24;  // of the landscape

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

simulators::Color band_color(double rank) {
  const bool is_odd = static_cast<int>(rank * bands) % 2 == 1;
  return landscape_color(std::floor(rank * bands) / bands + (is_odd ? 0.012 : 0));
}

void set_source(cairo_t* context, const simulators::Color& color, double opacity = 1) {
  cairo_set_source_rgba(context, color[0], color[1], color[2], opacity);
}

void fill_circle(cairo_t* context, double x, double y, double radius) {
  cairo_arc(context, x, y, radius, 0, 2 * std::numbers::pi);
  cairo_fill(context);
}

constexpr simulators::Color ink{0.15, 0.15, 0.15};

// Marks with their texts, one after the other, in lines.
class Legend {
 public:
  Legend(cairo_t* measure, const PortraitLegend& legend) {
    if (!legend.curve.empty()) add(measure, legend.curve, draw_curve);
    if (!legend.dots.empty())
      add(measure, legend.dots, [](cairo_t* cr, double x, double y) {
        set_source(cr, ink, 0.6);
        for (const double dx : {5.0, 11.0, 17.0})
          fill_circle(cr, x + dx, y + (dx == 11 ? -2 : 1.5), dot_radius);
      });
    end_line();
    for (const auto& [color, text] : legend.colors)
      add(measure, text, [color = color](cairo_t* cr, double x, double y) {
        set_source(cr, color);
        cairo_rectangle(cr, x + 2.5, y - 5.5, 15, 11);
        cairo_fill_preserve(cr);
        set_source(cr, ink, 0.6);  // white ones would not be seen
        cairo_set_line_width(cr, 1);
        cairo_stroke(cr);
      });
    end_line();
    if (!legend.landscape.empty()) add(measure, legend.landscape, draw_landscape);
  }

  double height() const { return items_.empty() ? 0 : items_.back().y + line_height; }

  void draw(cairo_t* context, double top) const {
    for (const Item& item : items_) {
      const double y = top + item.y + line_height / 2;
      item.mark(context, item.x, y);
      set_source(context, ink);
      draw_text(context, item.x + mark_width, y + 4, legend_size, item.text, plot_size - mark_width);
    }
  }

 private:
  using Mark = std::function<void(cairo_t*, double x, double y)>;  // at its left, half of its height
  struct Item {
    double x, y;
    std::string text;
    Mark mark;
  };

  void add(cairo_t* measure, const std::string& text, Mark mark) {
    const double width = mark_width + text_width(measure, legend_size, text) + line_height;
    if (x_ + width - line_height > left + plot_size) end_line();
    items_.push_back({x_, y_, text, std::move(mark)});
    x_ += width;
  }

  void end_line() {
    if (x_ > left) y_ += line_height;
    x_ = left;
  }

  static void draw_curve(cairo_t* cr, double x, double y) {
    set_source(cr, ink);
    cairo_set_line_width(cr, curve_width);
    cairo_move_to(cr, x + start_radius, y);
    cairo_line_to(cr, x + 21, y);
    cairo_stroke(cr);
    fill_circle(cr, x + start_radius, y, start_radius);
  }

  static void draw_landscape(cairo_t* cr, double x, double y) {
    constexpr int parts = 5;
    for (int part = 0; part < parts; ++part) {
      set_source(cr, landscape_color((part + 0.5) / parts));
      cairo_rectangle(cr, x + 4 * part, y - 6, 4, 12);
      cairo_fill(cr);
    }
  }

  std::vector<Item> items_;
  double x_ = left, y_ = 0;  // where the next one goes
};

class Plot {
 public:
  explicit Plot(const Portrait& portrait)  // which outlives it
      : portrait_(portrait),
        measure_(make_surface(CAIRO_FORMAT_RGB24, 1, 1)),
        measuring_(make_context(measure_)),
        subtitle_(text_lines(measuring_.get(), subtitle_size, portrait.subtitle, plot_size)),
        legend_(measuring_.get(), portrait.legend),
        top_(44 + line_height * static_cast<double>(subtitle_.size())),
        surface_(make_surface(CAIRO_FORMAT_RGB24, static_cast<int>(left + plot_size + right),
                              static_cast<int>(top_ + plot_size + axis_height + legend_.height() + 12))),
        context_(make_context(surface_)),
        cr_(context_.get()) {
    cairo_set_source_rgb(cr_, 1, 1, 1);
    cairo_paint(cr_);
  }

  Surface draw() {
    draw_landscape();
    cairo_save(cr_);
    cairo_rectangle(cr_, left, top_, plot_size, plot_size);
    cairo_clip(cr_);
    for (const Track& track : portrait_.tracks) draw_track(track);
    cairo_restore(cr_);
    draw_axes();
    draw_titles();
    legend_.draw(cr_, top_ + plot_size + axis_height);
    check(cairo_status(cr_));
    return std::move(surface_);
  }

 private:
  double x_of(double x) const {
    return left + (x - portrait_.x_low) / (portrait_.x_high - portrait_.x_low) * plot_size;
  }
  double y_of(double y) const {
    return top_ + (portrait_.y_high - y) / (portrait_.y_high - portrait_.y_low) * plot_size;
  }

  void draw_landscape() {
    Picture picture(portrait_.columns, portrait_.rows);
    const std::vector<double> rank = ranks(portrait_.energy);
    for (std::size_t row = 0; row < portrait_.rows; ++row)
      for (std::size_t column = 0; column < portrait_.columns; ++column) {
        const auto color = band_color(rank[row * portrait_.columns + column]);
        for (std::size_t c = 0; c < 3; ++c)
          picture.rgb[3 * ((portrait_.rows - 1 - row) * portrait_.columns + column) + c] =
              static_cast<std::uint8_t>(std::lround(color[c] * 255));
      }
    const Surface image = to_surface(picture);
    cairo_save(cr_);
    cairo_translate(cr_, left, top_);
    cairo_scale(cr_, plot_size / static_cast<double>(portrait_.columns),
                plot_size / static_cast<double>(portrait_.rows));
    cairo_set_source_surface(cr_, image.get(), 0, 0);
    cairo_paint(cr_);
    cairo_restore(cr_);
  }

  void draw_track(const Track& track) {
    set_source(cr_, track.color, dot_opacity);
    for (const auto& [x, y] : track.observed) fill_circle(cr_, x_of(x), y_of(y), dot_radius);
    set_source(cr_, track.color);
    cairo_set_line_width(cr_, curve_width);
    cairo_set_line_join(cr_, CAIRO_LINE_JOIN_ROUND);
    cairo_move_to(cr_, x_of(track.points.front().first), y_of(track.points.front().second));
    for (std::size_t t = 1; t < track.points.size(); ++t) draw_curve(track, t);
    cairo_stroke(cr_);
    fill_circle(cr_, x_of(track.points.front().first), y_of(track.points.front().second), start_radius);
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

  // Centred about x.
  void draw_label(double x, double y, const std::string& text) {
    const double width = std::min(plot_size, text_width(cr_, label_size, text));
    draw_text(cr_, x - width / 2, y, label_size, text, plot_size);
  }

  void draw_titles() {
    draw_text(cr_, left, 28, title_size, portrait_.title, plot_size);
    for (std::size_t i = 0; i < subtitle_.size(); ++i)
      draw_text(cr_, left, 28 + line_height * static_cast<double>(i + 1), subtitle_size, subtitle_[i],
                plot_size);
    draw_label(left + plot_size / 2, top_ + plot_size + 48, portrait_.x_label);
    cairo_save(cr_);
    cairo_translate(cr_, 24, top_ + plot_size / 2);
    cairo_rotate(cr_, -std::numbers::pi / 2);
    draw_label(0, 0, portrait_.y_label);
    cairo_restore(cr_);
  }

  void draw_axes() {
    set_source(cr_, ink);
    cairo_set_line_width(cr_, 1);
    cairo_rectangle(cr_, left, top_, plot_size, plot_size);
    cairo_stroke(cr_);
    for (const double tick : axis_ticks(portrait_.x_low, portrait_.x_high, ticks_of_axis)) {
      cairo_move_to(cr_, x_of(tick), top_ + plot_size);
      cairo_rel_line_to(cr_, 0, 5);
      cairo_stroke(cr_);
      draw_text(cr_, x_of(tick) - text_width(cr_, tick_size, tick_text(tick)) / 2, top_ + plot_size + 22,
                tick_size, tick_text(tick));
    }
    for (const double tick : axis_ticks(portrait_.y_low, portrait_.y_high, ticks_of_axis)) {
      cairo_move_to(cr_, left, y_of(tick));
      cairo_rel_line_to(cr_, -5, 0);
      cairo_stroke(cr_);
      draw_text(cr_, left - 9 - text_width(cr_, tick_size, tick_text(tick)), y_of(tick) + 4, tick_size,
                tick_text(tick));
    }
  }

  static std::string tick_text(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value == 0 ? 0.0 : value);
    return text;
  }

  const Portrait& portrait_;
  Surface measure_;
  Context measuring_;
  std::vector<std::string> subtitle_;
  Legend legend_;
  double top_;  // of the plot
  Surface surface_;
  Context context_;
  cairo_t* cr_;
};

}  // namespace

Surface draw_portrait(const Portrait& portrait) {
  return Plot(portrait).draw();
}

}  // namespace hamgen::render
