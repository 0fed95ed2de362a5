#include "apps/page/charts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/page/html.hpp"
#include "apps/page/values.hpp"

namespace hamgen::apps {
namespace {

// From the first to the last frame of the models' window, which may be shorter than the dataset's videos.
double window_of(const Json& evaluation) {
  const double frames = number_at(evaluation, "/window/frames");
  return number_at(evaluation, "/dataset/dt") *
         ((std::isfinite(frames) ? frames : number_at(evaluation, "/dataset/frames")) - 1);
}

// Points of `part` outside the window; the window's own are measured over encoded frames.
void append(ChartLine& line, const Json& part, double from, double to) {
  const auto time = numbers_at(part, "/per_frame/time"), error = numbers_at(part, "/per_frame/mse_clean");
  for (std::size_t i = 0; i < std::min(time.size(), error.size()); ++i)
    if (time[i] >= from && time[i] <= to) {
      line.x.push_back(time[i]);
      line.y.push_back(1e4 * error[i]);
    }
}

// `dt` and `frames` of the dataset give the window.
ChartLine error_line(const Json& run, const RunLook& look, double window, double tolerance) {
  ChartLine line{look.name, "", {}, {}, look.line};
  const bool has_window = !list_at(run, "/pixel_error/test/per_frame/mse_clean").empty();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  append(line, value_at(run, "/pixel_error/backward"), -infinity, has_window ? -tolerance : 0);
  append(line, value_at(run, "/pixel_error/test"), -infinity, infinity);
  append(line, value_at(run, "/pixel_error/forward"), has_window ? window + tolerance : 0, infinity);
  return line;
}

}  // namespace

Chart error_chart(const Json& evaluation) {
  const Json& runs = list_at(evaluation, "/runs");
  const double window = window_of(evaluation), dt = number_at(evaluation, "/dataset/dt");
  Chart chart{.title = "Pixel error per frame, on a logarithmic axis",
              .x_title = "time",
              .y_title = "MSE × 10⁴ against clean frames",
              .has_log_y = true};
  const auto looks = looks_of(runs);
  double first = 0, last = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    chart.lines.push_back(error_line(runs[i], looks[i], window, 0.5 * dt));
    for (const double time : chart.lines.back().x) first = std::min(first, time), last = std::max(last, time);
  }
  std::erase_if(chart.lines, [](const ChartLine& line) { return line.x.empty(); });
  chart.references = {{"mean image", 1e4 * measure_at(evaluation, "/yardsticks/mean_image/mse_clean").mean},
                      {"noise floor", 1e4 * measure_at(evaluation, "/yardsticks/noise_floor").mean}};
  if (std::isfinite(window))
    chart.spans = {{"backward", first, 0}, {"window", 0, window, true}, {"forward", window, last}};
  return chart;
}

Chart energy_chart(const Json& evaluation) {
  const Json& runs = list_at(evaluation, "/runs");
  Chart chart{.title = "Learned energy along one test trajectory",
              .x_title = "time",
              .y_title = "(E(t) − E(0)) / spread"};
  const auto looks = looks_of(runs);
  const double window = window_of(evaluation);
  double last = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Json& energy = value_at(runs[i], "/energy");
    auto values = numbers_at(energy, "/example/energy");
    const double spread = number_at(energy, "/spread");
    if (values.empty() || !std::isfinite(values[0]) || !(spread > 0)) continue;
    const double start = values[0];
    for (double& value : values) value = (value - start) / spread;
    const auto time = numbers_at(energy, "/example/time");
    for (const double t : time) last = std::max(last, t);
    chart.lines.push_back({looks[i].name,
                           fmt::format("mean {}, variance {}", number_text(number_at(energy, "/mean")),
                                       number_text(number_at(energy, "/variance"))),
                           time, values, looks[i].line});
  }
  if (last > window) chart.spans = {{"window", 0, window, true}};
  return chart;
}

}  // namespace hamgen::apps
