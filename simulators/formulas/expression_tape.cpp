#include "simulators/formulas/expression_tape.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <stdexcept>

namespace hamgen::simulators {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

inline double evaluate(Operation operation, double a, double b) {
  switch (operation) {
    case Operation::negate:
      return -a;
    case Operation::add:
      return a + b;
    case Operation::subtract:
      return a - b;
    case Operation::multiply:
      return a * b;
    case Operation::divide:
      return a / b;
    case Operation::power:
    case Operation::pow:
      return std::pow(a, b);
    case Operation::sin:
      return std::sin(a);
    case Operation::cos:
      return std::cos(a);
    case Operation::tan:
      return std::tan(a);
    case Operation::asin:
      return std::asin(a);
    case Operation::acos:
      return std::acos(a);
    case Operation::atan:
      return std::atan(a);
    case Operation::exp:
      return std::exp(a);
    case Operation::log:
      return std::log(a);
    case Operation::sqrt:
      return std::sqrt(a);
    case Operation::abs:
      return std::abs(a);
    case Operation::tanh:
      return std::tanh(a);
    case Operation::sinh:
      return std::sinh(a);
    case Operation::cosh:
      return std::cosh(a);
    case Operation::atan2:
      return std::atan2(a, b);
    case Operation::hypot:
      return std::hypot(a, b);
    case Operation::min:
      return a < b ? a : b <= a ? b : nan;
    case Operation::max:
      return a > b ? a : b >= a ? b : nan;
    case Operation::sign:
      return a > 0 ? 1 : a < 0 ? -1 : nan;
    case Operation::less:
      return a < b ? 1 : b < a ? 0 : nan;
    case Operation::number:
    case Operation::variable:
      break;
  }
  return nan;
}

bool takes_two(Operation operation) {
  using enum Operation;
  return (operation >= add && operation <= power) || (operation >= atan2 && operation <= max) ||
         operation == less;
}

bool is_leaf(Operation operation) {
  return operation == Operation::number || operation == Operation::variable;
}

}  // namespace

Tape::Tape(std::size_t variables) {
  for (Slot i = 0; i < variables; ++i) entries_.push_back({Operation::variable, i, 0, 0});
}

Slot Tape::number(double value) {
  const auto slot = static_cast<Slot>(entries_.size());
  const auto [known, is_new] =
      known_.try_emplace({Operation::number, 0, 0, std::bit_cast<std::uint64_t>(value)}, slot);
  if (is_new) entries_.push_back({Operation::number, 0, 0, value});
  return known->second;
}

Slot Tape::emit(Operation operation, Slot a, Slot b) {
  using Operation::add, Operation::subtract, Operation::multiply, Operation::divide, Operation::negate;
  if (!takes_two(operation)) b = a;
  if (is_number(a) && is_number(b)) return number(evaluate(operation, entries_[a].value, entries_[b].value));
  // In floating point, too, these sums and products are what they are of; the derivatives are full of them.
  if (operation == negate && entries_[a].operation == negate) return entries_[a].a;
  if (operation == multiply && is_number(a, 1)) return b;
  if ((operation == multiply || operation == divide) && is_number(b, 1)) return a;
  if ((operation == add || operation == subtract) && is_number(b, 0)) return a;
  if (operation == add && is_number(a, 0)) return b;
  if ((operation == add || operation == multiply) && b < a) std::swap(a, b);
  const auto slot = static_cast<Slot>(entries_.size());
  const auto [known, is_new] = known_.try_emplace({operation, a, b, 0}, slot);
  if (is_new) entries_.push_back({operation, a, b, 0});
  return known->second;
}

Slot Tape::whole_power(Slot base, int exponent) {
  if (exponent == 1) return base;
  const Slot half = whole_power(base, exponent / 2), square = emit(Operation::multiply, half, half);
  return exponent % 2 == 0 ? square : emit(Operation::multiply, square, base);
}

