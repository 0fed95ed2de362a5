// Formulas compiled: a tape of elementary operations, its derivatives, and programs that run it.
//
// A tape lists operations, each on results before it; one that occurs twice is recorded once. Reverse-mode
// differentiation goes once from a result back to the variables and records the derivatives on the same tape
// (exact, of a few times the formula's cost, and sharing its intermediate results). A program is what a set
// of results needs, and nothing else.
//
// Where a function has no derivative (abs at 0, min and max at a tie, sqrt and hypot at 0) the derivative is
// not finite. x^n for a whole number n is a product.
#pragma once

#include <array>
#include <map>
#include <tuple>

#include "simulators/formulas/expression.hpp"

namespace hamgen::simulators {

// Where a result stands on its tape.
using Slot = std::uint32_t;

class Tape {
 public:
  struct Entry {
    Operation operation = Operation::number;
    Slot a = 0, b = 0;  // operands; of a variable, a is its number
    double value = 0;   // of a number
  };

  // Variables take the first slots, in order.
  explicit Tape(std::size_t variables);

  Slot record(const Expression& expression);
  // d result / d variable for variables first .. first + count.
  std::vector<Slot> gradient(Slot result, std::size_t first, std::size_t count);

  std::span<const Entry> entries() const { return entries_; }

 private:
  class Reverse;

  Slot number(double value);
  Slot emit(Operation operation, Slot a, Slot b = 0);
  Slot whole_power(Slot base, int exponent);  // exponent > 0
  bool is_number(Slot slot) const { return entries_[slot].operation == Operation::number; }
  bool is_number(Slot slot, double value) const { return is_number(slot) && entries_[slot].value == value; }

  std::vector<Entry> entries_;
  std::map<std::tuple<Operation, Slot, Slot, std::uint64_t>, Slot> known_;
};

// Variables as System hands them over: constants c, coordinates q, momenta p, numbered in this order. A span
// of which nothing is needed may be empty.
using VariableGroups = std::array<std::span<const double>, 3>;

class Program {
 public:
  // Group sizes: how many variables of the tape are constants, coordinates and momenta.
  Program(const Tape& tape, const std::array<std::size_t, 3>& group_sizes, std::span<const Slot> results);

  // out[i] = value of results[i]. Thread-safe, without allocation once a thread has run its largest program.
  void run(const VariableGroups& variables, std::span<double> out) const;

  std::size_t operations() const { return instructions_.size(); }

 private:
  struct Load {
    std::uint32_t group, index;
  };
  struct Instruction {
    Operation operation;
    Slot a, b;
  };

  // A run's values: variables, numbers, then the result of each instruction.
  std::vector<Load> loads_;
  std::vector<double> numbers_;
  std::vector<Instruction> instructions_;
  std::vector<Slot> results_;
};

}  // namespace hamgen::simulators
