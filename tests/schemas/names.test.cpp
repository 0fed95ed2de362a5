#include "schemas/names.hpp"

#include <doctest/doctest.h>

using namespace hamgen::schemas;

TEST_CASE("the distance of two names is how many letters to change, insert, leave out or swap") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("pendulum", "pendulum") == 0);
  CHECK(edit_distance("pendulm", "pendulum") == 1);
  CHECK(edit_distance("three-body", "three_body") == 1);
  CHECK(edit_distance("nosie", "noise") == 1);
  CHECK(edit_distance("hng", "hgn") == 1);
  CHECK(edit_distance("ba", "abc") == 2);
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

TEST_CASE("the nearest path is guessed by its last component, too") {
  const std::vector<std::string_view> known{"n",
                                            "noise.std",
                                            "optimizer.kind",
                                            "optimizer.learning_rate",
                                            "optimizer.clip_norm",
                                            "train.steps",
                                            "train.batch",
                                            "data.image_size",
                                            "image.size"};
  CHECK(nearest_path("noise.sdt", known) == "noise.std");
  CHECK(nearest_path("optimizer.lr", known) == "optimizer.learning_rate");
  CHECK(nearest_path("optimizer.kind", {"optimizer.kinds", "optimizer.name"}) == "optimizer.kinds");
  CHECK(nearest_path("lr", known) == "optimizer.learning_rate");
  CHECK(nearest_path("learning_rate", known) == "optimizer.learning_rate");
  CHECK(nearest_path("train.learning_rate", known) == "optimizer.learning_rate");
  CHECK(nearest_path("optimizer.rate", known) == "optimizer.learning_rate");
  CHECK(nearest_path("steps", known) == "train.steps");
  CHECK(nearest_path("size", known) == "image.size");
  CHECK(nearest_path("optimizer.clip", known) == "optimizer.clip_norm");
  CHECK_FALSE(nearest_path("elephant", known));
  CHECK_FALSE(nearest_path("", known));
}
