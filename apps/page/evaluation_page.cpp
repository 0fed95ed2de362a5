#include "apps/page/evaluation_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <limits>

#include "apps/page/evaluation_json.hpp"
#include "apps/page/evaluation_page_style.hpp"
#include "apps/page/evaluation_tables.hpp"
#include "apps/page/html.hpp"
#include "apps/page/svg_chart.hpp"

namespace hamgen::apps {
namespace {

std::string section(const char* title, const char* text, const std::string& content) {
  if (content.empty()) return "";
  return fmt::format("<section>\n<h2>{}</h2>\n<p>{}</p>\n{}</section>\n", title, text, content);
}

std::string system_name(const Json& evaluation) {
  std::string name = text_at(evaluation, "/dataset/system");
  if (name.empty()) return "Learned dynamics";
  std::replace(name.begin(), name.end(), '_', ' ');
  name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  return name;
}

// The run of the least error against clean test frames, in a sentence.
std::string finding(const Json& evaluation) {
  const Json& runs = list_at(evaluation, "/runs");
  const auto looks = looks_of(runs);
  std::size_t best = runs.size();
  const auto error = [&](std::size_t i) { return measure_at(runs[i], "/pixel_error/test/mse_clean"); };
  for (std::size_t i = 0; i < runs.size(); ++i)
    if (std::isfinite(error(i).mean) && !flag_at(runs[i], "/is_other_dataset"))
      if (best == runs.size() || error(i).mean < error(best).mean) best = i;
  if (best == runs.size()) return "";
  const double mean = error(best).mean;
  const double mean_image = measure_at(evaluation, "/yardsticks/mean_image/mse_clean").mean;
  std::string html =
      fmt::format(" Least error against the clean test frames: <b>{}</b>, {} × 10<sup>−4</sup>",
                  escape_html(looks[best].name), number_text(1e4 * mean));
  if (mean_image > 0)
    html += fmt::format(", {}&nbsp;% of the mean image’s", number_text(100 * mean / mean_image, 2));
  return html + ".";
}

std::string fact(const char* name, const std::string& html, const std::string& note = "") {
  return fmt::format("<div><dt>{}</dt><dd>{}{}</dd></div>\n", name, html,
                     note.empty() ? "" : "<small>" + note + "</small>");
}

// Which split the test trajectories are of, where it is not the usual one.
std::string split_note(const Json& dataset) {
  const std::string split = text_at(dataset, "/split");
  return split.empty() || split == "test" ? "" : " of <code>" + escape_html(split) + "</code>";
}

std::string facts(const Json& dataset) {
  const auto code = [&](const char* path) {
    const std::string text = text_at(dataset, path);
    return text.empty() ? no_value : fmt::format("<code>{}</code>", escape_html(text));
  };
  const auto count = [&](const char* path) { return count_text(number_at(dataset, path)); };
  const auto note = [](double value, const std::string& text) { return std::isfinite(value) ? text : ""; };
  const double evaluated = number_at(dataset, "/evaluated_trajectories");
  const double pixels = number_at(dataset, "/image_size"), dt = number_at(dataset, "/dt");
  const double window = dt * (number_at(dataset, "/frames") - 1);
  return "<dl>\n" + fact("Dataset", code("/path")) + fact("System", code("/system")) +
         fact("Training trajectories", count("/train_trajectories")) +
         fact("Test trajectories", count("/test_trajectories") + split_note(dataset),
              note(evaluated, count_text(evaluated) + " evaluated")) +
         fact("Frames", count("/frames"), note(pixels, fmt::format("of {0} × {0} pixels", pixels))) +
         fact("Time step", number_text(dt), note(window, "window " + number_text(window))) + "</dl>\n";
}

std::string header(const Json& evaluation) {
  const std::size_t runs = list_at(evaluation, "/runs").size();
  return fmt::format(
      "<header>\n<p class=\"eyebrow\">hamgen · evaluation</p>\n<h1>{}</h1>\n"
      "<p class=\"lede\">{} run{}, measured on videos that {} never saw.{}</p>\n{}</header>\n",
      escape_html(system_name(evaluation)), runs, runs == 1 ? "" : "s", runs == 1 ? "it" : "they",
      finding(evaluation), facts(value_at(evaluation, "/dataset")));
}

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

Chart error_chart(const Json& evaluation) {
  const Json& runs = list_at(evaluation, "/runs");
  const double window = window_of(evaluation), dt = number_at(evaluation, "/dataset/dt");
  Chart chart{.title = "Pixel error per frame, on a logarithmic axis",
              .x_title = "time",
              .y_title = "MSE × 10⁴ against clean frames",
              .has_log_y = true,
              .lines = {},
              .references = {},
              .spans = {}};
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
              .y_title = "(E(t) − E(0)) / spread",
              .has_log_y = false,
              .lines = {},
              .references = {},
              .spans = {}};
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

std::string figure(const Chart& chart) {
  return has_points(chart) ? "<figure>\n" + html_of(chart) + "</figure>\n" : "";
}

// Width and height in the header of a PNG file: so that nothing jumps while the page loads.
std::string size_attributes(const std::string& png) {
  if (png.size() < 24 || !png.starts_with("\x89PNG")) return "";
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(png[i]);
    return value;
  };
  return fmt::format(" width=\"{}\" height=\"{}\"", number(16), number(20));
}

std::string gallery(const std::vector<PagePicture>& pictures) {
  std::string html;
  for (const PagePicture& picture : pictures)
    html += fmt::format(
        "<figure class=\"picture\">\n<p class=\"caption\">{0}</p>\n<div class=\"scroll\" tabindex=\"0\">"
        "<img src=\"data:image/png;base64,{1}\" "
        "alt=\"{0}\"{2}></div>\n<figcaption>{3}</figcaption>\n</figure>\n",
        escape_html(picture.title), base64(picture.png), size_attributes(picture.png),
        escape_html(picture.caption));
  return html;
}

std::string tables(const Json& evaluation) {
  return section(
      "Pixel error",
      "Mean squared error of pixel values between 0 and 1; less is better. The share is the test error "
      "over the mean image’s: 100&nbsp;% is what a constant picture reaches. Rolled-out frames lie outside "
      "the "
      "window that was encoded, or inside it at another speed. <b>Bold</b>: the best run.",
      pixel_error_table(evaluation));
}

std::string charts(const Json& evaluation) {
  return section("Error over time",
                 "Each line is one run’s error, frame by frame, from the past that it inferred to the future "
                 "that it "
                 "predicted; the shaded window is what it was trained on. A line that stays flat keeps its "
                 "physics; at "
                 "the mean image, nothing is left of the motion. The noise floor is the best possible error "
                 "against "
                 "noisy frames: against clean ones, as here, a run can lie below it.",
                 figure(error_chart(evaluation))) +
         section(
             "Learned energy",
             "The learned Hamiltonian along one test trajectory, as its deviation from the start in units of "
             "its "
             "spread across trajectories. A conserved energy is a flat line at zero. The legend gives the "
             "energy’s mean and variance along it.",
             figure(energy_chart(evaluation)));
}

std::string more_tables(const Json& evaluation) {
  return section("Over seeds",
                 "The same model, trained from several seeds: mean ± 95&nbsp;% confidence interval.",
                 group_table(evaluation)) +
         section("Dynamics",
                 "Valid prediction time: how long roll-outs stay recognisable (median; ≥ where most never "
                 "failed). "
                 "Energy drift: deviation along a roll-out over the spread across trajectories. There and "
                 "back: what "
                 "is lost when a roll-out is reversed. Symplecticity: how far a step’s Jacobian is from "
                 "preserving the symplectic form; 0 is exact.",
                 dynamics_table(evaluation)) +
         section("Latent space",
                 "R²: how well polynomials of the latent state give the true positions q and momenta p; 1 is "
                 "perfect. "
                 "SyMetric: whether such a map exists and is symplectic. KL and ELBO are of a video’s code, "
                 "in nats.",
                 latent_table(evaluation)) +
         section("State models", "Models that learn from the true states rather than from pixels.",
                 state_error_table(evaluation)) +
         section("Cost", "What each run is, and what it took to train.", cost_table(evaluation));
}

}  // namespace

std::string evaluation_page(const Json& evaluation, const std::vector<PagePicture>& pictures) {
  // The policy holds the page to what it promises: nothing from elsewhere, no script.
  return fmt::format(
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
             "style-src 'unsafe-inline'; img-src data:\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n"
             "<title>{} – hamgen evaluation</title>\n<style>{}{}</style>\n</head>\n<body>\n",
             escape_html(system_name(evaluation)), evaluation_page_style, chart_style) +
         header(evaluation) + "<main>\n" + tables(evaluation) + charts(evaluation) + more_tables(evaluation) +
         section("Pictures",
                 "Samples and roll-outs of the runs. In sheets of frames, time runs to the right.",
                 gallery(pictures)) +
         "</main>\n</body>\n</html>\n";
}

}  // namespace hamgen::apps
