#include "apps/page/evaluation_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "apps/page/html.hpp"
#include "apps/shell/progress.hpp"

namespace hamgen::apps {
namespace {

enum class Best { none, lowest, highest };

struct Column {
  std::string group, title;
  std::function<Cell(const Json&)> cell;
  Best best = Best::none;
  bool is_words = false;
};

Cell number_cell(double value, int digits = 3) {
  return {.text = number_text(value, digits), .value = value};
}

Cell error_cell(Measure error) {
  const double mean = 1e4 * error.mean;
  return {number_text(mean), interval_text(mean, 1e4 * error.half_width), mean};
}

Cell percent_cell(double share) {
  if (!std::isfinite(share)) return {};
  return {.text = number_text(100 * share, 2) + " %", .value = share};
}

Column number_column(const char* group, const char* title, const char* path, int digits = 3) {
  return {group, title,
          [path, digits](const Json& run) { return number_cell(number_at(run, path), digits); }};
}

Column count_column(const char* title, const char* path) {
  return {"", title, [path](const Json& run) { return Cell{.text = count_text(number_at(run, path))}; }};
}

Column error_column(const char* group, const std::string& title, const char* path) {
  return {group, title, [path](const Json& run) { return error_cell(measure_at(run, path)); }, Best::lowest};
}

Column text_column(const char* title, const char* path) {
  return {"", title,
          [path](const Json& run) {
            const std::string text = text_at(run, path);
            return Cell{.text = text.empty() ? no_value : escape_html(text)};
          },
          Best::none, true};
}

Column prediction_time_column(const char* title, const char* path) {
  return {"Valid prediction time", title,
          [path](const Json& run) {
            const Json& time = value_at(run, path);
            Cell cell = number_cell(number_at(time, "/median"));
            if (flag_at(time, "/is_censored") && std::isfinite(cell.value)) cell.text = "≥ " + cell.text;
            return cell;
          },
          Best::highest};
}

std::string run_head(const Json& run, const RunLook& look) {
  std::string html = fmt::format("<span class=\"run\">{}<span>{}", swatch(look.line), escape_html(look.name));
  if (flag_at(run, "/is_other_dataset")) html += " <span class=\"badge\">other dataset</span>";
  const Json& is_finished = value_at(run, "/is_finished");
  if (is_finished.is_boolean() && !is_finished.get<bool>())
    html += " <span class=\"badge\">unfinished</span>";
  return html + "</span></span>";
}

// Runs that learned from another dataset compete with none.
void mark_best(std::vector<TableRow>& rows, const Json& runs, std::size_t column, Best best) {
  double value = not_a_number;
  std::size_t count = 0;
  const auto competes = [&](std::size_t i) {
    return std::isfinite(rows[i].cells[column].value) && !flag_at(runs[i], "/is_other_dataset");
  };
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (competes(i)) {
      const double mine = rows[i].cells[column].value;
      if (++count == 1 || (best == Best::lowest ? mine < value : mine > value)) value = mine;
    }
  for (std::size_t i = 0; i < rows.size() && count > 1; ++i)
    rows[i].cells[column].is_best = competes(i) && rows[i].cells[column].value == value;
}

std::vector<TableRow> rows_of(const Json& runs, const std::vector<Column>& columns) {
  const auto looks = looks_of(runs);
  std::vector<TableRow> rows;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    rows.push_back({run_head(runs[i], looks[i]), {}});
    for (const Column& column : columns) rows.back().cells.push_back(column.cell(runs[i]));
  }
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].best != Best::none) mark_best(rows, runs, i, columns[i].best);
  return rows;
}

Table table_of(const char* caption, const Json& runs, const std::vector<Column>& columns) {
  Table table{.corner = "Run", .caption = caption, .note = "", .columns = {}, .bodies = {}};
  for (const Column& column : columns) table.columns.push_back({column.group, column.title, column.is_words});
  table.bodies.push_back(rows_of(runs, columns));
  return table;
}