Slot Tape::record(const Expression& expression) {
  const Operation operation = expression.operation;
  if (operation == Operation::number) return number(expression.value);
  if (operation == Operation::variable) return static_cast<Slot>(expression.variable);
  const Slot a = record(expression.operands[0]);
  if (expression.operands.size() == 1) return emit(operation, a);
  const Slot b = record(expression.operands[1]);
  constexpr double most = 64;  // beyond, std::pow has fewer roundings
  const double exponent = entries_[b].value;
  if ((operation != Operation::power && operation != Operation::pow) || !is_number(b) ||
      std::trunc(exponent) != exponent || std::abs(exponent) > most)
    return emit(operation, a, b);
  if (exponent == 0) return number(1);
  const Slot power = whole_power(a, static_cast<int>(std::abs(exponent)));
  return exponent > 0 ? power : emit(Operation::divide, number(1), power);
}

// One reverse sweep: every entry hands its share of the derivative on to its operands.
class Tape::Reverse {
 public:
  Reverse(Tape& tape, Slot result, std::size_t first, std::size_t count)
      : tape_(tape), is_active_(result + std::size_t{1}), derivatives_(result + std::size_t{1}) {
    for (Slot i = 0; i <= result; ++i) {
      const Entry& entry = tape.entries_[i];
      is_active_[i] =
          entry.operation == Operation::variable
              ? entry.a >= first && entry.a - first < count
              : entry.operation != Operation::number && (is_active_[entry.a] || is_active_[entry.b]);
    }
    add(result, tape.number(1));
    for (Slot i = result + 1; i-- > 0;)
      if (derivatives_[i] && !is_leaf(tape.entries_[i].operation)) pass_on(i, *derivatives_[i]);
  }

  Slot derivative(std::size_t variable) const {
    const bool is_used = variable < derivatives_.size() && derivatives_[variable];
    return is_used ? *derivatives_[variable] : tape_.number(0);
  }

 private:
  void add(Slot to, Slot share) {
    if (is_active_[to])
      derivatives_[to] = derivatives_[to] ? tape_.emit(Operation::add, *derivatives_[to], share) : share;
  }
  void subtract(Slot from, Slot share) {
    if (is_active_[from])
      derivatives_[from] = derivatives_[from] ? tape_.emit(Operation::subtract, *derivatives_[from], share)
                                              : tape_.emit(Operation::negate, share);
  }
  Slot times(Slot a, Slot b) { return tape_.emit(Operation::multiply, a, b); }
  Slot over(Slot a, Slot b) { return tape_.emit(Operation::divide, a, b); }
  Slot plus(Slot a, Slot b) { return tape_.emit(Operation::add, a, b); }
  Slot minus(Slot a, Slot b) { return tape_.emit(Operation::subtract, a, b); }
  Slot of(Operation function, Slot a, Slot b = 0) { return tape_.emit(function, a, b); }

  void pass_on(Slot result, Slot d);
  void pass_on_function(const Entry& entry, Slot result, Slot d);

  Tape& tape_;
  std::vector<bool> is_active_;
  std::vector<std::optional<Slot>> derivatives_;
};

void Tape::Reverse::pass_on(Slot result, Slot d) {
  const Entry entry = tape_.entries_[result];  // a copy: the tape grows
  const Slot a = entry.a, b = entry.b;
  switch (entry.operation) {
    case Operation::negate:
      return subtract(a, d);
    case Operation::add:
      add(a, d);
      return add(b, d);
    case Operation::subtract:
      add(a, d);
      return subtract(b, d);
    case Operation::multiply:
      if (a == b) return add(a, times(times(tape_.number(2), d), a));
      add(a, times(d, b));
      return add(b, times(d, a));
    case Operation::divide: {
      const Slot share = over(d, b);
      add(a, share);
      return subtract(b, times(share, result));
    }
    case Operation::power:
    case Operation::pow:
      add(a, times(d, times(b, of(Operation::pow, a, minus(b, tape_.number(1))))));
      return add(b, times(d, times(result, of(Operation::log, a))));
    case Operation::atan2: {
      const Slot square = plus(times(a, a), times(b, b));
      add(a, times(d, over(b, square)));
      return subtract(b, times(d, over(a, square)));
    }
    case Operation::hypot:
      add(a, times(d, over(a, result)));
      return add(b, times(d, over(b, result)));
    case Operation::min:
      add(a, times(d, of(Operation::less, a, b)));
      return add(b, times(d, of(Operation::less, b, a)));
    case Operation::max:
      add(a, times(d, of(Operation::less, b, a)));
      return add(b, times(d, of(Operation::less, a, b)));
    default:
      return pass_on_function(entry, result, d);
  }
}

