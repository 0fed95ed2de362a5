// What the configuration of a system `custom` says: its names, ranges and formulas, read and checked.
#pragma once

#include <array>

#include "simulators/formulas/expression.hpp"

namespace hamgen::simulators {

struct CustomDefinition {
  struct Constant {
    std::string name, unit;
    schemas::Spread range;
  };
  struct Disc {
    Expression x, y, radius;
    std::string text;  // as configured
  };

  explicit CustomDefinition(const schemas::Settings& settings);  // throws schemas::FieldError
  static std::vector<schemas::Field> fields();

  std::size_t dimension() const { return coordinates.size(); }
  // The variables of formulas: constants, coordinates, momenta, and how many there are of each.
  std::vector<std::string> names() const;
  std::array<std::size_t, 3> group_sizes() const { return {constants.size(), dimension(), dimension()}; }
  // Whether H is, as it is written, a sum of terms of which each has coordinates or momenta, not both.
  bool is_separable() const;

  std::vector<Constant> constants;
  std::vector<std::string> coordinates, momenta;
  std::vector<schemas::Spread> starts;  // [2 D]: coordinates, momenta
  Expression hamiltonian;
  std::vector<Disc> discs;

 private:
  void read_names(const schemas::Settings& settings);
  void read_starts(const schemas::Settings& settings);
  void read_hamiltonian(const schemas::Settings& settings);
  void read_discs(const schemas::Settings& settings);
  void require_use() const;
};

}  // namespace hamgen::simulators
