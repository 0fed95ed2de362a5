// Formulas as a user writes them: a text becomes a tree, and the tree a text again.
// The grammar: simulators/formulas/expression_parser.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/field.hpp"

namespace hamgen::simulators {

enum class Operation : std::uint8_t {
  number,
  variable,
  negate,
  add,
  subtract,
  multiply,
  divide,
  power,
  // Functions of one argument.
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  exp,
  log,
  sqrt,
  abs,
  tanh,
  sinh,
  cosh,
  // Functions of two.
  atan2,
  pow,
  hypot,
  min,
  max,
  // In derivatives only (expression_tape.hpp).
  sign,
  less,
};

struct Function {
  std::string_view name;
  Operation operation;
  std::size_t arguments;
};

// The functions that a formula may call.
std::span<const Function> functions();

struct Expression {
  Operation operation = Operation::number;
  double value = 0;          // of a number
  std::size_t variable = 0;  // its place among the names
  std::vector<Expression> operands{};

  bool operator==(const Expression&) const = default;
};

// A text that parses to the same tree, with as few parentheses as that takes. Numbers are not negative (the
// parser makes none).
std::string to_text(const Expression& expression, std::span<const std::string> names);

// A name for a variable: letters, digits and _, no digit first, neither a function nor pi. Throws
// schemas::FieldError that begins with `where`.
void require_name(std::string_view name, const std::string& where);

// Whether a variable among names[first .. first + count) occurs.
bool depends_on(const Expression& expression, std::size_t first, std::size_t count);

}  // namespace hamgen::simulators
