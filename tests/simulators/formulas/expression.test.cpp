// Formulas: their grammar, their errors, their values and derivatives.
#include "simulators/formulas/expression.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <functional>
#include <numbers>

#include "simulators/base/random_stream.hpp"
#include "simulators/formulas/expression_parser.hpp"
#include "simulators/formulas/expression_tape.hpp"
#include "tests/simulators/measures.hpp"

using namespace hamgen::simulators;
using namespace hamgen::tests;

namespace {

const std::vector<std::string> xyz{"x", "y", "z"};

Expression parsed(std::string_view text) {
  return parse_expression(text, xyz, "here");
}

// A formula of x, y, z compiled, with its gradient.
class Compiled {
 public:
  explicit Compiled(const Expression& expression) {
    Tape tape(3);
    std::vector<Slot> slots{tape.record(expression)};
    for (const Slot slot : tape.gradient(slots[0], 0, 3)) slots.push_back(slot);
    program_.emplace_back(tape, std::array<std::size_t, 3>{1, 1, 1}, slots);
  }
  std::array<double, 4> at(double x, double y, double z) const {
    std::array<double, 4> out{};
    program_[0].run({Reals(&x, 1), Reals(&y, 1), Reals(&z, 1)}, out);
    return out;
  }
  std::size_t operations() const { return program_[0].operations(); }

 private:
  using Reals = std::span<const double>;
  std::vector<Program> program_;
};

double value(std::string_view text, double x = 0, double y = 0, double z = 0) {
  return Compiled(parsed(text)).at(x, y, z)[0];
}

// A tree of any shape. With `smooth_only` of functions that are defined everywhere.
Expression random_tree(RandomStream& random, int depth) {
  using enum Operation;
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  if (depth == 0 || below(6) == 0) {
    if (random.coin()) return {.operation = variable, .variable = below(3)};
    const double numbers[]{0, 1, 2, 0.5, 1e-3, 1e300, 12345.678, random.uniform()};
    return {.operation = number, .value = numbers[below(8)]};
  }
  if (below(7) == 0) return {negate, 0, 0, {random_tree(random, depth - 1)}};
  if (below(4) == 0) {
    const Function& function = functions()[below(functions().size())];
    Expression call{function.operation, 0, 0, {}};
    for (std::size_t i = 0; i < function.arguments; ++i)
      call.operands.push_back(random_tree(random, depth - 1));
    return call;
  }
  const Operation joints[]{add, subtract, multiply, divide, power};
  return {joints[below(5)], 0, 0, {random_tree(random, depth - 1), random_tree(random, depth - 1)}};
}

// Sixth-order central differences along each variable.
double slope(const Compiled& formula, std::array<double, 3> x, std::size_t k) {
  const double h = 2e-3, centre = x[k];
  const auto at = [&](int steps) {
    x[k] = centre + steps * h;
    return formula.at(x[0], x[1], x[2])[0];
  };
  return (45 * (at(1) - at(-1)) - 9 * (at(2) - at(-2)) + (at(3) - at(-3))) / (60 * h);
}

}  // namespace

TEST_CASE("precedence and associativity are those of mathematics") {
  CHECK(value("1 + 2 * 3") == 7);
  CHECK(value("10 - 4 - 3") == 3);
  CHECK(value("24 / 4 / 2") == 3);
  CHECK(value("24 / 4 * 2") == 12);
  CHECK(value("2^3^2") == 512);
  CHECK(value("-x^2", 3) == -9);
  CHECK(value("(-x)^2", 3) == 9);
  CHECK(value("2^-x", 2) == 0.25);
  CHECK(value("2^-x^2", 2) == 0.0625);
  CHECK(value("2 * -x", 5) == -10);
  CHECK(value("--x", 5) == 5);
  CHECK(value("1 - -x", 5) == 6);
  CHECK(value(" ( ( x ) ) ", 5) == 5);
}

