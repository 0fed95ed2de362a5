// Line charts as inline SVG, for a page whose style sheet holds chart.css: colours come from there, so that
// they follow the reader's light or dark mode.
#pragma once

#include <string>
#include <vector>

namespace hamgen::apps {

// Colour and dashes of a line. Six colours that stay apart for colour-blind readers, in light and dark; four
// kinds of dashes.
struct LineLook {
  std::size_t colour = 0, dash = 0;
};

struct ChartLine {
  std::string name, note;    // text; the note stands in the legend only
  std::vector<double> x, y;  // of equal length; what is not finite (or <= 0 on a log axis) breaks the line
  LineLook look;
};
struct ReferenceLine {
  std::string name;
  double y = 0;
};
struct ChartSpan {
  std::string name;
  double from = 0, to = 0;
  bool is_shaded = false;
};

struct Chart {
  std::string title, x_title, y_title;
  bool has_log_y = false;
  std::vector<ChartLine> lines = {};
  std::vector<ReferenceLine> references = {};
  std::vector<ChartSpan> spans = {};
};

// Whether there is any point to draw.
bool has_points(const Chart& chart);
// A legend and the chart, drawn once for wide screens and once for phones: shrunk text could not be read
// there.
std::string html_of(const Chart& chart);
// A short stretch of the line.
std::string swatch(const LineLook& look);

// Round numbers (1, 2, 5 times powers of ten) from `low` to `high` for an axis of powers, about `count` of
// them.
std::vector<double> log_ticks(double low, double high, int count);

}  // namespace hamgen::apps
