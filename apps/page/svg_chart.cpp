#include "apps/page/svg_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "apps/page/html.hpp"
#include "render/axis.hpp"

namespace hamgen::apps {
namespace {

struct Size {
  double width, height;
  bool is_narrow() const { return width < 600; }
};
constexpr Size wide{900, 380}, narrow{360, 300};

constexpr double character = 6.6;  // width of one in labels, pixels, about

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  double length() const { return high - low; }
};

bool is_drawn(const Chart& chart, double x, double y) {
  constexpr double most = 1e100;  // so that differences are finite, too
  return std::abs(x) < most && std::abs(y) < most && (!chart.has_log_y || y > 0);
}

// A name beside a narrow chart: one word under the other.
std::vector<std::string> rows_of(const std::string& name, Size size) {
  const auto space = name.find(' ');
  if (!size.is_narrow() || space == std::string::npos) return {name};
  return {name.substr(0, space), name.substr(space + 1)};
}

// From values to pixels.
class Frame {
 public:
  Frame(const Chart& chart, Size size) : is_log_(chart.has_log_y), size_(size) {
    for (const ChartLine& line : chart.lines)
      for (std::size_t i = 0; i < std::min(line.x.size(), line.y.size()); ++i)
        if (is_drawn(chart, line.x[i], line.y[i])) {
          x_.add(line.x[i]);
          y_.add(scaled(line.y[i]));
        }
    for (const ReferenceLine& reference : chart.references)
      if (is_drawn(chart, 0, reference.y)) y_.add(scaled(reference.y));
    if (x_.length() <= 0) x_ = {x_.low - 0.5, x_.high + 0.5};
    // A constant is drawn as one, not as its last bits.
    const double least = is_log_ ? 0.2 : std::max(1e-9, 1e-6 * std::max(std::abs(y_.low), std::abs(y_.high)));
    const double margin = std::max(0.06 * y_.length(), (least - y_.length()) / 2);
    y_ = {y_.low - margin, y_.high + margin};
    top = chart.spans.empty() ? 30 : 46;
    right = size.width - 14;
    for (const ReferenceLine& reference : chart.references)
      for (const std::string& row : rows_of(reference.name, size))
        right = std::min(right, size.width - 8 - character * static_cast<double>(row.size()));
  }

  double x(double value) const { return left + (value - x_.low) / x_.length() * (right - left); }
  double y(double value) const {
    return bottom() - (scaled(value) - y_.low) / y_.length() * (bottom() - top);
  }
  double bottom() const { return size_.height - 44; }
  std::vector<double> x_ticks() const {
    return render::axis_ticks(x_.low, x_.high, size_.is_narrow() ? 5 : 10);
  }
  std::vector<double> y_ticks() const {
    return is_log_ ? log_ticks(std::pow(10, y_.low), std::pow(10, y_.high), 5)
                   : render::axis_ticks(y_.low, y_.high, 5);
  }

  static constexpr double left = 52;
  double top, right;

 private:
  double scaled(double value) const { return is_log_ ? std::log10(value) : value; }

  bool is_log_;
  Size size_;
  Range x_, y_;
};

std::string tick_text(double value, const std::vector<double>& ticks, bool is_log) {
  if (value == 0) return "0";
  if (is_log) return value >= 1e-3 && value < 1e6 ? fmt::format("{:.6g}", value) : number_text(value, 1);
  const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : std::abs(value);
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
  return decimals > 4 ? number_text(value, 2) : fixed_text(value, decimals);
}

std::string label(double x, double y, const char* classes, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", x, y, classes,
                     escape_html(text));
}

std::string rule(double x1, double y1, double x2, double y2, const char* classes) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>\n", x1, y1,
                     x2, y2, classes);
}

std::string spans_of(const Chart& chart, const Frame& frame) {
  std::string svg;
  for (const ChartSpan& span : chart.spans) {
    const double from = std::clamp(frame.x(span.from), frame.left, frame.right);
    const double to = std::clamp(frame.x(span.to), frame.left, frame.right);
    if (span.is_shaded)
      svg += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"shade\"/>\n", from,
          frame.top - 18, to - from, frame.bottom() - frame.top + 18);
    if (to - from > character * static_cast<double>(span.name.size()))
      svg += label((from + to) / 2, frame.top - 5, "span middle", span.name);
  }
  return svg;
}

std::string axes_of(const Chart& chart, const Frame& frame) {
  std::string svg;
  const auto y_ticks = frame.y_ticks();
  for (const double tick : y_ticks) {
    svg += rule(frame.left, frame.y(tick), frame.right, frame.y(tick), tick == 0 ? "axis" : "grid");
    svg += label(frame.left - 8, frame.y(tick) + 4, "tick end", tick_text(tick, y_ticks, chart.has_log_y));
  }
  svg += rule(frame.left, frame.bottom(), frame.right, frame.bottom(), "axis");
  const auto x_ticks = frame.x_ticks();
  for (const double tick : x_ticks) {
    svg += rule(frame.x(tick), frame.bottom(), frame.x(tick), frame.bottom() + 5, "axis");
    svg += label(frame.x(tick), frame.bottom() + 19, "tick middle", tick_text(tick, x_ticks, false));
  }
  svg += label(frame.right, frame.bottom() + 38, "title end", chart.x_title);
  return svg + label(0, 13, "title", chart.y_title);
}

