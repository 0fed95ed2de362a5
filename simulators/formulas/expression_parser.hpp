// The grammar of formulas.
//
//   sum     = product, then any of  + product,  - product
//   product = signed, then any of  * signed,  / signed,  power (a name or "(" right behind a factor: "2 m")
//   signed  = - signed | power
//   power   = primary | primary ^ signed, from right to left
//   primary = number | pi | name | function(sum) | function(sum, sum) | (sum)
//
// -x^2 is -(x^2), 2^-x is 2^(-x), a^b^c is a^(b^c). A factor without a sign between may not follow a divisor:
// whether "1 / 2 m" is (1 / 2) m or 1 / (2 m) is for the user to say.
#pragma once

#include "simulators/formulas/expression.hpp"

namespace hamgen::simulators {

// The formula in `text`, whose variables are `names`. Throws schemas::FieldError that begins with `where` and
// says at which character what was expected.
Expression parse_expression(std::string_view text, std::span<const std::string> names,
                            const std::string& where);

}  // namespace hamgen::simulators