TEST_CASE("factors stand beside each other where that is clear") {
  CHECK(value("2 x", 5) == 10);
  CHECK(value("2x", 5) == 10);
  CHECK(value("2 x^2 y", 3, 5) == 90);
  CHECK(value("x (y + 1)", 3, 5) == 18);
  CHECK(value("(x + 1)(y + 1)", 3, 5) == 24);
  CHECK(value("2 pi x", 3) == 6 * std::numbers::pi);
  CHECK(value("x sin(y) z", 3, 1, 2) == 3 * std::sin(1.0) * 2);
  CHECK(value("x^2 / (2 y)", 4, 2) == 4);
  CHECK(value("z x^2 / 2 + y", 4, 1, 3) == 25);
}

TEST_CASE("numbers are read to the last bit") {
  CHECK(value("1") == 1);
  CHECK(value("2.5") == 2.5);
  CHECK(value(".5") == 0.5);
  CHECK(value("3.") == 3);
  CHECK(value("1e-3") == 1e-3);
  CHECK(value("6.02214076E+23") == 6.02214076e23);
  CHECK(value("0.1234567890123456789") == 0.1234567890123456789);
  CHECK(value("9007199254740993") == 9007199254740992);  // halfway: to even
}

TEST_CASE("functions are the library's") {
  const volatile double seven = 0.7, four = 0.4;  // not known to the compiler, which rounds its own way
  const double a = seven, b = four;
  const std::vector<std::pair<std::string, double>> expected{
      {"sin(x)", std::sin(a)},
      {"cos(x)", std::cos(a)},
      {"tan(x)", std::tan(a)},
      {"asin(x)", std::asin(a)},
      {"acos(x)", std::acos(a)},
      {"atan(x)", std::atan(a)},
      {"exp(x)", std::exp(a)},
      {"log(x)", std::log(a)},
      {"sqrt(x)", std::sqrt(a)},
      {"abs(-x)", a},
      {"tanh(x)", std::tanh(a)},
      {"sinh(x)", std::sinh(a)},
      {"cosh(x)", std::cosh(a)},
      {"pow(x, y)", std::pow(a, b)},
      {"hypot(x, y)", std::hypot(a, b)},
      {"min(x, y)", b},
      {"max(x, y)", a},
      {"atan2(x, y)", std::atan2(a, b)},
      {"x^y", std::pow(a, b)},
  };
  CHECK(expected.size() == functions().size() + 1);
  for (const auto& [text, result] : expected) {
    CAPTURE(text);
    CHECK(value(text, a, b) == result);
  }
}

TEST_CASE("whole powers are products, exactly") {
  const double x = 1.1;
  CHECK(value("x^2", x) == x * x);
  CHECK(value("x^3", x) == x * x * x);
  CHECK(value("x^4", x) == (x * x) * (x * x));
  CHECK(value("x^-2", x) == 1 / (x * x));
  CHECK(value("x^0", x) == 1);
  CHECK(value("pow(x, 2)", x) == x * x);
  CHECK(value("x^3", -2) == -8);
  CHECK(value("x^(6 / 2)", -2) == -8);
  CHECK(std::isnan(value("x^2.5", -2)));
  CHECK(relative_error(value("x^100", x), std::pow(x, 100)) <= 1e-14);
}

TEST_CASE("what occurs twice is computed once") {
  CHECK(Compiled(parsed("sin(x y) + sin(y x)")).operations() <
        Compiled(parsed("sin(x y) + sin(y z)")).operations());
  Tape tape(3);
  const Slot a = tape.record(parsed("(x - y)^2 + z")), b = tape.record(parsed("z + (x - y)^2"));
  CHECK(a == b);
}

