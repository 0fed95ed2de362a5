#include "dataset/shards/image_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

namespace hamgen::dataset {
namespace {

// The mapping's length stands on a page of its own before the image.
constexpr std::size_t page = 4096;

std::byte* mapping_of(void* image) {
  return static_cast<std::byte*>(image) - page;
}

std::size_t length_of(const std::byte* mapping) {
  std::size_t length = 0;
  std::memcpy(&length, mapping, sizeof length);
  return length;
}

// Whole pages, and a quarter to spare.
std::size_t length_for(std::size_t size) {
  return (page + size + size / 4 + page - 1) / page * page;
}

void* image_in(void* mapping, std::size_t length) {
  if (mapping == MAP_FAILED) return nullptr;
  std::memcpy(mapping, &length, sizeof length);
  return static_cast<std::byte*>(mapping) + page;
}

// Images that were released, to be used again: one that is being written and one that is being filled.
class Spares {
 public:
  void* take(std::size_t size) {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find_if(images_, [&](void* image) { return fits(image, size); });
    if (found == images_.end()) return nullptr;
    std::swap(*found, images_.back());
    void* const image = images_.back();
    images_.pop_back();
    return image;
  }
  // Whether the image was kept.
  bool keep(void* image) {
    const std::lock_guard lock(mutex_);
    constexpr std::size_t most = 2;
    if (images_.size() == most) return false;
    images_.push_back(image);
    return true;
  }
  static bool fits(void* image, std::size_t size) { return length_of(mapping_of(image)) >= page + size; }

 private:
  std::mutex mutex_;
  std::vector<void*> images_;
};

Spares& spares() {
  static Spares all;
  return all;
}

}  // namespace

void* allocate_image(std::size_t size) {
  if (void* const spare = spares().take(size)) return spare;
  const std::size_t length = length_for(size);
  return image_in(::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                  length);
}

void* reallocate_image(void* image, std::size_t size) {
  if (image == nullptr) return allocate_image(size);
  if (Spares::fits(image, size)) return image;
  const std::size_t length = length_for(size);
  return image_in(::mremap(mapping_of(image), length_of(mapping_of(image)), length, MREMAP_MAYMOVE), length);
}

void release_image(void* image) {
  if (image != nullptr && !spares().keep(image)) ::munmap(mapping_of(image), length_of(mapping_of(image)));
}

}  // namespace hamgen::dataset
