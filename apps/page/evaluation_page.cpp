#include "apps/page/evaluation_page.hpp"

#include <fmt/args.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>

#include "apps/page/charts.hpp"
#include "apps/page/html.hpp"
#include "apps/page/page_texts.hpp"
#include "apps/page/tables.hpp"
#include "apps/page/values.hpp"

namespace hamgen::apps {
namespace {

// HTML by its name in the skeleton.
using Pieces = std::map<std::string, std::string>;

std::string system_name(const Json& evaluation) {
  std::string name = text_at(evaluation, "/dataset/system");
  if (name.empty()) return "Learned dynamics";
  std::replace(name.begin(), name.end(), '_', ' ');
  return capitalised(name);
}

// The run of the least error against clean test frames, in a sentence.
std::string finding(const Json& evaluation) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Json& runs = list_at(evaluation, "/runs");
  const auto error = [&](std::size_t i) {
    const double mean = measure_at(runs[i], "/pixel_error/test/mse_clean").mean;
    return std::isfinite(mean) && !flag_at(runs[i], "/is_other_dataset") ? mean : infinity;
  };
  std::size_t best = 0;
  for (std::size_t i = 1; i < runs.size(); ++i)
    if (error(i) < error(best)) best = i;
  if (runs.empty() || error(best) == infinity) return "";
  const double mean_image = measure_at(evaluation, "/yardsticks/mean_image/mse_clean").mean;
  std::string html =
      fmt::format(" Least error against the clean test frames: <b>{}</b>, {} × 10<sup>−4</sup>",
                  escape_html(looks_of(runs)[best].name), number_text(1e4 * error(best)));
  if (mean_image > 0)
    html += fmt::format(", {}&nbsp;% of the mean image’s", number_text(100 * error(best) / mean_image, 2));
  return html + ".";
}

std::string lede(const Json& evaluation) {
  const std::size_t runs = list_at(evaluation, "/runs").size();
  return fmt::format("{} run{}, measured on videos that {} never saw.{}", runs, runs == 1 ? "" : "s",
                     runs == 1 ? "it" : "they", finding(evaluation));
}

Pieces facts(const Json& dataset) {
  const auto code = [&](const char* path) {
    const std::string text = text_at(dataset, path);
    return text.empty() ? no_value : fmt::format("<code>{}</code>", escape_html(text));
  };
  const auto count = [&](const char* path) { return count_text(number_at(dataset, path)); };
  const auto note = [](double value, const std::string& text) {
    return std::isfinite(value) ? "<small>" + text + "</small>" : "";
  };
  const double evaluated = number_at(dataset, "/evaluated_trajectories");
  const double pixels = number_at(dataset, "/image_size"), dt = number_at(dataset, "/dt");
  const double window = dt * (number_at(dataset, "/frames") - 1);
  const std::string split = text_at(dataset, "/split");
  return {{"dataset", code("/path")},
          {"system", code("/system")},
          {"train_trajectories", count("/train_trajectories")},
          {"test_trajectories", count("/test_trajectories") +
                                    (split.empty() || split == "test" ? "" : " of " + code("/split")) +
                                    note(evaluated, count_text(evaluated) + " evaluated")},
          {"frames", count("/frames") + note(pixels, fmt::format("of {0} × {0} pixels", pixels))},
          {"time_step", number_text(dt) + note(window, "window " + number_text(window))}};
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
        "<figure class=\"picture\">\n<p class=\"caption\">{0}</p>\n<div class=\"scroll\" tabindex=\"0\"><img "
        "src=\"data:image/png;base64,{1}\" alt=\"{0}\"{2}></div>\n<figcaption>{3}</figcaption>\n</figure>\n",
        escape_html(picture.title), base64(picture.png), size_attributes(picture.png),
        escape_html(picture.caption));
  return html;
}

// The section that holds this piece goes.
void erase_section(std::string& skeleton, const std::string& piece) {
  constexpr std::string_view begin = "<section>", end = "</section>\n";
  const auto at = skeleton.find("{" + piece + "}"), first = skeleton.rfind(begin, at);
  skeleton.erase(first, skeleton.find(end, at) + end.size() - first);
}

}  // namespace

std::string evaluation_page(const Json& evaluation, const std::vector<PagePicture>& pictures) {
  const auto texts = page_texts();
  const Pieces files(texts.begin(), texts.end());
  std::string skeleton = files.at("skeleton");
  Pieces pieces{{"pixel_error_table", pixel_error_table(evaluation)},
                {"error_chart", figure(error_chart(evaluation))},
                {"energy_chart", figure(energy_chart(evaluation))},
                {"group_table", group_table(evaluation)},
                {"dynamics_table", dynamics_table(evaluation)},
                {"latent_table", latent_table(evaluation)},
                {"diagnosis_table", diagnosis_table(evaluation)},
                {"state_error_table", state_error_table(evaluation)},
                {"cost_table", cost_table(evaluation)},
                {"pictures", gallery(pictures)}};
  for (const auto& [name, html] : pieces)
    if (html.empty()) erase_section(skeleton, name);
  pieces.merge(facts(value_at(evaluation, "/dataset")));
  pieces.merge(Pieces{{"name", escape_html(system_name(evaluation))},
                      {"lede", lede(evaluation)},
                      {"page_css", files.at("page")},
                      {"chart_css", files.at("chart")}});
  fmt::dynamic_format_arg_store<fmt::format_context> arguments;
  for (const auto& [name, html] : pieces) arguments.push_back(fmt::arg(name.c_str(), std::cref(html)));
  return fmt::vformat(skeleton, arguments);
}

}  // namespace hamgen::apps