TEST_CASE("every derivative is that of its function") {
  for (const char* text : {"-x",
                           "x + y",
                           "x - y",
                           "x * y",
                           "x / y",
                           "x^y",
                           "x^3",
                           "x^-2",
                           "x^0.5",
                           "2^x",
                           "x^x",
                           "x * x",
                           "sin(x)",
                           "cos(x)",
                           "tan(x)",
                           "asin(x)",
                           "acos(x)",
                           "atan(x)",
                           "exp(x)",
                           "log(x)",
                           "sqrt(x)",
                           "abs(x - 2)",
                           "abs(x + 2)",
                           "tanh(x)",
                           "sinh(x)",
                           "cosh(x)",
                           "atan2(x, y)",
                           "atan2(-x, -y)",
                           "pow(y, x)",
                           "hypot(x, y)",
                           "min(x, y + 2)",
                           "min(x + 2, y)",
                           "max(x, y + 2)",
                           "max(x + 2, y)",
                           "x^2 / (2 y) - z / hypot(x, y - z)",
                           "exp(-x^2) cos(3 y z) / (1 + tanh(z - x))",
                           "sqrt(x^2 + y^2 + z^2)^-3",
                           "(x + y)(x + y) (x + y)^y"}) {
    CAPTURE(text);
    const Compiled formula(parsed(text));
    RandomStream random({.seed = 8});
    double worst = 0;
    for (int i = 0; i < 200; ++i) {
      const std::array<double, 3> at{random.uniform(0.2, 0.8), random.uniform(0.2, 0.8),
                                     random.uniform(0.2, 0.8)};
      const auto result = formula.at(at[0], at[1], at[2]);
      for (std::size_t k = 0; k < 3; ++k) {
        const double expected = slope(formula, at, k);
        worst = std::max(worst, std::abs(result[k + 1] - expected) / std::max(1.0, std::abs(expected)));
      }
    }
    CHECK(worst <= 1e-9);
  }
}

TEST_CASE("derivatives at negative values: whole powers and the exponents that do not vary") {
  CHECK(Compiled(parsed("x^3")).at(-2, 0, 0)[1] == 12);
  CHECK(Compiled(parsed("x^2 y")).at(0, 3, 0)[1] == 0);
  CHECK(relative_error(Compiled(parsed("tanh(x)")).at(15, 0, 0)[1], 3.7430492e-13) <=
        1e-6);  // 1 / cosh(15)^2
  CHECK(Compiled(parsed("x / x")).at(3, 0, 0)[1] == 0);
}

TEST_CASE("there is no derivative at a corner") {
  CHECK(std::isnan(Compiled(parsed("abs(x)")).at(0, 0, 0)[1]));
  CHECK(std::isnan(Compiled(parsed("min(x, y)")).at(1, 1, 0)[1]));
  CHECK(std::isnan(Compiled(parsed("max(x, y)")).at(1, 1, 0)[2]));
  CHECK(std::isnan(Compiled(parsed("hypot(x, y)")).at(0, 0, 0)[1]));
  CHECK_FALSE(std::isfinite(Compiled(parsed("sqrt(x)")).at(0, 0, 0)[1]));
}

TEST_CASE("a printed tree is the same tree again") {
  RandomStream random({.seed = 9});
  for (int i = 0; i < 5000; ++i) {
    const Expression tree = random_tree(random, 1 + i % 6);
    const std::string text = to_text(tree, xyz);
    if (text.size() > 4000) continue;
    const Expression again = parsed(text);
    CAPTURE(text);
    REQUIRE(again == tree);
    REQUIRE(to_text(again, xyz) == text);
  }
  CHECK(to_text(parsed("((x)) - ((y - z)) * (2^(-x))"), xyz) == "x - (y - z) * 2^-x");
}

