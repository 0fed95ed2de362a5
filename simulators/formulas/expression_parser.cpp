#include "simulators/formulas/expression_parser.hpp"

#include <algorithm>
#include <boost/spirit/home/x3.hpp>
#include <cctype>
#include <charconv>
#include <numbers>

#include "schemas/names.hpp"

// What an expectation with an action calls itself: what it expects.
template <class Subject, class Action>
struct boost::spirit::x3::get_info<boost::spirit::x3::action<Subject, Action>> {
  using result_type = std::string;
  std::string operator()(const action<Subject, Action>& parser) const { return what(parser.subject); }
};

namespace hamgen::simulators {
namespace {

namespace x3 = boost::spirit::x3;

// What a formula is read against.
struct Scope {
  std::string_view text;
  std::span<const std::string> names;
  const std::string& where;

  [[noreturn]] void fail(const char* at, const std::string& what) const {
    const auto position = static_cast<std::size_t>(at - text.data());
    constexpr std::size_t longest = 16;
    const std::string rest(text.substr(position, longest));
    const std::string place = rest.empty() ? "at the end"
                                           : "at character " + std::to_string(position + 1) + " (\"" + rest +
                                                 (text.size() - position > longest ? "..." : "") + "\")";
    throw schemas::FieldError(where + ": " + place + ": " + what);
  }
};
class ScopeTag;

std::string unknown_name(std::string_view name, std::span<const std::string> names) {
  std::vector<std::string_view> known(names.begin(), names.end());
  for (const Function& function : functions()) known.push_back(function.name);
  std::string text = "unknown name \"" + std::string(name) + "\": expected ";
  for (const std::string& candidate : names)
    text += (&candidate == &names.front() ? "one of " : ", ") + candidate;
  text += names.empty() ? "a number, pi or a function" : ", pi or a function";
  const auto nearest = schemas::nearest_name(name, known);
  return nearest ? text + "; did you mean \"" + std::string(*nearest) + "\"?" : text;
}

Expression number(double value) {
  return {.operation = Operation::number, .value = value};
}

// Semantic actions: what a rule's value becomes.
const auto assign = [](auto& context) { x3::_val(context) = std::move(x3::_attr(context)); };
const auto call = [](auto& context) { x3::_val(context).operation = x3::_attr(context); };
const auto argument = [](auto& context) {
  x3::_val(context).operands.push_back(std::move(x3::_attr(context)));
};
const auto pi = [](auto& context) { x3::_val(context) = number(std::numbers::pi); };
const auto negated = [](auto& context) {
  x3::_val(context) = {Operation::negate, 0, 0, {std::move(x3::_attr(context))}};
};
template <Operation operation>
const auto joined = [](auto& context) {
  Expression left = std::move(x3::_val(context));
  x3::_val(context) = {operation, 0, 0, {std::move(left), std::move(x3::_attr(context))}};
};
const auto literal = [](auto& context) {
  const auto digits = x3::_attr(context);
  double value = 0;
  // Rounded correctly, which Spirit's own number parser does not promise.
  if (std::from_chars(digits.begin(), digits.end(), value).ec != std::errc{})
    x3::get<ScopeTag>(context).fail(digits.begin(), "the number is too large or too small");
  x3::_val(context) = number(value);
};
const auto variable = [](auto& context) {
  const Scope& scope = x3::get<ScopeTag>(context);
  const auto letters = x3::_attr(context);
  const std::string_view name(letters.begin(), letters.size());
  const auto found = std::ranges::find(scope.names, name);
  if (found == scope.names.end()) scope.fail(letters.begin(), unknown_name(name, scope.names));
  x3::_val(context) = {.operation = Operation::variable,
                       .variable = static_cast<std::size_t>(found - scope.names.begin())};
};
const auto refuse_factor = [](auto& context) {
  x3::get<ScopeTag>(context).fail(
      x3::_attr(context).begin(),
      "what is divided by here? Write a / (b * c) or a / b * c: expected an operator behind a divisor");
};

x3::symbols<Operation> table_of_functions(std::size_t arguments) {
  x3::symbols<Operation> table;
  for (const Function& function : functions())
    if (function.arguments == arguments) table.add(std::string(function.name), function.operation);
  return table;
}
const auto functions_of_one = table_of_functions(1), functions_of_two = table_of_functions(2);

// The grammar in Boost.Spirit X3. It never goes back over a name or a call, so that the first error is the
// one to report.
constexpr const char* operand = "a number, a name, a function or \"(\"";
template <class Id>
using Rule = x3::rule<Id, Expression>;
const Rule<class Sum> sum = operand;
const Rule<class Product> product = operand;
const Rule<class Signed> signed_factor = operand;
const Rule<class Power> power = operand;
const Rule<class Primary> primary = operand;
const Rule<class CallOfOne> call_of_one = operand;
const Rule<class CallOfTwo> call_of_two = operand;

const auto letter = x3::alpha | x3::char_('_');
const auto name_character = x3::alnum | x3::char_('_');
const auto mantissa = (+x3::digit >> -('.' >> *x3::digit)) | ('.' >> +x3::digit);
const auto exponent = x3::char_("eE") >> -x3::char_("+-") >> +x3::digit;
const auto digits = x3::raw[x3::lexeme[mantissa >> -exponent]];
const auto name = x3::raw[x3::lexeme[letter >> *name_character]];
const auto open = x3::rule<class Open>("\"(\"") = x3::lit('(');
const auto close = x3::rule<class Close>("an operator or \")\"") = x3::lit(')');
const auto comma = x3::rule<class Comma>("an operator or a comma and the second argument") = x3::lit(',');
const auto begins_factor = &(letter | '(');

const auto sum_def = product[assign] >> *(('+' > product[joined<Operation::add>]) |
                                          ('-' > product[joined<Operation::subtract>]));
const auto product_def = signed_factor[assign] >> *(('*' > signed_factor[joined<Operation::multiply>]) |
                                                    ('/' > signed_factor[joined<Operation::divide>] >>
                                                     -x3::raw[begins_factor][refuse_factor]) |
                                                    (begins_factor >> power[joined<Operation::multiply>]));
const auto signed_factor_def = ('-' > signed_factor[negated]) | power[assign];
const auto power_def = primary[assign] >> -('^' > signed_factor[joined<Operation::power>]);
const auto primary_def = digits[literal] | call_of_one[assign] | call_of_two[assign] |
                         x3::lexeme["pi" >> !name_character][pi] | name[variable] |
                         ('(' > sum[assign] > close);
const auto call_of_one_def =
    x3::lexeme[functions_of_one >> !name_character][call] > open > sum[argument] > close;
const auto call_of_two_def = x3::lexeme[functions_of_two >> !name_character][call] > open > sum[argument] >
                             comma > sum[argument] > close;
BOOST_SPIRIT_DEFINE(sum, product, signed_factor, power, primary, call_of_one, call_of_two)

// The parser is recursive: what is longer or deeper than any Hamiltonian would be at the stack's expense.
void require_modest(const Scope& scope) {
  constexpr std::size_t longest = 4000;
  constexpr int deepest = 64;
  if (scope.text.size() > longest)
    throw schemas::FieldError(scope.where + ": a formula of " + std::to_string(scope.text.size()) +
                              " characters is not allowed: expected at most " + std::to_string(longest));
  int depth = 0;
  for (const char& c : scope.text) {
    if ((c < ' ' || c > '~') && c != '\t' && c != '\n') scope.fail(&c, "no formula has such a character");
    depth += (c == '(') - (c == ')');
    if (depth > deepest)
      scope.fail(&c, "expected at most " + std::to_string(deepest) + " parentheses, one in another");
  }
}

}  // namespace

Expression parse_expression(std::string_view text, std::span<const std::string> names,
                            const std::string& where) {
  const Scope scope{text, names, where};
  require_modest(scope);
  const char* at = text.data();
  const char* const end = at + text.size();
  Expression result;
  bool is_formula = false;
  try {
    is_formula = x3::phrase_parse(at, end, x3::with<ScopeTag>(scope)[sum], x3::space, result);
  } catch (const x3::expectation_failure<const char*>& failure) {
    const char* place = failure.where();
    while (place != end && std::isspace(static_cast<unsigned char>(*place))) ++place;
    scope.fail(place, "expected " + failure.which());
  }
  if (!is_formula) scope.fail(at, std::string("expected ") + operand);
  if (at != end) scope.fail(at, "expected an operator or the end");
  return result;
}

}  // namespace hamgen::simulators
