#include "dataset/files/sha256.hpp"

#include <doctest/doctest.h>

#include <string_view>

using namespace hamgen::dataset;

namespace {
std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}
}  // namespace

TEST_CASE("SHA-256 of the standard's example (FIPS 180-2, appendix B.1)") {
  CHECK(sha256(bytes_of("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(is_sha256(sha256(bytes_of(""))));
  CHECK_FALSE(is_sha256("ba78"));
  CHECK_FALSE(is_sha256(std::string(64, 'G')));
}
