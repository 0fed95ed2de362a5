// What was written is read; what is wrong is refused, with the reason, before anything is allocated by it.
#include "model/training/safetensors.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "tests/temporary_directory.hpp"

using namespace hamgen;
using namespace hamgen::model;

namespace {

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string with_header(const std::string& header, std::size_t data_bytes) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data_bytes, '\0');
}

NamedTensors some_tensors() {
  return {{"a.weight", at::arange(6, at::kFloat).view({2, 3})},
          {"scalar", at::full({}, 0.25, at::kDouble)},
          {"half", at::arange(4, at::kFloat).to(at::kBFloat16)},
          {"empty", at::empty({0, 4}, at::kFloat)},
          {"count", at::tensor({std::int64_t{-7}})},
          {"bytes", at::arange(5, at::kByte)}};
}

}  // namespace

TEST_CASE("tensors and metadata survive a file, bit for bit") {
  const TemporaryDirectory directory;
  const NamedTensors tensors = some_tensors();
  write_safetensors(directory / "x", tensors, {{"format", "test"}, {"quoted", "a \"b\" \n"}});
  const TensorFile file = read_safetensors(directory / "x");
  CHECK(file.metadata.at("quoted") == "a \"b\" \n");
  REQUIRE(file.tensors.size() == tensors.size());
  for (const auto& [name, tensor] : tensors) {
    CHECK(at::equal(file.at(name), tensor));
    CHECK((file.at(name).scalar_type() == tensor.scalar_type()));
  }
  write_safetensors(directory / "y", tensors, {{"format", "test"}, {"quoted", "a \"b\" \n"}});
  CHECK(read_file(directory / "x") == read_file(directory / "y"));
  CHECK_THROWS_WITH_AS(file.at("b"), "it has no tensor \"b\"", SafetensorsError);
}

TEST_CASE("views are written as their own elements") {
  const TemporaryDirectory directory;
  const Tensor whole = at::arange(12, at::kFloat).view({3, 4});
  write_safetensors(directory / "x", {{"column", whole.select(1, 1)}}, {});
  CHECK(at::equal(read_safetensors(directory / "x").at("column"), whole.select(1, 1)));
}

TEST_CASE("a file that is cut off anywhere is refused") {
  const TemporaryDirectory directory;
  write_safetensors(directory / "whole", some_tensors(), {});
  const std::string bytes = read_file(directory / "whole");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    write_file(directory / "cut", bytes.substr(0, size));
    CHECK_THROWS_AS(read_safetensors(directory / "cut"), SafetensorsError);
  }
}

TEST_CASE("a file with a flipped bit is refused, or gives what the whole one does") {
  const TemporaryDirectory directory;
  const NamedTensors tensors = some_tensors();
  write_safetensors(directory / "whole", tensors, {{"format", "test"}});
  const std::string bytes = read_file(directory / "whole");
  std::size_t refused = 0, flips = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (const char flip : {'\x01', '\x10', '\x40'}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      write_file(directory / "damaged", damaged);
      ++flips;
      try {
        const TensorFile file = read_safetensors(directory / "damaged");
        for (const auto& [name, tensor] : tensors) REQUIRE(at::equal(file.at(name), tensor));
      } catch (const SafetensorsError&) {
        ++refused;
      }
    }
  CHECK(flips - refused <= 3 * std::string("sha256").size());  // of the key that the digest has
}

TEST_CASE("a digest that is written otherwise, and a header that holds its digits twice") {
  const TemporaryDirectory directory;
  write_safetensors(directory / "zeros", some_tensors(), {{"a", std::string(64, '0')}});
  CHECK(read_safetensors(directory / "zeros").metadata.at("a") == std::string(64, '0'));
  std::string bytes = read_file(directory / "zeros");
  const std::size_t first_digit = bytes.find("\"sha256\":\"") + 10;
  std::string escaped = "{\"__metadata__\":{\"sha256\":\"\\u0030" + std::string(63, '0') + "\"}}";
  write_file(directory / "escaped", with_header(escaped, 0));
  CHECK_THROWS_WITH_AS(read_safetensors(directory / "escaped"), doctest::Contains("is damaged"),
                       SafetensorsError);
  bytes[first_digit] = bytes[first_digit] == 'a' ? 'b' : 'a';
  write_file(directory / "other", bytes);
  CHECK_THROWS_WITH_AS(read_safetensors(directory / "other"), doctest::Contains("is damaged"),
                       SafetensorsError);
}

TEST_CASE("a file of another program, without a digest, is read") {
  const TemporaryDirectory directory;
  write_file(directory / "x", with_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8));
  CHECK(read_safetensors(directory / "x").metadata.empty());
  write_safetensors(directory / "y", some_tensors(), {});
  CHECK(read_safetensors(directory / "y").metadata.empty());
  CHECK(read_file(directory / "y").find("sha256") != std::string::npos);
}

TEST_CASE("headers that lie are refused, with what is wrong") {
  const TemporaryDirectory directory;
  const auto refusal = [&](const std::string& header, std::size_t data_bytes) -> std::string {
    write_file(directory / "x", with_header(header, data_bytes));
    try {
      read_safetensors(directory / "x");
    } catch (const SafetensorsError& error) {
      return error.what();
    }
    return "accepted";
  };
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8) == "accepted");
  CHECK(has(refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 9), "holds 9 bytes"));
  CHECK(has(refusal(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8),
            "does not fill its place"));
  CHECK(has(refusal(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8), "whole"));
  CHECK(has(refusal(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", 0),
            "too large"));
  CHECK(has(refusal(R"({"a":{"dtype":"F32","shape":[281474976710656,65536],"data_offsets":[0,0]}})", 0),
            "too large"));
  CHECK(has(refusal(R"({"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}})", 8), "unsupported type"));
  CHECK(has(
      refusal(
          R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
          8),
      "overlaps"));
  CHECK(has(refusal(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8), "gap"));
  CHECK(has(refusal(R"({"a":{"dtype":"F32","shape":[2]}})", 8), "lacks"));
  CHECK(has(refusal(R"({"__metadata__":{"a":1}})", 0), "metadata"));
  CHECK(has(refusal("[]", 0), "not a JSON object"));
  CHECK(has(refusal("{", 0), "not a JSON object"));
  write_file(directory / "x", std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10));
  CHECK_THROWS_WITH_AS(read_safetensors(directory / "x"), doctest::Contains("header is said to have"),
                       SafetensorsError);
  CHECK_THROWS_AS(read_safetensors(directory / "nowhere"), SafetensorsError);
}
