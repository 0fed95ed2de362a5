#include "apps/page/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <utility>

namespace hamgen::apps {
namespace {

constexpr const char* minus = "−";
constexpr const char* narrow_space = "\u202f";

int decimal_exponent(double value, int digits) {
  const std::string text = fmt::format("{:.{}e}", value, digits - 1);  // after rounding: 9.999 is 10.0
  return std::atoi(text.c_str() + text.find('e') + 1);
}

// Beyond these, a power of ten reads better than zeros.
bool is_plain(int exponent) {
  return exponent >= -3 && exponent < 6;
}

std::string superscript(int exponent) {
  constexpr const char* digits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = exponent < 0 ? "⁻" : "";
  for (const char digit : std::to_string(std::abs(exponent))) text += digits[digit - '0'];
  return text;
}

std::string with_minus(const std::string& text) {
  return text.starts_with('-') ? minus + text.substr(1) : text;
}

bool has_intervals(const Table& table, std::size_t column) {
  return std::ranges::any_of(table.bodies, [&](const auto& body) {
    return std::ranges::any_of(body,
                               [&](const TableRow& row) { return !row.cells.at(column).interval.empty(); });
  });
}

std::string class_attribute(const Table& table, std::size_t column, bool is_best) {
  std::string classes;
  if (column > 0 && table.columns[column].group != table.columns[column - 1].group) classes += " first";
  if (table.columns[column].is_words) classes += " words";
  if (is_best) classes += " best";
  return classes.empty() ? "" : fmt::format(" class=\"{}\"", classes.substr(1));
}

std::string head_of(const Table& table) {
  const auto& columns = table.columns;
  const bool has_groups = std::ranges::any_of(columns, [](const TableColumn& c) { return !c.group.empty(); });
  std::string html = "<thead>\n";
  if (has_groups) {
    html += "<tr><td></td>";
    for (std::size_t first = 0, last = 0; first < columns.size(); first = last) {
      while (last < columns.size() && columns[last].group == columns[first].group) ++last;
      html += fmt::format("<th scope=\"colgroup\" colspan=\"{}\" class=\"group{}\">{}</th>", last - first,
                          first > 0 ? " first" : "",
                          columns[first].group.empty() ? "" : "<span>" + columns[first].group + "</span>");
    }
    html += "</tr>\n";
  }
  html += fmt::format("<tr><th scope=\"col\">{}</th>", table.corner);
  for (std::size_t i = 0; i < columns.size(); ++i)
    html += fmt::format("<th scope=\"col\"{}>{}</th>", class_attribute(table, i, false), columns[i].title);
  return html + "</tr>\n</thead>\n";
}

std::string html_of(const Cell& cell, const std::string& attribute, bool is_padded) {
  std::string html = fmt::format("<td{}><span class=\"value\">{}</span>", attribute, cell.text);
  if (is_padded)  // even where empty: the values of a column stand in line
    html +=
        fmt::format("<span class=\"interval\">{}</span>", cell.interval.empty() ? "" : " ± " + cell.interval);
  return html + "</td>";
}

}  // namespace

std::string escape_html(std::string_view text) {
  constexpr std::pair<char, const char*> escapes[] = {
      {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
  std::string html;
  for (const char c : text)
    if (const auto* escape = std::ranges::find(escapes, c, &std::pair<char, const char*>::first);
        escape != std::end(escapes))
      html += escape->second;
    else
      html += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return html;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k)
      three = three << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += k <= count ? alphabet[three >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string capitalised(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string fixed_text(double value, int decimals) {
  return with_minus(fmt::format("{:.{}f}", value, decimals));
}

std::string number_text(double value, int digits) {
  if (!std::isfinite(value)) return no_value;
  if (value == 0) return "0";
  const int exponent = decimal_exponent(value, digits);
  if (is_plain(exponent)) return fixed_text(value, std::max(0, digits - 1 - exponent));
  const std::string text = fmt::format("{:.{}e}", value, digits - 1);
  return fmt::format("{} × 10{}", with_minus(text.substr(0, text.find('e'))), superscript(exponent));
}

std::string count_text(double value) {
  if (!std::isfinite(value)) return no_value;
  const std::string digits = fmt::format("{:.0f}", std::abs(value));
  std::string text = value < 0 ? minus : "";
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += narrow_space;
    text += digits[i];
  }
  return text;
}

std::string interval_text(double value, double half_width) {
  if (!std::isfinite(value) || !std::isfinite(half_width) || half_width == 0) return "";
  const int exponent = value == 0 ? 0 : decimal_exponent(value, 3);
  if (!is_plain(exponent)) return number_text(half_width, 2);
  const int decimals = std::max(0, 2 - exponent);
  if (half_width < 0.5 * std::pow(10, -decimals)) return number_text(half_width, 1);
  return fmt::format("{:.{}f}", half_width, decimals);
}

std::string html_of(const Table& table) {
  std::vector<bool> is_padded;
  for (std::size_t i = 0; i < table.columns.size(); ++i) is_padded.push_back(has_intervals(table, i));
  // A box that scrolls has to be reachable with the keyboard.
  std::string html = fmt::format(
      "<figure class=\"table\">\n<div class=\"scroll\" tabindex=\"0\">\n<table{}>\n"
      "<caption>{}</caption>\n{}",
      table.columns.size() < 5 ? " class=\"compact\"" : "", table.caption, head_of(table));
  for (const auto& body : table.bodies) {
    if (body.empty()) continue;
    html += "<tbody>\n";
    for (const TableRow& row : body) {
      html += fmt::format("<tr><th scope=\"row\">{}</th>", row.head);
      for (std::size_t i = 0; i < row.cells.size(); ++i)
        html += html_of(row.cells[i], class_attribute(table, i, row.cells[i].is_best), is_padded[i]);
      html += "</tr>\n";
    }
    html += "</tbody>\n";
  }
  html += "</table>\n</div>\n";
  if (!table.note.empty()) html += fmt::format("<figcaption>{}</figcaption>\n", table.note);
  return html + "</figure>\n";
}

}  // namespace hamgen::apps
