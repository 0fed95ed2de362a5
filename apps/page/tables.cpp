#include "apps/page/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/page/columns.hpp"
#include "apps/page/html.hpp"
#include "apps/shell/progress.hpp"

namespace hamgen::apps {
namespace {

Cell cell_of(const Column& column, const Reading& reading) {
  const auto [value, half_width, whole, is_bound, words] = reading;
  if (!std::isfinite(value) && words.empty()) return {};
  const auto number = [&](double shown) { return number_text(shown, column.page.digits); };
  switch (column.kind) {
    case Kind::words:
    case Kind::verdict:
      return {.text = words.empty() ? number(value) : escape_html(words)};
    case Kind::count:
      return {.text = count_text(value)};
    case Kind::seconds:
      return {.text = duration_text(value)};
    case Kind::mebibytes:
      return {.text = count_text(value) + " MiB"};
    case Kind::pixel_error:
    case Kind::state_error:
      return {number(1e4 * value), interval_text(1e4 * value, 1e4 * half_width), 1e4 * value};
    case Kind::percentage:
      return {.text = number(100 * value), .value = std::abs(value)};
    case Kind::share:
      return {.text = std::isfinite(value / whole) ? number(100 * (value / whole)) + " %" : no_value};
    case Kind::prediction_time:
      return {.text = (is_bound ? "≥ " : "") + number(value), .value = value};
    default:
      return {.text = number(value), .value = value};
  }
}

std::string run_head(const Json& run, const RunLook& look) {
  std::string html = fmt::format("<span class=\"run\">{}<span>{}", swatch(look.line), escape_html(look.name));
  if (flag_at(run, "/is_other_dataset")) html += " <span class=\"badge\">other dataset</span>";
  const Json& is_finished = value_at(run, "/is_finished");
  if (is_finished.is_boolean() && !is_finished.get<bool>())
    html += " <span class=\"badge\">unfinished</span>";
  return html + "</span></span>";
}

TableRow row_of(const std::string& head, const Columns& columns, const Json& run, const Json& evaluation) {
  TableRow row{head};
  for (const Column& column : columns)
    row.cells.push_back(cell_of(column, reading_of(column, run, evaluation)));
  return row;
}

// Runs that learned from another dataset compete with none.
void mark_best(std::vector<TableRow>& rows, const Json& runs, std::size_t column, Best best) {
  std::vector<Cell*> competing;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (Cell& cell = rows[i].cells[column];
        std::isfinite(cell.value) && !flag_at(runs[i], "/is_other_dataset"))
      competing.push_back(&cell);
  if (competing.size() < 2) return;
  const auto [lowest, highest] = std::ranges::minmax(competing, {}, &Cell::value);
  const double value = (best == Best::lowest ? lowest : highest)->value;
  for (Cell* cell : competing) cell->is_best = cell->value == value;
}

// Where all runs that have one agree; otherwise not a number.
double common_number(const Json& runs, const char* path) {
  double common = not_a_number;
  for (const Json& run : runs)
    if (const double mine = number_at(run, path); std::isfinite(mine)) {
      if (std::isfinite(common) && common != mine) return not_a_number;
      common = mine;
    }
  return common;
}

TableColumn heading_of(const Column& column, const Json& runs) {
  std::string title = column.page.title;
  if (column.page.has_frames) {
    const auto path = Json::json_pointer(column.path).parent_pointer() / "frames";
    const double frames = common_number(runs, path.to_string().c_str());
    if (std::isfinite(frames)) title += fmt::format("<small>{:.0f} frames</small>", frames);
  }
  return {column.page.group, title, column.kind == Kind::words};
}

Columns shown_of(Columns columns) {
  std::erase_if(columns, [](const Column& column) { return column.page.title == nullptr; });
  return columns;
}

// A row for each run.
Table table_of(const char* caption, const Columns& all_columns, const Json& evaluation) {
  const Json& runs = list_at(evaluation, "/runs");
  const Columns columns = shown_of(all_columns);
  Table table{.corner = "Run", .caption = caption, .bodies = {{}}};
  for (const Column& column : columns) table.columns.push_back(heading_of(column, runs));
  const auto looks = looks_of(runs);
  for (std::size_t i = 0; i < runs.size(); ++i)
    table.bodies[0].push_back(row_of(run_head(runs[i], looks[i]), columns, runs[i], evaluation));
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].page.best != Best::none) mark_best(table.bodies[0], runs, i, columns[i].page.best);
  return table;
}

bool is_empty_row(const TableRow& row) {
  return std::ranges::all_of(row.cells, [](const Cell& cell) { return cell.text == no_value; });
}

std::string html_unless_empty(const Table& table) {
  return std::ranges::all_of(table.bodies[0], is_empty_row) ? "" : html_of(table);
}

}  // namespace

std::string pixel_error_table(const Json& evaluation) {
  Table table = table_of("Pixel MSE × 10<sup>4</sup>", pixel_error_columns, evaluation);
  table.bodies.push_back({});
  for (const auto& [name, run] : yardstick_runs(evaluation))
    table.bodies[1].push_back(row_of(capitalised(name), pixel_error_columns, run, evaluation));
  table.note = escape_html(text_at(evaluation, "/caption"));
  return html_of(table);
}

std::string dynamics_table(const Json& evaluation) {
  Table table = table_of("How well rollouts keep to the physics", dynamics_columns, evaluation);
  const double threshold = common_number(list_at(evaluation, "/runs"), "/valid_prediction_time/threshold");
  if (std::isfinite(threshold))
    table.note =
        fmt::format("A prediction is valid until its MSE exceeds {} of the mean squared pixel value.",
                    number_text(threshold, 2));
  return html_unless_empty(table);
}

std::string latent_table(const Json& evaluation) {
  return html_unless_empty(table_of("What the latent state holds", latent_columns, evaluation));
}

std::string diagnosis_table(const Json& evaluation) {
  return html_unless_empty(table_of("Why rollouts go on, or do not", diagnosis_columns, evaluation));
}

std::string state_error_table(const Json& evaluation) {
  Table table = table_of("MSE × 10<sup>4</sup> of models that see states", state_error_columns, evaluation);
  std::erase_if(table.bodies[0], is_empty_row);
  return html_unless_empty(table);
}

std::string cost_table(const Json& evaluation) {
  return html_of(table_of("Models and their cost", cost_columns, evaluation));
}

std::string group_table(const Json& evaluation) {
  const Json& groups = list_at(evaluation, "/groups");
  const auto has_seeds = [](const Json& group) { return number_at(group, "/seeds") > 1; };
  if (std::ranges::none_of(groups, has_seeds)) return "";
  Table table{
      .corner = "Model", .caption = "Pixel MSE × 10<sup>4</sup> on test videos, over seeds", .bodies = {{}}};
  for (const Column& column : group_columns) table.columns.push_back(heading_of(column, groups));
  for (const Json& group : groups) {
    const std::string title = text_at(group, "/title");
    table.bodies[0].push_back(
        row_of(title.empty() ? no_value : escape_html(title), group_columns, group, evaluation));
  }
  return html_of(table);
}

}  // namespace hamgen::apps
