#include "simulators/formulas/custom_definition.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "simulators/formulas/expression_parser.hpp"
#include "simulators/formulas/expression_tape.hpp"

namespace hamgen::simulators {
namespace {

using schemas::FieldError;

constexpr std::size_t most_coordinates = 64, most_constants = 256, most_discs = 64;

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == text.npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\n") - first + 1));
}

// Splits at the separator's first occurrence; nullopt where there is none.
std::optional<std::pair<std::string, std::string>> cut(std::string_view text, std::string_view separator) {
  const auto at = text.find(separator);
  if (at == text.npos) return std::nullopt;
  return std::pair{trimmed(text.substr(0, at)), trimmed(text.substr(at + separator.size()))};
}

// A formula without names: "2 pi".
double value_of(const std::string& text, const std::string& where) {
  Tape tape(0);
  const Slot result = tape.record(parse_expression(text, {}, where));
  const double value = tape.entries()[result].value;  // all numbers: computed while recording
  if (!std::isfinite(value)) throw FieldError(where + ": " + text + " is not a finite number");
  return value;
}

// "0.5", or "1 .. 3".
schemas::Spread range_of(const std::string& text, const std::string& where) {
  const auto ends = cut(text, "..");
  if (!ends) {
    const double value = value_of(text, where);
    return {value, value};
  }
  const schemas::Spread range{value_of(ends->first, where), value_of(ends->second, where)};
  if (range.low > range.high) throw FieldError(where + ": expected low .. high with low <= high");
  return range;
}

std::string place(const std::string& path, const std::string& item) {
  return path + " \"" + item + '"';
}

// "name = what": the name, trimmed, and the rest.
std::pair<std::string, std::string> assignment(const std::string& item, const std::string& where) {
  auto parts = cut(item, "=");
  if (!parts) throw FieldError(where + ": expected \"name = number\" or \"name = low .. high\"");
  return std::move(*parts);
}

// "0.5 [mass]": the value and, where there is one, the unit.
std::pair<std::string, std::string> value_and_unit(const std::string& text) {
  const auto bracket = text.find('[');
  if (bracket == text.npos || text.back() != ']') return {text, ""};
  return {trimmed(std::string_view(text).substr(0, bracket)),
          trimmed(std::string_view(text).substr(bracket + 1, text.size() - bracket - 2))};
}

CustomDefinition::Constant constant_of(const std::string& item) {
  const std::string where = place("physics.constants", item);
  const auto [name, what] = assignment(item, where);
  const auto [value, unit] = value_and_unit(what);
  return {name, unit, range_of(value, where)};
}

}  // namespace

std::vector<schemas::Field> CustomDefinition::fields() {
  using namespace schemas;
  return {
      texts("physics.coordinates", {"q"}, "name of each coordinate").items(1, most_coordinates),
      texts("physics.momenta", {"p"}, "name of the momentum of each coordinate, in the same order")
          .items(1, most_coordinates),
      texts("physics.constants", {"m = 0.5 [mass]", "k = 2 [mass / time^2]"},
            "each \"name = number\", or \"name = low .. high\" where every trajectory draws its own from "
            "U(low, high); a unit may follow in [brackets]")
          .items(0, most_constants),
      text("physics.hamiltonian", "p^2 / (2 m) + k q^2 / 2",
           "H as a formula of these names: + - * / ^, parentheses, pi, sin cos tan asin acos atan atan2 exp "
           "log sqrt abs tanh sinh cosh pow hypot min max; \"2 m\" is 2 * m"),
      text("physics.position_unit", "length", "unit of the coordinates, in words"),
      text("physics.momentum_unit", "mass length / time", "unit of the momenta, in words"),
      texts("start.values", {"q = 0.5 .. 1", "p = -1 .. 1"},
            "where trajectories start: \"name = number\" or \"name = low .. high\" for each coordinate and "
            "momentum")
          .items(2, 2 * most_coordinates),
      range("start.energy", {0, 1}, "energy",
            "starts are drawn from start.values until H lies in [low, high]; null: any will do")
          .or_automatic(),
      texts("scene.discs", {"0; q; 0.4"},
            "the picture, from back to front: \"x; y; radius\" of each disc, formulas of all the names; "
            "radii are multiplied by look.radius_scale")
          .items(1, most_discs),
  };
}

namespace {

// "; left out: physics.constants, so it is ["m = 0.5 [mass]", ...]": of these fields, all that have their
// defaults. Those are an oscillator's, and what is wrong is often that they are there.
std::string left_out(const schemas::Settings& settings, const std::vector<std::string>& paths) {
  static const std::vector<schemas::Field> all = CustomDefinition::fields();
  std::string text;
  for (const std::string& path : paths)
    if (const auto field = std::ranges::find(all, path, &schemas::Field::path);
        settings.at(path) == field->fallback)
      text +=
          (text.empty() ? "; left out: " : ", ") + path + ", so it is " + schemas::to_text(field->fallback);
  return text;
}

template <class Read>
void read_or_name_what_is_left_out(const schemas::Settings& settings, const std::vector<std::string>& paths,
                                   Read read) {
  try {
    read();
  } catch (const FieldError& error) {
    throw FieldError(error.what() + left_out(settings, paths));
  }
}

}  // namespace