std::string references_of(const Chart& chart, const Frame& frame, Size size) {
  std::string svg;
  std::vector<std::pair<double, std::string>> names;
  for (const ReferenceLine& reference : chart.references) {
    if (!is_drawn(chart, 0, reference.y)) continue;
    svg += rule(frame.left, frame.y(reference.y), frame.right, frame.y(reference.y), "reference");
    names.emplace_back(frame.y(reference.y), reference.name);
  }
  std::sort(names.begin(), names.end());
  double free = 0;
  for (const auto& [y, name] : names) {
    const auto rows = rows_of(name, size);
    double place = std::max(y + 11 - 7 * static_cast<double>(rows.size()), free);
    for (const std::string& row : rows) {
      svg += label(frame.right + 6, place, "title", row);
      place += 14;
    }
    free = place;  // below the names so far
  }
  return svg;
}

std::string path_of(const Chart& chart, const ChartLine& line, const Frame& frame) {
  std::string path;
  bool is_down = false;
  for (std::size_t i = 0; i < std::min(line.x.size(), line.y.size()); ++i) {
    const bool is_point = is_drawn(chart, line.x[i], line.y[i]);
    if (is_point)  // h0: with round ends, a point without neighbours is a dot
      path += fmt::format("{}{:.1f} {:.1f}", is_down ? "L" : "M", frame.x(line.x[i]), frame.y(line.y[i])) +
              (is_down ? "" : "h0");
    is_down = is_point;
  }
  return path;
}

std::string line_of(const Chart& chart, const ChartLine& line, const Frame& frame) {
  const std::string path = path_of(chart, line, frame);
  if (path.empty()) return "";
  return fmt::format(
      "<g class=\"line c{} d{}\"><title>{}</title><path class=\"near\" d=\"{}\"/><path d=\"{}\"/></g>\n",
      line.look.colour, line.look.dash, escape_html(line.name), path, path);
}

std::string svg_of(const Chart& chart, Size size) {
  const Frame frame(chart, size);
  std::string svg =
      fmt::format("<svg class=\"chart {}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n",
                  size.is_narrow() ? "narrow" : "wide", size.width, size.height, escape_html(chart.title));
  svg += spans_of(chart, frame) + axes_of(chart, frame);
  for (auto line = chart.lines.rbegin(); line != chart.lines.rend(); ++line)  // the first one on top
    svg += line_of(chart, *line, frame);
  return svg + references_of(chart, frame, size) + "</svg>\n";
}

}  // namespace

std::vector<double> log_ticks(double low, double high, int count) {
  if (!(low > 0) || !(high > low) || !std::isfinite(high)) return {};
  const double decades = std::log10(high / low);
  const int step = std::max(1, static_cast<int>(std::lround(decades / count)));
  std::vector<double> factors{1};
  if (decades < 3) factors = {1, 3};
  if (decades < 1.7) factors = {1, 2, 5};
  if (decades < 0.8) return render::axis_ticks(low, high, count);
  std::vector<double> ticks;
  for (int k = static_cast<int>(std::floor(std::log10(low))); k <= std::log10(high); ++k)
    for (const double factor : factors) {
      const double tick = factor * std::pow(10, k);
      if (k % step == 0 && tick >= low && tick <= high) ticks.push_back(tick);
    }
  return ticks;
}

bool has_points(const Chart& chart) {
  for (const ChartLine& line : chart.lines)
    for (std::size_t i = 0; i < std::min(line.x.size(), line.y.size()); ++i)
      if (is_drawn(chart, line.x[i], line.y[i])) return true;
  return false;
}

std::string swatch(const LineLook& look) {
  return fmt::format(
      "<svg class=\"swatch\" viewBox=\"0 0 26 10\" preserveAspectRatio=\"xMinYMid slice\" "
      "aria-hidden=\"true\"><g class=\"line c{} d{}\"><path d=\"M2 5h22\"/></g></svg>",
      look.colour, look.dash);
}

std::string html_of(const Chart& chart) {
  const bool is_long =
      chart.lines.size() > 6 ||
      std::any_of(chart.lines.begin(), chart.lines.end(), [](const ChartLine& l) { return !l.note.empty(); });
  std::string html = fmt::format("<p class=\"caption\">{}</p>\n<ul class=\"legend{}\">\n",
                                 escape_html(chart.title), is_long ? " columns" : "");
  for (const ChartLine& line : chart.lines)
    html +=
        fmt::format("<li>{}<span>{}{}</span></li>\n", swatch(line.look), escape_html(line.name),
                    line.note.empty() ? "" : " <span class=\"note\">" + escape_html(line.note) + "</span>");
  return html + "</ul>\n" + svg_of(chart, wide) + svg_of(chart, narrow);
}

}  // namespace hamgen::apps
