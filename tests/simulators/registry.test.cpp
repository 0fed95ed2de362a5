#include <doctest/doctest.h>

#include "simulators/registry.hpp"

using namespace hamgen::simulators;

TEST_CASE("an unknown system is refused with the names there are") {
  CHECK_THROWS_WITH_AS(find_system("tree_body"), doctest::Contains("three_body"), hamgen::schemas::FieldError);
}