// f(a): the derivative with respect to a is d f'(a).
void Tape::Reverse::pass_on_function(const Entry& entry, Slot result, Slot d) {
  const Slot a = entry.a, one = tape_.number(1);
  const auto root = [&] { return of(Operation::sqrt, times(minus(one, a), plus(one, a))); };
  switch (entry.operation) {
    case Operation::sin:
      return add(a, times(d, of(Operation::cos, a)));
    case Operation::cos:
      return subtract(a, times(d, of(Operation::sin, a)));
    case Operation::tan:
      return add(a, times(d, plus(one, times(result, result))));
    case Operation::asin:
      return add(a, over(d, root()));
    case Operation::acos:
      return subtract(a, over(d, root()));
    case Operation::atan:
      return add(a, over(d, plus(one, times(a, a))));
    case Operation::exp:
      return add(a, times(d, result));
    case Operation::log:
      return add(a, over(d, a));
    case Operation::sqrt:
      return add(a, over(d, times(tape_.number(2), result)));
    case Operation::abs:
      return add(a, times(d, of(Operation::sign, a)));
    case Operation::tanh: {
      const Slot cosh = of(Operation::cosh, a);  // 1 - tanh^2 would cancel
      return add(a, over(d, times(cosh, cosh)));
    }
    case Operation::sinh:
      return add(a, times(d, of(Operation::cosh, a)));
    case Operation::cosh:
      return add(a, times(d, of(Operation::sinh, a)));
    default:
      throw std::logic_error("an operation without derivative");
  }
}

std::vector<Slot> Tape::gradient(Slot result, std::size_t first, std::size_t count) {
  const Reverse sweep(*this, result, first, count);
  std::vector<Slot> slots;
  for (std::size_t i = first; i < first + count; ++i) slots.push_back(sweep.derivative(i));
  return slots;
}

Program::Program(const Tape& tape, const std::array<std::size_t, 3>& group_sizes,
                 std::span<const Slot> results) {
  const auto entries = tape.entries();
  std::vector<bool> is_needed(entries.size());
  for (const Slot result : results) is_needed[result] = true;
  for (std::size_t i = entries.size(); i-- > 0;)
    if (is_needed[i] && !is_leaf(entries[i].operation))
      is_needed[entries[i].a] = is_needed[entries[i].b] = true;

  std::vector<Slot> place(entries.size());
  Slot next = 0;
  const auto place_each = [&](auto is_chosen, auto take) {
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (is_needed[i] && is_chosen(entries[i].operation)) {
        take(entries[i]);
        place[i] = next++;
      }
  };
  place_each([](Operation operation) { return operation == Operation::variable; },
             [&](const Tape::Entry& entry) {
               Load load{0, entry.a};
               while (load.index >= group_sizes[load.group])
                 load.index -= static_cast<std::uint32_t>(group_sizes[load.group++]);
               loads_.push_back(load);
             });
  place_each([](Operation operation) { return operation == Operation::number; },
             [&](const Tape::Entry& entry) { numbers_.push_back(entry.value); });
  place_each([](Operation operation) { return !is_leaf(operation); },
             [&](const Tape::Entry& entry) {
               instructions_.push_back({entry.operation, place[entry.a], place[entry.b]});
             });
  for (const Slot result : results) results_.push_back(place[result]);
}

void Program::run(const VariableGroups& variables, std::span<double> out) const {
  constexpr std::size_t few = 256;
  double local[few];
  double* values = local;
  const std::size_t size = loads_.size() + numbers_.size() + instructions_.size();
  if (size > few) {
    thread_local std::vector<double> scratch;
    if (scratch.size() < size) scratch.resize(size);
    values = scratch.data();
  }
  double* next = values;
  for (const Load& load : loads_) *next++ = variables[load.group][load.index];
  next = std::ranges::copy(numbers_, next).out;
  for (const Instruction& instruction : instructions_)
    *next++ = evaluate(instruction.operation, values[instruction.a], values[instruction.b]);
  for (std::size_t i = 0; i < results_.size(); ++i) out[i] = values[results_[i]];
}

}  // namespace hamgen::simulators