bool is_empty_row(const TableRow& row) {
  return std::all_of(row.cells.begin(), row.cells.end(),
                     [](const Cell& cell) { return cell.text == no_value; });
}

bool is_empty(const Table& table) {
  return std::all_of(table.bodies.begin(), table.bodies.end(),
                     [](const auto& body) { return std::all_of(body.begin(), body.end(), is_empty_row); });
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

std::string with_frames(const char* title, const Json& runs, const char* path) {
  const double frames = common_number(runs, path);
  return std::isfinite(frames) ? fmt::format("{}<small>{:.0f} frames</small>", title, frames) : title;
}

// Errors are constants here: their cells are the columns train, test, test clean, and the share.
TableRow yardstick_row(const char* name, Measure noisy, Measure clean, double mean_image) {
  TableRow row{name, std::vector<Cell>(8)};
  row.cells[1] = error_cell(noisy);
  row.cells[2] = error_cell(clean);
  row.cells[3] = percent_cell(noisy.mean / mean_image);
  return row;
}

}  // namespace

std::string pixel_error_table(const Json& evaluation) {
  const Json& runs = list_at(evaluation, "/runs");
  const Json& yardsticks = value_at(evaluation, "/yardsticks");
  const double mean_image = measure_at(yardsticks, "/mean_image/mse").mean;
  constexpr const char *encoded = "Encoded and reconstructed", *rolled = "Rolled out, against clean frames";
  const Column share{encoded, "of mean image", [mean_image](const Json& run) {
                       return percent_cell(measure_at(run, "/pixel_error/test/mse").mean / mean_image);
                     }};
  Table table = table_of("Pixel MSE × 10<sup>4</sup>", runs,
                         {error_column(encoded, "train", "/pixel_error/train/mse"),
                          error_column(encoded, "test", "/pixel_error/test/mse"),
                          error_column(encoded, "test, clean", "/pixel_error/test/mse_clean"), share,
                          error_column(rolled, with_frames("forward", runs, "/pixel_error/forward/frames"),
                                       "/pixel_error/forward/mse_clean"),
                          error_column(rolled, with_frames("backward", runs, "/pixel_error/backward/frames"),
                                       "/pixel_error/backward/mse_clean"),
                          error_column(rolled, "half speed", "/pixel_error/half_speed/mse_clean"),
                          error_column(rolled, "double speed", "/pixel_error/double_speed/mse_clean")});
  const auto yardstick = [&](const char* path) { return measure_at(yardsticks, path); };
  table.bodies.push_back(
      {yardstick_row("Noise floor", yardstick("/noise_floor"), {not_a_number, not_a_number}, mean_image),
       yardstick_row("Mean image", yardstick("/mean_image/mse"), yardstick("/mean_image/mse_clean"),
                     mean_image),
       yardstick_row("Static image", yardstick("/static_image/mse"), yardstick("/static_image/mse_clean"),
                     mean_image)});
  table.note = escape_html(text_at(evaluation, "/caption"));
  return html_of(table);
}

std::string dynamics_table(const Json& evaluation) {
  const Json& runs = list_at(evaluation, "/runs");
  Table table = table_of(
      "How well roll-outs keep to the physics", runs,
      {prediction_time_column("forward", "/valid_prediction_time/forward"),
       prediction_time_column("backward", "/valid_prediction_time/backward"),
       number_column("Energy", "drift", "/energy/drift", 2),
       number_column("Energy", "spread", "/energy/spread", 2),
       number_column("There and back", "state error", "/reversibility/state_error", 2),
       {"There and back", "pixel MSE × 10<sup>4</sup>",
        [](const Json& run) { return number_cell(1e4 * number_at(run, "/reversibility/pixel_mse"), 2); }},
       number_column("", "Symplecticity error", "/symplecticity/error", 2)});
  const double threshold = common_number(runs, "/valid_prediction_time/threshold");
  if (std::isfinite(threshold))
    table.note =
        fmt::format("A prediction is valid until its MSE exceeds {} of the mean squared pixel value.",
                    number_text(threshold, 2));
  return is_empty(table) ? "" : html_of(table);
}

