#include "simulators/formulas/expression.hpp"

#include <algorithm>
#include <array>

namespace hamgen::simulators {
namespace {

// How tightly an operation binds; a looser operand needs parentheses.
enum Binding : int { of_sum = 1, of_product, of_sign, of_power, of_primary };

Binding binding(Operation operation) {
  switch (operation) {
    case Operation::add:
    case Operation::subtract:
      return of_sum;
    case Operation::multiply:
    case Operation::divide:
      return of_product;
    case Operation::negate:
      return of_sign;
    case Operation::power:
      return of_power;
    default:
      return of_primary;
  }
}

class Printer {
 public:
  explicit Printer(std::span<const std::string> names) : names_(names) {}

  std::string print(const Expression& e, Binding least = of_sum) const {
    const std::string text = bare(e);
    return binding(e.operation) < least ? "(" + text + ")" : text;
  }

 private:
  std::string bare(const Expression& e) const {
    switch (e.operation) {
      case Operation::number:
        return schemas::to_text(e.value);
      case Operation::variable:
        return names_[e.variable];
      case Operation::negate:
        return "-" + print(e.operands[0], of_sign);
      case Operation::add:
        return infix(e, " + ", of_sum, of_product);
      case Operation::subtract:
        return infix(e, " - ", of_sum, of_product);
      case Operation::multiply:
        return infix(e, " * ", of_product, of_sign);
      case Operation::divide:
        return infix(e, " / ", of_product, of_sign);
      case Operation::power:
        return infix(e, "^", of_primary, of_sign);
      default:
        return call(e);
    }
  }
  std::string infix(const Expression& e, const char* sign, Binding left, Binding right) const {
    return print(e.operands[0], left) + sign + print(e.operands[1], right);
  }
  std::string call(const Expression& e) const {
    std::string text(std::ranges::find(functions(), e.operation, &Function::operation)->name);
    for (const Expression& operand : e.operands)
      text += (&operand == &e.operands.front() ? "(" : ", ") + print(operand);
    return text + ")";
  }

  std::span<const std::string> names_;
};

}  // namespace

std::span<const Function> functions() {
  using enum Operation;
  static constexpr std::array<Function, 18> rows{{
      {"sin", sin, 1},
      {"cos", cos, 1},
      {"tan", tan, 1},
      {"asin", asin, 1},
      {"acos", acos, 1},
      {"atan", atan, 1},
      {"exp", exp, 1},
      {"log", log, 1},
      {"sqrt", sqrt, 1},
      {"abs", abs, 1},
      {"tanh", tanh, 1},
      {"sinh", sinh, 1},
      {"cosh", cosh, 1},
      {"atan2", atan2, 2},
      {"pow", pow, 2},
      {"hypot", hypot, 2},
      {"min", min, 2},
      {"max", max, 2},
  }};
  return rows;
}

std::string to_text(const Expression& expression, std::span<const std::string> names) {
  return Printer(names).print(expression);
}

void require_name(std::string_view name, const std::string& where) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
  constexpr std::string_view digits = "0123456789";
  const std::string quoted = '"' + std::string(name) + '"';
  const bool is_formed =
      !name.empty() && letters.find(name[0]) != letters.npos && std::ranges::all_of(name, [&](char c) {
        return letters.find(c) != letters.npos || digits.find(c) != digits.npos;
      });
  if (!is_formed)
    throw schemas::FieldError(where + ": " + quoted +
                              " is no name: expected letters, digits and _, no digit first");
  if (name == "pi" || std::ranges::find(functions(), name, &Function::name) != functions().end())
    throw schemas::FieldError(where + ": the name " + quoted + " is taken: formulas have " +
                              (name == "pi" ? "a constant" : "a function") + " of that name");
}

bool depends_on(const Expression& expression, std::size_t first, std::size_t count) {
  if (expression.operation == Operation::variable)
    return expression.variable >= first && expression.variable - first < count;
  return std::ranges::any_of(expression.operands,
                             [&](const Expression& operand) { return depends_on(operand, first, count); });
}

}  // namespace hamgen::simulators
