// SHA-256 of bytes (FIPS 180-4): what says that a file is as it was written.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace hamgen::dataset {

// SHA-256, piece by piece.
class Sha256 {
 public:
  Sha256();
  void add(std::span<const std::byte> bytes);
  std::string finish();  // 64 hexadecimal digits

 private:
  struct Close {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Close> context_;
};

std::string hexadecimal(std::span<const std::byte> bytes);  // lower case
std::string sha256(std::span<const std::byte> bytes);       // 64 hexadecimal digits
bool is_sha256(const std::string& text);                    // of that form

}  // namespace hamgen::dataset