CustomDefinition::CustomDefinition(const schemas::Settings& settings) {
  const std::vector<std::string> names{"physics.coordinates", "physics.momenta", "physics.constants"};
  const auto with_names = [&](const char* path) {
    std::vector<std::string> paths = names;
    paths.emplace_back(path);
    return paths;
  };
  read_names(settings);
  read_or_name_what_is_left_out(settings, with_names("start.values"), [&] { read_starts(settings); });
  read_or_name_what_is_left_out(settings, with_names("physics.hamiltonian"),
                                [&] { read_hamiltonian(settings); });
  read_or_name_what_is_left_out(settings, with_names("scene.discs"), [&] { read_discs(settings); });
  read_or_name_what_is_left_out(settings, with_names("physics.hamiltonian"), [&] { require_use(); });
}

std::vector<std::string> CustomDefinition::names() const {
  std::vector<std::string> all;
  for (const Constant& constant : constants) all.push_back(constant.name);
  all.insert(all.end(), coordinates.begin(), coordinates.end());
  all.insert(all.end(), momenta.begin(), momenta.end());
  return all;
}

void CustomDefinition::read_names(const schemas::Settings& settings) {
  coordinates = settings.texts("physics.coordinates");
  momenta = settings.texts("physics.momenta");
  if (momenta.size() != coordinates.size())
    throw FieldError("physics.momenta = " + schemas::to_text(momenta) +
                     " is not allowed: expected one for each of " + std::to_string(coordinates.size()) +
                     " physics.coordinates");
  for (const std::string& item : settings.texts("physics.constants")) constants.push_back(constant_of(item));

  std::vector<std::string> taken;
  const auto take = [&](const std::string& name, const std::string& path) {
    require_name(name, path);
    if (std::ranges::find(taken, name) != taken.end())
      throw FieldError(path + ": the name \"" + name + "\" is given twice");
    taken.push_back(name);
  };
  for (const std::string& name : coordinates) take(name, "physics.coordinates");
  for (const std::string& name : momenta) take(name, "physics.momenta");
  for (const Constant& constant : constants) take(constant.name, "physics.constants");
}

void CustomDefinition::read_starts(const schemas::Settings& settings) {
  std::vector<std::string> variables = coordinates;
  variables.insert(variables.end(), momenta.begin(), momenta.end());
  std::vector<std::optional<schemas::Spread>> found(variables.size());
  for (const std::string& item : settings.texts("start.values")) {
    const std::string where = place("start.values", item);
    const auto [name, range] = assignment(item, where);
    const auto variable = std::ranges::find(variables, name);
    if (variable == variables.end())
      throw FieldError(where + ": \"" + name + "\" is neither a coordinate nor a momentum");
    auto& start = found[static_cast<std::size_t>(variable - variables.begin())];
    if (start) throw FieldError(where + ": the start of \"" + name + "\" is given twice");
    start = range_of(range, where);
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i])
      throw FieldError("start.values does not say where \"" + variables[i] + "\" starts: expected \"" +
                       variables[i] + " = low .. high\"");
    starts.push_back(*found[i]);
  }
}

void CustomDefinition::read_hamiltonian(const schemas::Settings& settings) {
  hamiltonian = parse_expression(settings.text("physics.hamiltonian"), names(), "physics.hamiltonian");
}

void CustomDefinition::read_discs(const schemas::Settings& settings) {
  const auto all = names();
  for (const std::string& item : settings.texts("scene.discs")) {
    const std::string where = place("scene.discs", item);
    const auto x = cut(item, ";");
    const auto y = x ? cut(x->second, ";") : std::nullopt;
    if (!y) throw FieldError(where + ": expected \"x; y; radius\"");
    discs.push_back({parse_expression(x->first, all, where + ", x"),
                     parse_expression(y->first, all, where + ", y"),
                     parse_expression(y->second, all, where + ", radius"), item});
  }
}

// A constant that is nowhere is a name mistyped somewhere.
void CustomDefinition::require_use() const {
  for (std::size_t i = 0; i < constants.size(); ++i) {
    const auto uses = [&](const Expression& formula) { return depends_on(formula, i, 1); };
    if (!uses(hamiltonian) && std::ranges::none_of(discs, [&](const Disc& disc) {
          return uses(disc.x) || uses(disc.y) || uses(disc.radius);
        }))
      throw FieldError("physics.constants: \"" + constants[i].name +
                       "\" occurs neither in physics.hamiltonian nor in scene.discs");
  }
}

bool CustomDefinition::is_separable() const {
  const std::size_t first = constants.size(), d = dimension();
  const auto is_split = [&](const auto& self, const Expression& e) -> bool {
    if (!depends_on(e, first, d) || !depends_on(e, first + d, d)) return true;
    const auto is_constant = [&](const Expression& factor) { return !depends_on(factor, first, 2 * d); };
    const auto& parts = e.operands;
    switch (e.operation) {
      case Operation::negate:
        return self(self, parts[0]);
      case Operation::add:
      case Operation::subtract:
        return self(self, parts[0]) && self(self, parts[1]);
      case Operation::multiply:
        return (is_constant(parts[0]) && self(self, parts[1])) ||
               (is_constant(parts[1]) && self(self, parts[0]));
      case Operation::divide:
        return is_constant(parts[1]) && self(self, parts[0]);
      default:
        return false;
    }
  };
  return is_split(is_split, hamiltonian);
}

}  // namespace hamgen::simulators