std::string latent_table(const Json& evaluation) {
  const Json& runs = list_at(evaluation, "/runs");
  const auto symetric = [](const Json& run) {
    const Json& value = value_at(run, "/latent/symetric");
    if (value.is_number()) return number_cell(value.get<double>());
    return Cell{.text = !value.is_boolean() ? no_value : value.get<bool>() ? "yes" : "no"};
  };
  constexpr const char *map = "From latent to true state", *code = "Code";
  const Table table = table_of("What the latent state holds", runs,
                               {number_column(map, "R² of q", "/latent/r2_q"),
                                number_column(map, "R² of p", "/latent/r2_p"),
                                number_column(map, "symplectic error", "/latent/symplectic_error", 2),
                                {map, "SyMetric", symetric},
                                number_column(code, "KL", "/kl"),
                                number_column(code, "ELBO", "/elbo"),
                                {code, "active latents", [](const Json& run) {
                                   return Cell{.text = count_text(number_at(run, "/active_latents"))};
                                 }}});
  return is_empty(table) ? "" : html_of(table);
}

std::string state_error_table(const Json& evaluation) {
  constexpr const char *derivatives = "Time derivatives", *energy = "Energy along roll-outs";
  Table table = table_of("MSE × 10<sup>4</sup> of models that see states", list_at(evaluation, "/runs"),
                         {error_column(derivatives, "train", "/state_error/train/derivative_mse"),
                          error_column(derivatives, "test", "/state_error/test/derivative_mse"),
                          error_column(energy, "test", "/state_error/test/energy_mse")});
  std::erase_if(table.bodies[0], is_empty_row);
  return table.bodies[0].empty() ? "" : html_of(table);
}

std::string cost_table(const Json& evaluation) {
  const auto duration = [](const Json& run) {
    const double seconds = number_at(run, "/seconds");
    return Cell{.text = std::isfinite(seconds) ? duration_text(seconds) : no_value};
  };
  const auto memory = [](const Json& run) {
    const double mebibytes = number_at(run, "/memory_mib");
    return Cell{.text = std::isfinite(mebibytes) ? count_text(mebibytes) + " MiB" : no_value};
  };
  return html_of(table_of("Models and their cost", list_at(evaluation, "/runs"),
                          {text_column("Directory", "/run"),
                           text_column("Model", "/model"),
                           text_column("Integrator", "/integrator"),
                           count_column("Seed", "/seed"),
                           count_column("Parameters", "/parameters"),
                           count_column("Steps", "/steps"),
                           {"", "Training time", duration},
                           number_column("", "Steps/s", "/steps_per_second"),
                           {"", "Memory", memory}}));
}

std::string group_table(const Json& evaluation) {
  const Json& groups = list_at(evaluation, "/groups");
  const auto has_seeds = [](const Json& group) { return number_at(group, "/seeds") > 1; };
  if (std::none_of(groups.begin(), groups.end(), has_seeds)) return "";
  Table table{.corner = "Model",
              .caption = "Pixel MSE × 10<sup>4</sup> on test videos, over seeds",
              .note = "",
              .columns = {{"", "Seeds"}, {"", "against the frames"}, {"", "against clean frames"}},
              .bodies = {{}}};
  for (const Json& group : groups) {
    const std::string title = text_at(group, "/title");
    table.bodies[0].push_back(
        {title.empty() ? no_value : escape_html(title),
         {Cell{.text = count_text(number_at(group, "/seeds"))}, error_cell(measure_at(group, "/test/mse")),
          error_cell(measure_at(group, "/test/mse_clean"))}});
  }
  return html_of(table);
}

}  // namespace hamgen::apps
