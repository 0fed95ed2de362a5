#include "schemas/field.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace hamgen::schemas {
namespace {

std::string number_text(double value) {
  char buffer[32];
  const bool is_whole = std::trunc(value) == value && std::abs(value) < 1e15;
  const auto end = is_whole
                       ? std::to_chars(buffer, buffer + sizeof buffer, static_cast<std::int64_t>(value)).ptr
                       : std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

template <class T, class Print>
std::string list_text(const std::vector<T>& items, Print print) {
  std::string text = "[";
  for (const T& item : items) text += (text.size() > 1 ? ", " : "") + print(item);
  return text + "]";
}

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

bool is_hex_color(const std::string& text) {
  return text.size() == 7 && text[0] == '#' &&
         text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
}

bool matches(Kind kind, const Value& value) {
  switch (kind) {
    case Kind::boolean:
      return std::holds_alternative<bool>(value);
    case Kind::integer:
      return std::holds_alternative<std::int64_t>(value);
    case Kind::real:
      return std::holds_alternative<double>(value);
    case Kind::text:
      return std::holds_alternative<std::string>(value);
    case Kind::reals:
      return std::holds_alternative<std::vector<double>>(value);
    case Kind::texts:
      return std::holds_alternative<std::vector<std::string>>(value);
  }
  return false;
}

bool number_allowed(const Field& field, double x) {
  const bool above = field.minimum_is_open ? x > field.minimum : x >= field.minimum;
  const bool whole = !field.is_whole || std::trunc(x) == x;
  return std::isfinite(x) && above && x <= field.maximum && whole;
}

bool text_allowed(const Field& field, const std::string& x) {
  if (field.is_color) return is_hex_color(x);
  return field.choices.empty() || std::ranges::find(field.choices, x) != field.choices.end();
}

// Whether a value of the right kind is within bounds.
bool within_bounds(const Field& field, const Value& value) {
  const auto count_ok = [&](std::size_t n) { return n >= field.min_items && n <= field.max_items; };
  if (const auto* integer = std::get_if<std::int64_t>(&value))
    return number_allowed(field, static_cast<double>(*integer)) && *integer % field.multiple_of == 0;
  if (const auto* real = std::get_if<double>(&value)) return number_allowed(field, *real);
  if (const auto* text = std::get_if<std::string>(&value)) return text_allowed(field, *text);
  if (const auto* reals = std::get_if<std::vector<double>>(&value))
    return count_ok(reals->size()) && (!field.ascending || std::ranges::is_sorted(*reals)) &&
           std::ranges::all_of(*reals, [&](double x) { return number_allowed(field, x); });
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value))
    return count_ok(texts->size()) &&
           std::ranges::all_of(*texts, [&](const std::string& x) { return text_allowed(field, x); });
  return true;
}

std::string bounds_text(const Field& field) {
  std::string text;
  if (std::isfinite(field.minimum))
    text += (field.minimum_is_open ? " > " : " >= ") + number_text(field.minimum);
  if (field.kind == Kind::integer && std::isfinite(field.maximum) && field.maximum >= 0x1p63)
    return text + (text.empty() ? " <= " : " and <= ") + std::to_string(largest_integer);
  if (std::isfinite(field.maximum)) text += (text.empty() ? " <= " : " and <= ") + number_text(field.maximum);
  return text;
}

}  // namespace

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::integer:
      return "an integer";
    case Kind::real:
      return "a number";
    case Kind::text:
      return "a text";
    case Kind::reals:
      return "a list of numbers";
    case Kind::texts:
      return "a list of texts";
  }
  return "a value";
}

std::string to_text(const Value& value) {
  struct Printer {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool x) const { return x ? "true" : "false"; }
    std::string operator()(std::int64_t x) const { return std::to_string(x); }
    std::string operator()(double x) const { return number_text(x); }
    std::string operator()(const std::string& x) const { return quoted(x); }
    std::string operator()(const std::vector<double>& x) const { return list_text(x, number_text); }
    std::string operator()(const std::vector<std::string>& x) const { return list_text(x, quoted); }
  };
  return std::visit(Printer{}, value);
}

Field Field::at_least(double low) && {
  minimum = low;
  minimum_is_open = false;
  return std::move(*this);
}
Field Field::above(double low) && {
  minimum = low;
  minimum_is_open = true;
  return std::move(*this);
}
Field Field::at_most(double high) && {
  maximum = high;
  return std::move(*this);
}
Field Field::multiple(std::int64_t factor) && {
  multiple_of = factor;
  return std::move(*this);
}
Field Field::one_of(std::vector<std::string> names) && {
  choices = std::move(names);
  return std::move(*this);
}
Field Field::items(std::size_t at_least, std::size_t at_most) && {
  min_items = at_least;
  max_items = at_most;
  return std::move(*this);
}
Field Field::colors() && {
  is_color = true;
  return std::move(*this);
}
Field Field::or_automatic() && {
  nullable = true;
  fallback = std::monostate{};
  return std::move(*this);
}

Field Field::or_null() && {
  nullable = true;
  return std::move(*this);
}

