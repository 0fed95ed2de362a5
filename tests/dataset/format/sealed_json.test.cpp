#include "dataset/format/sealed_json.hpp"

#include <doctest/doctest.h>

#include "dataset/files/commit.hpp"
#include "dataset/files/file.hpp"
#include "dataset/files/sha256.hpp"
#include "dataset/format/layout.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen::dataset;

namespace {

// As seal() does, for a text that it would not write.
std::string seal_text(const std::string& before) {
  const std::string begin = before + "\"checksum\": \"";
  return begin + sha256(std::as_bytes(std::span(begin))) + "\"\n}\n";
}

}  // namespace

TEST_CASE("sealed JSON comes back, and is JSON for everyone else") {
  const Json json{{"a", 1}, {"b", {1.5, "x"}}};
  const std::string text = seal(json);
  Json read = unseal(text);
  CHECK(Json::parse(text) == read);
  CHECK(read.at("checksum") == checksum_of(text));
  CHECK(seal(read) == text);  // a checksum that is there is made anew
  read.erase("checksum");
  CHECK(read == json);
}

TEST_CASE("every single bit counts, and so does every byte at the end") {
  const std::string text = seal({{"a", 1}, {"b", {1.5, "x"}}});
  for (std::size_t i = 0; i < text.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = text;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      CHECK_THROWS_AS(unseal(damaged), ManifestError);
    }
  for (std::size_t size = 0; size < text.size(); ++size)
    CHECK_THROWS_AS(unseal(text.substr(0, size)), ManifestError);
  CHECK_THROWS_AS(unseal(text + " "), ManifestError);
  CHECK_THROWS_AS(unseal(text + text), ManifestError);
}

TEST_CASE("a right checksum does not make JSON of a text, nor a stack that is deep enough") {
  CHECK_NOTHROW(unseal(seal_text("{\n  ")));
  CHECK_THROWS_AS(unseal(seal_text("{ nonsense ")), ManifestError);
  CHECK_THROWS_WITH_AS(
      unseal(seal_text("{\"a\": " + std::string(100'000, '[') + std::string(100'000, ']') + ", ")),
      doctest::Contains("nested too deeply"), ManifestError);
}

TEST_CASE("a file of another version, one that is missing and a parser that throws: each says so by name") {
  const TemporaryDirectory directory;
  const auto read = [&] {
    read_sealed(directory.path(), "a.json", 1000, [](const Json& json) { json.at("wanted"); });
  };
  CHECK_THROWS_WITH_AS(read(), doctest::Contains("a.json: No such file"), FileError);
  commit_file(directory / "a.json", seal({{"schema_version", 1}}));
  CHECK_THROWS_WITH_AS(read(), doctest::Contains("schema version 1 is not supported"), ManifestError);
  commit_file(directory / "a.json", seal({{"schema_version", schema_version}}));
  CHECK_THROWS_WITH_AS(read(), doctest::Contains("wanted"), ManifestError);
  commit_file(directory / "a.json", seal({{"schema_version", schema_version}, {"wanted", 1}}));
  CHECK_NOTHROW(read());
}

TEST_CASE("whole numbers are not rounded and do not wrap around") {
  CHECK(whole_number(Json::parse("18446744073709551615")) == ~std::uint64_t{0});
  CHECK(whole_number(Json(std::int64_t{5})) == 5);
  for (const char* text : {"-1", "1.5", "1e3", "\"1\"", "null", "[1]", "true", "18446744073709551616"})
    CHECK_THROWS_AS(whole_number(Json::parse(text)), ManifestError);
}
