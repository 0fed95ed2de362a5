// Names that people type: found in a table, or refused in one sentence that lists what there is and guesses
// what was meant.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/field.hpp"

namespace hamgen::schemas {

// Letters to change, insert, leave out or swap with their neighbour to get from one name to the other (Damerau 1964;
// no part is changed twice).
std::size_t edit_distance(std::string_view a, std::string_view b);

// The known name that a mistyped one is most likely meant to be; none where all differ in more than half of
// its letters, or a third of them and one.
std::optional<std::string_view> nearest_name(std::string_view name,
                                             const std::vector<std::string_view>& known);

// Of paths like "optimizer.learning_rate" the one that is most likely meant: a slip of the fingers, a field in
// another section or in none ("learning_rate"), or short for one ("optimizer.lr", "lr", "momentum.rate").
std::optional<std::string_view> nearest_path(std::string_view path,
                                             const std::vector<std::string_view>& known);

// `unknown system "three_bdy": expected one of mass_spring, ..., three_body; did you mean "three_body"?`. What
// else could stand there, in words, comes behind the names.
[[noreturn]] void refuse_unknown(std::string_view what, std::string_view name,
                                 const std::vector<std::string_view>& known, std::string_view otherwise = {});

// The row of this name; `name_of`: a row's, e.g. &Row::name. Throws FieldError: an unknown `what`.
template <class Rows, class Name>
const auto& find_named(const Rows& rows, std::string_view what, std::string_view name, Name name_of,
                       std::string_view otherwise = {}) {
  const auto found = std::ranges::find(rows, name, name_of);
  if (found != std::ranges::end(rows)) return *found;
  std::vector<std::string_view> known;
  for (const auto& row : rows) known.emplace_back(std::invoke(name_of, row));
  refuse_unknown(what, name, known, otherwise);
}

}  // namespace hamgen::schemas
