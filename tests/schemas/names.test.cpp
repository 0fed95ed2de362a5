#include "schemas/names.hpp"

#include <doctest/doctest.h>

using namespace hamgen::schemas;

TEST_CASE("the distance of two names is how many letters to change, insert or leave out") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("pendulum", "pendulum") == 0);
  CHECK(edit_distance("pendulm", "pendulum") == 1);
  CHECK(edit_distance("three-body", "three_body") == 1);
  CHECK(edit_distance("nosie", "noise") == 2);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("the nearest name is guessed where it is near") {
  const std::vector<std::string_view> known{"mass_spring", "three_body", "x"};
  CHECK(nearest_name("three_bdy", known) == "three_body");
  CHECK(nearest_name("mas_sprng", known) == "mass_spring");
  CHECK_FALSE(nearest_name("elephant", known));
  CHECK_FALSE(nearest_name("y", known));      // every letter differs
  CHECK_FALSE(nearest_name("three", known));  // five letters to insert
  CHECK(nearest_name("xy", known) == "x");
  CHECK_FALSE(nearest_name("x", {}));
}

TEST_CASE("an unknown name is refused in one sentence") {
  struct Row {
    std::string name;
    int value;
  };
  const std::vector<Row> rows{{"one", 1}, {"three", 3}};
  CHECK(find_named(rows, "number", "three", &Row::name).value == 3);
  CHECK_THROWS_WITH_AS(find_named(rows, "number", "tree", &Row::name),
                       "unknown number \"tree\": expected one of one, three; did you mean \"three\"?",
                       FieldError);
  CHECK_THROWS_WITH_AS(find_named(rows, "number", "seven", &Row::name, "--all"),
                       "unknown number \"seven\": expected one of one, three, or --all", FieldError);
}
