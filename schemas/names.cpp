#include "schemas/names.hpp"

#include <numeric>
#include <utility>

namespace hamgen::schemas {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::optional<std::string_view> nearest_name(std::string_view name,
                                             const std::vector<std::string_view>& known) {
  if (known.empty()) return std::nullopt;
  const auto nearest =
      std::ranges::min(known, {}, [&](std::string_view candidate) { return edit_distance(name, candidate); });
  const std::size_t changes = edit_distance(name, nearest);
  const bool is_near = changes <= std::min(1 + name.size() / 3, name.size() / 2);
  return is_near ? std::optional(nearest) : std::nullopt;
}

void refuse_unknown(std::string_view what, std::string_view name, const std::vector<std::string_view>& known,
                    std::string_view otherwise) {
  std::string text = "unknown " + std::string(what) + " \"" + std::string(name) + "\": expected one of ";
  for (const std::string_view& one : known) text += (&one == &known.front() ? "" : ", ") + std::string(one);
  if (!otherwise.empty()) text += ", or " + std::string(otherwise);
  if (const auto nearest = nearest_name(name, known))
    text += "; did you mean \"" + std::string(*nearest) + "\"?";
  throw FieldError(text);
}

}  // namespace hamgen::schemas
