#include "apps/page/evaluation_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "apps/page/columns.hpp"

namespace hamgen::apps {
namespace {

using Row = std::vector<std::string>;
using Runs = std::vector<const Json*>;

std::string cell_of(const Column& column, const Reading& reading) {
  const auto text = [&](double value, double scale = 1) {
    return std::isfinite(value) ? fmt::format(fmt::runtime(column.terminal.format), scale * value) : "-";
  };
  switch (column.kind) {
    case Kind::words:
      return reading.words;
    case Kind::pixel_error:
      if (!std::isfinite(reading.value) || !std::isfinite(reading.half_width))
        return text(reading.value, 1e4);
      return text(reading.value, 1e4) + " +- " + text(reading.half_width, 1e4);
    case Kind::percentage:
      return text(100 * reading.value);
    case Kind::share:
      return text(100 * reading.value / reading.whole);
    case Kind::prediction_time:
      return (reading.is_bound && std::isfinite(reading.value) ? "> " : "") + text(reading.value);
    case Kind::verdict:
      return reading.words.empty() ? "-" : text(reading.value);
    case Kind::seconds:
      return text(reading.value / 60);
    case Kind::covered:
      return std::isfinite(reading.whole) ? text(reading.value) + "/" + text(reading.whole) : "-";
    default:
      return text(reading.value);
  }
}

Row row_of(const std::string& head, const Columns& columns, const Json& run, const Json& evaluation) {
  Row row{head};
  for (const Column& column : columns)
    if (column.terminal.title != nullptr) row.push_back(cell_of(column, reading_of(column, run, evaluation)));
  return row;
}

// Columns as wide as their widest cell; the first is flush left.
std::string text_of(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const Row& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const Row& row : rows) {
    text += fmt::format("  {:<{}}", row[0], widths[0]);
    for (std::size_t i = 1; i < row.size(); ++i) text += fmt::format("  {:>{}}", row[i], widths[i]);
    text += "\n";
  }
  return text;
}

// `above`: rows between the titles and the runs.
std::string table_of(const char* corner, const Columns& columns, const Runs& runs, const Json& evaluation,
                     const std::vector<Row>& above = {}) {
  std::vector<Row> rows{{corner}};
  for (const Column& column : columns)
    if (column.terminal.title != nullptr) rows[0].push_back(column.terminal.title);
  rows.insert(rows.end(), above.begin(), above.end());
  for (const Json* run : runs) rows.push_back(row_of(text_at(*run, "/title"), columns, *run, evaluation));
  return text_of(rows);
}

std::vector<Row> yardstick_rows(const Json& evaluation) {
  std::vector<Row> rows;
  for (const auto& [name, run] : yardstick_runs(evaluation)) {
    if (!std::isfinite(number_at(run, "/pixel_error/test/mse"))) continue;
    rows.push_back(row_of(name, pixel_error_columns, run, evaluation));
    for (std::size_t i = 0; i < pixel_error_columns.size(); ++i)
      if (!is_of_yardsticks(pixel_error_columns[i])) rows.back()[i + 1].clear();
  }
  return rows;
}

std::string video_tables(const Json& evaluation, const Runs& runs) {
  Columns motion = dynamics_columns;
  motion.insert(motion.end(), latent_columns.begin(), latent_columns.end());
  return table_of("pixel MSE x 1e4", pixel_error_columns, runs, evaluation, yardstick_rows(evaluation)) +
         "\n" + table_of("motion", motion, runs, evaluation) + "\n" +
         table_of("beyond the window", diagnosis_columns, runs, evaluation);
}

std::string group_table(const Json& evaluation) {
  Runs groups;
  for (const Json& group : list_at(evaluation, "/groups"))
    if (number_at(group, "/seeds") > 1) groups.push_back(&group);
  return groups.empty() ? "" : "\n" + table_of("over seeds, x 1e4", group_columns, groups, evaluation);
}

// An evaluation of before there were several knows "test" alone.
std::string split_of(const Json& evaluation) {
  const std::string split = text_at(evaluation, "/dataset/split");
  return split.empty() ? "test" : split;
}

}  // namespace

std::string evaluation_text(const Json& evaluation) {
  Runs videos, states, densities, all;
  std::string warnings;
  for (const Json& run : list_at(evaluation, "/runs")) {
    (run.contains("density") ? densities : run.contains("state_error") ? states : videos).push_back(&run);
    all.push_back(&run);
    if (flag_at(run, "/is_other_dataset"))
      warnings += fmt::format("  {} WAS TRAINED ON ANOTHER DATASET\n", text_at(run, "/run"));
  }
  std::string text = warnings;
  if (densities.empty())
    text = fmt::format("{}: {}, {} {} trajectories of {} frames\n{}\n", text_at(evaluation, "/dataset/path"),
                       text_at(evaluation, "/dataset/system"),
                       number_at(evaluation, "/dataset/evaluated_trajectories"), split_of(evaluation),
                       number_at(evaluation, "/dataset/frames"), warnings);
  if (!videos.empty()) text += video_tables(evaluation, videos);
  if (!states.empty())
    text += (videos.empty() ? "" : "\n") + table_of("states, MSE", state_error_columns, states, evaluation);
  if (!densities.empty()) text += table_of("density, nats", density_columns, densities, evaluation);
  return text + group_table(evaluation) + "\n" + table_of("cost", cost_columns, all, evaluation);
}

}  // namespace hamgen::apps
