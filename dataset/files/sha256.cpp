#include "dataset/files/sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace hamgen::dataset {
namespace {

void require(bool is_done) {
  if (!is_done) throw std::runtime_error("OpenSSL cannot compute a SHA-256");
}

EVP_MD_CTX* context_in(const auto& pointer) {
  return static_cast<EVP_MD_CTX*>(pointer.get());
}

}  // namespace

void Sha256::Close::operator()(void* context) const {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context));
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require(context_ != nullptr && EVP_DigestInit_ex(context_in(context_), EVP_sha256(), nullptr) == 1);
}

void Sha256::add(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(context_in(context_), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::finish() {
  std::array<std::byte, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  auto* const bytes = reinterpret_cast<unsigned char*>(digest.data());
  require(EVP_DigestFinal_ex(context_in(context_), bytes, &length) == 1);
  return hexadecimal(std::span(digest).first(length));
}

std::string hexadecimal(std::span<const std::byte> bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

std::string sha256(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.finish();
}

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace hamgen::dataset
