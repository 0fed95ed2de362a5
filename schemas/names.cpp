#include "schemas/names.hpp"

#include <numeric>
#include <utility>

namespace hamgen::schemas {
namespace {

std::string_view last_component(std::string_view path) {
  return path.substr(path.rfind('.') + 1);  // npos + 1 is 0: all of it
}

std::string_view section_of(std::string_view path) {
  return path.substr(0, path.size() - last_component(path).size());
}

// "lr" for "learning_rate"
std::string initials(std::string_view name) {
  std::string letters;
  for (std::size_t i = 0; i < name.size(); ++i)
    if (i == 0 || name[i - 1] == '_') letters += name[i];
  return letters;
}

// Whether a word of the name begins so: "rate" and "learn" for "learning_rate".
bool has_word(std::string_view name, std::string_view beginning) {
  if (beginning.size() < 3) return false;
  for (std::size_t at = name.find(beginning); at != std::string_view::npos; at = name.find(beginning, at + 1))
    if (at == 0 || name[at - 1] == '_') return true;
  return false;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, last, row(b.size() + 1);  // the rows of i - 2, i - 1 and i letters of a
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      row[j + 1] = std::min({last[j] + (a[i] != b[j]), last[j + 1] + 1, row[j] + 1});
      const bool is_swapped = i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j];
      if (is_swapped) row[j + 1] = std::min(row[j + 1], before[j - 1] + 1);
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

std::optional<std::string_view> nearest_path(std::string_view path,
                                             const std::vector<std::string_view>& known) {
  const std::string_view name = last_component(path), section = section_of(path);
  // Long sections make paths alike whose last components are not.
  const auto near = nearest_name(path, known);
  if (near && (section_of(*near) != section || nearest_name(name, {last_component(*near)}))) return near;
  const auto choose = [&](auto fits) -> std::optional<std::string_view> {
    std::optional<std::string_view> found;
    for (const std::string_view candidate : known) {
      if (!fits(last_component(candidate))) continue;
      if (section_of(candidate) == section) return candidate;
      if (!found) found = candidate;
    }
    return found;
  };
  if (const auto same = choose([&](std::string_view other) { return other == name; })) return same;
  if (const auto brief =
          choose([&](std::string_view other) { return initials(other) == name && name.size() > 1; }))
    return brief;
  if (const auto part = choose([&](std::string_view other) { return has_word(other, name); })) return part;
  return choose([&](std::string_view other) { return nearest_name(name, {other}).has_value(); });
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
