// The descriptor of one configuration field, and the settings that a set of descriptors yields.
//
// A field is declared once, beside the code that uses it. Parsing, validation, --help, --print-config, the
// JSON Schema and the reference page are all derived from that declaration (apps/generate/config.hpp), so
// they cannot disagree.
//
//   real("physics.mass", 0.5, "mass", "mass of the bob").above(0)
//   range("start.radius", {1.3, 2.3}, "1", "radius of the start in phase space").at_least(0)
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hamgen::schemas {

// std::monostate stands for JSON's null: "choose automatically", where a field allows it.
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<double>,
                           std::vector<std::string>>;

enum class Kind { boolean, integer, real, text, reals, texts };

// "integer", "list of numbers", ...: the kind in words, as error messages and the reference page print it.
std::string_view kind_name(Kind kind);

// The value as JSON would show it: 0.5, "leapfrog", [0.9, 1.2], null.
std::string to_text(const Value& value);

// The largest integer that a value holds. As a bound it means itself, though a double rounds it up.
inline constexpr std::int64_t largest_integer = std::numeric_limits<std::int64_t>::max();

struct Field {
  std::string path;  // dotted, e.g. "integrator.method"
  Kind kind = Kind::real;
  Value fallback;  // the default
  std::string unit;
  std::string help;

  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
  bool minimum_is_open = false;  // true: the minimum itself is not allowed
  bool ascending = false;        // for [low, high] ranges: low <= high
  bool is_spread = false;        // for numbers: one, or [low, high]
  bool nullable = false;         // null allowed, meaning "automatic"
  std::int64_t multiple_of = 1;  // for integers
  std::size_t min_items = 0;
  std::size_t max_items = std::numeric_limits<std::size_t>::max();
  std::vector<std::string> choices;  // for text; empty: any
  bool is_color = false;             // for text(s): "#rrggbb"
  bool is_whole = false;             // for lists of numbers: whole ones only

  Field at_least(double low) &&;
  Field above(double low) &&;
  Field at_most(double high) &&;
  Field multiple(std::int64_t factor) &&;
  Field one_of(std::vector<std::string> names) &&;
  Field items(std::size_t at_least, std::size_t at_most) &&;
  Field colors() &&;
  Field or_automatic() &&;  // null allowed, and the default
  Field or_null() &&;       // null allowed, the default stays

  // What is allowed, in words: "a number > 0", "one of circle, annulus".
  std::string allowed() const;
  // The value as a user would write it.
  std::string shown(const Value& value) const;
  // The value, with an integer widened to a real where a real is asked for. Throws FieldError naming path,
  // value and what is allowed.
  Value checked(Value value) const;
};

Field boolean(std::string path, bool fallback, std::string help);
Field integer(std::string path, std::int64_t fallback, std::string unit, std::string help);
Field real(std::string path, double fallback, std::string unit, std::string help);
Field text(std::string path, std::string fallback, std::string help);
Field range(std::string path, std::vector<double> low_high, std::string unit, std::string help);
// One number for all trajectories, or [low, high]: each trajectory then has its own from U(low, high).
Field spread(std::string path, std::vector<double> number_or_pair, std::string unit, std::string help);
Field reals(std::string path, std::vector<double> fallback, std::string unit, std::string help);
Field integers(std::string path, std::vector<double> fallback, std::string unit, std::string help);
Field texts(std::string path, std::vector<std::string> fallback, std::string help);

// What a spread field says; low == high for one number.
struct Spread {
  double low = 0, high = 0;
};

// A configuration value, key or combination that is not allowed. The message is one sentence for the user.
class FieldError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Checked values by path. Getters throw std::logic_error for a path no descriptor declared: a programming
// error.
class Settings {
 public:
  // Every field at its default.
  explicit Settings(const std::vector<Field>& fields);
  Settings() = default;

  // Sets a value that passes its field's checks. Throws FieldError otherwise.
  void set(const Field& field, Value value);

  const Value& at(std::string_view path) const;
  const std::map<std::string, Value, std::less<>>& values() const { return values_; }
  bool is_automatic(std::string_view path) const;
  bool boolean(std::string_view path) const;
  std::int64_t integer(std::string_view path) const;
  double real(std::string_view path) const;
  const std::string& text(std::string_view path) const;
  const std::vector<double>& reals(std::string_view path) const;
  Spread spread(std::string_view path) const;
  std::vector<std::int64_t> integers(std::string_view path) const;
  const std::vector<std::string>& texts(std::string_view path) const;

 private:
  template <class T>
  const T& get(std::string_view path) const;
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace hamgen::schemas
