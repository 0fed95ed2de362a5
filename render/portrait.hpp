// A phase portrait: tracks in a plane, over the energy landscape (paper Fig. 5).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "render/cairo.hpp"
#include "simulators/base/scene.hpp"

namespace hamgen::render {

struct Track {
  std::vector<std::pair<double, double>> points;    // exact, joined by cubic curves
  std::vector<std::pair<double, double>> rates;     // d(point)/d(frame), the tangents of those curves
  std::vector<std::pair<double, double>> observed;  // with noise, as dots
  simulators::Color color{1, 1, 1};
};

// What is what, below the plot. A text that is empty is left out.
struct PortraitLegend {
  std::string curve, dots, landscape;
  std::vector<std::pair<simulators::Color, std::string>> colors;
};

struct Portrait {
  std::string title, subtitle;  // the subtitle in as many lines as it takes
  std::string x_label, y_label;
  double x_low = -1, x_high = 1, y_low = -1, y_high = 1;
  std::size_t columns = 0, rows = 0;
  std::vector<double>
      energy;  // [rows * columns], row 0 at y_low; drawn by rank, in bands between equal energies
  std::vector<Track> tracks;
  PortraitLegend legend;
};

Surface draw_portrait(const Portrait& portrait);

}  // namespace hamgen::render
