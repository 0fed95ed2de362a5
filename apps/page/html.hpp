// Pieces of HTML pages: text and numbers as people read them, and tables of them.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace hamgen::apps {

inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
inline constexpr const char* no_value = "–";

// For text and for attributes in double quotes. Control characters, which HTML does not allow, become blanks.
std::string escape_html(std::string_view text);
std::string base64(std::string_view bytes);
std::string capitalised(std::string text);

// With a minus as long as a plus.
std::string fixed_text(double value, int decimals);
// 3.84, 0.0520, 1235, 1.20 × 10⁻⁵: `digits` significant ones, or a dash for what is not finite.
std::string number_text(double value, int digits = 3);
// 123 456, with narrow spaces that do not break.
std::string count_text(double value);
// Half of the interval around `value`, with as many decimals as number_text(value) has; empty without one.
std::string interval_text(double value, double half_width);

// All strings are HTML.
struct Cell {
  std::string text = no_value, interval = {};
  double value = not_a_number;  // by which cells of a column compare
  bool is_best = false;
};
struct TableRow {
  std::string head;
  std::vector<Cell> cells = {};
};
struct TableColumn {
  std::string group, title;  // neighbours of one group share a heading above theirs
  bool is_words = false;
};
struct Table {
  std::string corner, caption, note = {};
  std::vector<TableColumn> columns = {};
  std::vector<std::vector<TableRow>> bodies = {};  // with a rule between them
};
// In a box that scrolls by itself where the page is narrow.
std::string html_of(const Table& table);

}  // namespace hamgen::apps
