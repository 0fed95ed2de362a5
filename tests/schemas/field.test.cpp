// A field accepts exactly what it declares, and its refusal names path, value and what is allowed.
#include "schemas/field.hpp"

#include <doctest/doctest.h>

using namespace hamgen::schemas;

TEST_CASE("a number outside its bounds is refused with path, value and range") {
  const Field mass = real("physics.mass", 0.5, "mass", "").above(0);
  CHECK_THROWS_WITH_AS(mass.checked(0.0), "physics.mass = 0 is not allowed: expected a number > 0",
                       FieldError);
  CHECK_THROWS_AS(mass.checked(-1.0), FieldError);
  CHECK_THROWS_AS(mass.checked(std::numeric_limits<double>::quiet_NaN()), FieldError);
  CHECK_THROWS_AS(mass.checked(std::numeric_limits<double>::infinity()), FieldError);
  CHECK_THROWS_AS(mass.checked(std::string("heavy")), FieldError);
  CHECK_THROWS_AS(mass.checked(std::monostate{}), FieldError);
}

TEST_CASE("an integer is a number, but a number is no integer") {
  CHECK(std::get<double>(real("a", 1, "", "").checked(std::int64_t{3})) == 3.0);
  CHECK_THROWS_AS(integer("a", 1, "", "").checked(3.0), FieldError);
}

TEST_CASE("multiples, choices, ranges and colours") {
  CHECK_THROWS_WITH_AS(integer("image.size", 64, "", "").at_least(8).multiple(8).checked(std::int64_t{60}),
                       doctest::Contains("a multiple of 8"), FieldError);
  CHECK_THROWS_WITH_AS(text("m", "a", "").one_of({"a", "b"}).checked(std::string("c")),
                       doctest::Contains("one of a, b"), FieldError);
  const Field radius = range("r", {0, 1}, "", "").at_least(0);
  CHECK_NOTHROW(radius.checked(std::vector<double>{0.5, 0.5}));
  CHECK_THROWS_AS(radius.checked(std::vector<double>{1, 0}), FieldError);
  CHECK_THROWS_AS(radius.checked(std::vector<double>{1}), FieldError);
  const Field colors = texts("c", {"#000000"}, "").colors().items(1, 3);
  CHECK_NOTHROW(colors.checked(std::vector<std::string>{"#A0b1C2"}));
  CHECK_THROWS_AS(colors.checked(std::vector<std::string>{"red"}), FieldError);
  CHECK_THROWS_AS(colors.checked(std::vector<std::string>{}), FieldError);
}

TEST_CASE("null means automatic, where a field allows it") {
  const Field width = real("view.half_width", 1, "", "").above(0).or_automatic();
  Settings settings({width});
  CHECK(settings.is_automatic("view.half_width"));
  settings.set(width, 2.5);
  CHECK(settings.real("view.half_width") == 2.5);
}

TEST_CASE("a path that no field declares is a programming error") {
  CHECK_THROWS_AS(Settings(std::vector<Field>{}).real("nope"), std::logic_error);
}
