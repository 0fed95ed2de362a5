#include "dataset/image_memory.hpp"

#include <sys/mman.h>

#include <cstring>

namespace hamgen::dataset {
namespace {

// The mapping's length stands on a page of its own before the image.
constexpr std::size_t page = 4096;

std::byte* mapping_of(void* image) { return static_cast<std::byte*>(image) - page; }

std::size_t length_of(const std::byte* mapping) {
  std::size_t length = 0;
  std::memcpy(&length, mapping, sizeof length);
  return length;
}

void* image_in(void* mapping, std::size_t length) {
  if (mapping == MAP_FAILED) return nullptr;
  ::madvise(mapping, length, MADV_HUGEPAGE);  // a wish: without it, only slower
  std::memcpy(mapping, &length, sizeof length);
  return static_cast<std::byte*>(mapping) + page;
}

}  // namespace

void* allocate_image(std::size_t size) {
  const std::size_t length = size + page;
  return image_in(::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), length);
}

void* reallocate_image(void* image, std::size_t size) {
  if (image == nullptr) return allocate_image(size);
  const std::size_t length = size + page;
  return image_in(::mremap(mapping_of(image), length_of(mapping_of(image)), length, MREMAP_MAYMOVE), length);
}

void release_image(void* image) {
  if (image != nullptr) ::munmap(mapping_of(image), length_of(mapping_of(image)));
}

}  // namespace hamgen::dataset
