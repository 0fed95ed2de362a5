#include "dataset/format/content_hash.hpp"

#include <doctest/doctest.h>

#include <string_view>

#include "dataset/files/sha256.hpp"

using namespace hamgen::dataset;

namespace {
std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}
}  // namespace

TEST_CASE("XXH3 of 128 bits in canonical order (the algorithm's own value for no bytes)") {
  CHECK(hexadecimal(digest_of({})) == "99aa06d3014798d86001c324468d497f");
}

TEST_CASE("a content's hash depends on every row, its dataset and the rows' order, not on the datasets'") {
  ContentHash a, same, swapped, elsewhere, fewer;
  a.add("q", bytes_of("one"));
  a.add("q", bytes_of("two"));
  a.add("p", bytes_of("three"));
  same.add("p", bytes_of("three"));
  same.add("q", bytes_of("one"));
  same.add("q", bytes_of("two"));
  swapped.add("q", bytes_of("two"));
  swapped.add("q", bytes_of("one"));
  swapped.add("p", bytes_of("three"));
  elsewhere.add("q", bytes_of("one"));
  elsewhere.add("p", bytes_of("two"));
  elsewhere.add("p", bytes_of("three"));
  fewer.add("q", bytes_of("one"));
  fewer.add("p", bytes_of("three"));
  CHECK(a.finish() == same.finish());
  for (const ContentHash* const other : {&swapped, &elsewhere, &fewer}) CHECK(a.finish() != other->finish());
}

TEST_CASE("texts end where they end") {
  ContentHash a, b;
  a.add("coordinate", LabelValues(std::vector<std::string>{"ab", "c"}));
  b.add("coordinate", LabelValues(std::vector<std::string>{"a", "bc"}));
  CHECK(a.finish() != b.finish());
}