std::string Field::allowed() const {
  std::string text;
  if (!choices.empty()) {
    text = "one of ";
    for (const auto& choice : choices) text += (&choice == &choices.front() ? "" : ", ") + choice;
  } else if (is_spread) {
    text = "a number" + bounds_text(*this) + ", or a pair [low, high] of such";
  } else if (ascending) {
    text = "a pair [low, high] of numbers" + bounds_text(*this) + " with low <= high";
  } else if (is_color) {
    text = kind == Kind::text ? "a colour like \"#1f77b4\"" : "a list of colours like \"#1f77b4\"";
  } else {
    text = (is_whole ? "a list of integers" : std::string(kind_name(kind))) + bounds_text(*this);
    if (multiple_of > 1) text += " and a multiple of " + std::to_string(multiple_of);
  }
  if (!ascending && min_items > 0) text += " with at least " + std::to_string(min_items) + " item(s)";
  if (!ascending && max_items < 1'000'000) text += " and at most " + std::to_string(max_items);
  return nullable ? text + ", or null" : text;
}

std::string Field::shown(const Value& value) const {
  const auto* numbers = std::get_if<std::vector<double>>(&value);
  const bool is_one = numbers != nullptr && is_spread && numbers->size() == 1;
  return is_one ? number_text(numbers->front()) : to_text(value);
}

Value Field::checked(Value value) const {
  if (nullable && std::holds_alternative<std::monostate>(value)) return value;
  if (const auto* whole = std::get_if<std::int64_t>(&value); whole && kind == Kind::real)
    value = static_cast<double>(*whole);
  if (const auto* number = std::get_if<std::int64_t>(&value); number && is_spread)
    value = static_cast<double>(*number);
  if (const auto* number = std::get_if<double>(&value); number && is_spread)
    value = std::vector<double>{*number};
  if (!matches(kind, value) || !within_bounds(*this, value))
    throw FieldError(path + " = " + shown(value) + " is not allowed: expected " + allowed());
  return value;
}

namespace {
Field declare(std::string path, Kind kind, Value fallback, std::string unit, std::string help) {
  Field field;
  field.path = std::move(path);
  field.kind = kind;
  field.fallback = std::move(fallback);
  field.unit = std::move(unit);
  field.help = std::move(help);
  return field;
}
}  // namespace

Field boolean(std::string path, bool fallback, std::string help) {
  return declare(std::move(path), Kind::boolean, fallback, "", std::move(help));
}
Field integer(std::string path, std::int64_t fallback, std::string unit, std::string help) {
  return declare(std::move(path), Kind::integer, fallback, std::move(unit), std::move(help));
}
Field real(std::string path, double fallback, std::string unit, std::string help) {
  return declare(std::move(path), Kind::real, fallback, std::move(unit), std::move(help));
}
Field text(std::string path, std::string fallback, std::string help) {
  return declare(std::move(path), Kind::text, std::move(fallback), "", std::move(help));
}
Field range(std::string path, std::vector<double> low_high, std::string unit, std::string help) {
  Field field = declare(std::move(path), Kind::reals, std::move(low_high), std::move(unit), std::move(help));
  field.ascending = true;
  return std::move(field).items(2, 2);
}
Field spread(std::string path, std::vector<double> number_or_pair, std::string unit, std::string help) {
  Field field =
      declare(std::move(path), Kind::reals, std::move(number_or_pair), std::move(unit), std::move(help));
  field.ascending = field.is_spread = true;
  return std::move(field).items(1, 2);
}
Field reals(std::string path, std::vector<double> fallback, std::string unit, std::string help) {
  return declare(std::move(path), Kind::reals, std::move(fallback), std::move(unit), std::move(help));
}
Field integers(std::string path, std::vector<double> fallback, std::string unit, std::string help) {
  Field field = reals(std::move(path), std::move(fallback), std::move(unit), std::move(help));
  field.is_whole = true;
  return field;
}
Field texts(std::string path, std::vector<std::string> fallback, std::string help) {
  return declare(std::move(path), Kind::texts, std::move(fallback), "", std::move(help));
}

Settings::Settings(const std::vector<Field>& fields) {
  for (const Field& field : fields) values_[field.path] = field.fallback;
}

void Settings::set(const Field& field, Value value) {
  values_[field.path] = field.checked(std::move(value));
}

const Value& Settings::at(std::string_view path) const {
  const auto found = values_.find(path);
  if (found == values_.end()) throw std::logic_error("no field declares " + std::string(path));
  return found->second;
}

template <class T>
const T& Settings::get(std::string_view path) const {
  const T* value = std::get_if<T>(&at(path));
  if (value == nullptr) throw std::logic_error("field " + std::string(path) + " is of another kind");
  return *value;
}

bool Settings::is_automatic(std::string_view path) const {
  return std::holds_alternative<std::monostate>(at(path));
}
bool Settings::boolean(std::string_view path) const {
  return get<bool>(path);
}
std::int64_t Settings::integer(std::string_view path) const {
  return get<std::int64_t>(path);
}
double Settings::real(std::string_view path) const {
  return get<double>(path);
}
const std::string& Settings::text(std::string_view path) const {
  return get<std::string>(path);
}
const std::vector<double>& Settings::reals(std::string_view path) const {
  return get<std::vector<double>>(path);
}
Spread Settings::spread(std::string_view path) const {
  const auto& numbers = reals(path);
  return {numbers.front(), numbers.back()};
}
std::vector<std::int64_t> Settings::integers(std::string_view path) const {
  const auto& numbers = reals(path);
  return {numbers.begin(), numbers.end()};
}
const std::vector<std::string>& Settings::texts(std::string_view path) const {
  return get<std::vector<std::string>>(path);
}

}  // namespace hamgen::schemas