TEST_CASE("random texts are read or refused, and never anything else") {
  constexpr std::string_view pieces[]{"x", "y",   "2",     "1.5e3", "+", "-", "*", "/", "^", "(",   ")",
                                      ",", "sin", "atan2", "pi",    " ", "e", ".", "q", "$", "min("};
  RandomStream random({.seed = 10});
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (std::uint64_t n = 1 + random() % 12; n > 0; --n) text += pieces[random() % std::size(pieces)];
    CAPTURE(text);
    try {
      const Expression tree = parsed(text);
      REQUIRE(parsed(to_text(tree, xyz)) == tree);
    } catch (const hamgen::schemas::FieldError& error) {
      ++refused;
      REQUIRE(std::string(error.what()).starts_with("here: at "));
    }
  }
  CHECK(refused > 1000);
  CHECK(refused < 20000);
}

TEST_CASE("errors say where, and what was expected") {
  for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
           {"x + yy^2",
            "here: at character 5 (\"yy^2\"): unknown name \"yy\": expected one of x, y, z, pi or a "
            "function; did you mean \"y\"?"},
           {"sqr(x)",
            "unknown name \"sqr\": expected one of x, y, z, pi or a function; did you mean \"sqrt\"?"},
           {"w", "at character 1 (\"w\"): unknown name \"w\": expected one of x, y, z, pi or a function"},
           {"", "at the end: expected a number, a name, a function or \"(\""},
           {"x +", "at the end: expected a number, a name, a function or \"(\""},
           {"x + * y", "at character 5 (\"* y\"): expected a number, a name, a function or \"(\""},
           {"(x + y", "at the end: expected an operator or \")\""},
           {"x)", "at character 2 (\")\"): expected an operator or the end"},
           {"x 2", "at character 3 (\"2\"): expected an operator or the end"},
           {"sin x", "at character 5 (\"x\"): expected \"(\""},
           {"sin(x, y)", "at character 6 (\", y)\"): expected an operator or \")\""},
           {"min(x)", "at character 6 (\")\"): expected an operator or a comma and the second argument"},
           {"1 / 2 x", "at character 7 (\"x\"): what is divided by here?"},
           {"1 / 2 (x)", "at character 7 (\"(x)\"): what is divided by here?"},
           {"1e999", "at character 1 (\"1e999\"): the number is too large or too small"},
           {"x \xc2\xb7 y", "at character 3"},
           {"0123456789012345678 $", "at character 21 (\"$\")"},
           {std::string(80, '(') + "x", "at character 65"},
           {std::string(5000, 'x'), "a formula of 5000 characters is not allowed"}}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(parsed(text), doctest::Contains(message.c_str()), hamgen::schemas::FieldError);
  }
}

TEST_CASE("only a name that is near is suggested") {
  for (const std::string name : {"w", "velocity"})
    CHECK_THROWS_WITH_AS(parsed(name),
                         ("here: at character 1 (\"" + name + "\"): unknown name \"" + name +
                          "\": expected one of x, y, z, pi or a function")
                             .c_str(),
                         hamgen::schemas::FieldError);
}

TEST_CASE("long formulas within the bounds are read without exhausting the stack") {
  CHECK(value(std::string(3998, '-') + "x", 5) == 5);
  std::string tower = "1";
  while (tower.size() < 3990) tower += "^1";
  CHECK(value(tower) == 1);
  CHECK(value(std::string(64, '(') + "x" + std::string(64, ')'), 5) == 5);
}

TEST_CASE("names are letters, digits and _, and not those of functions") {
  for (const char* good : {"x", "q_1", "Omega", "_a", "sine"}) CHECK_NOTHROW(require_name(good, "here"));
  for (const char* bad : {"", "1x", "a b", "a-b", "\xc3\xa9", "sin", "pi", "atan2"})
    CHECK_THROWS_AS(require_name(bad, "here"), hamgen::schemas::FieldError);
}

TEST_CASE("a program too large for the small buffer gives the same") {
  std::string text = "0";
  double expected = 0;
  for (int i = 1; i <= 150; ++i) {
    text += " + sin(" + std::to_string(i) + " x)";
    expected += std::sin(i * 0.3);
  }
  const Compiled formula(parsed(text));
  CHECK(formula.operations() > 300);
  CHECK(formula.at(0.3, 0, 0)[0] == expected);
}
