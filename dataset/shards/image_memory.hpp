// Page-aligned memory for file images under construction: it grows without copying and can be written past
// the page cache (commit.cpp). Released memory is kept for the next image, since fresh pages cost more than
// filling them.
#pragma once

#include <cstddef>
#include <new>
#include <span>

namespace hamgen::dataset {

// As malloc, realloc and free; null when there is no memory. Thread-safe. The content of new memory is
// undefined.
void* allocate_image(std::size_t size);
void* reallocate_image(void* image, std::size_t size);
void release_image(void* image);

// Such memory for a file that is read as a whole. Throws std::bad_alloc.
class ImageBuffer {
 public:
  explicit ImageBuffer(std::size_t size) : bytes_(static_cast<std::byte*>(allocate_image(size)), size) {
    if (bytes_.data() == nullptr) throw std::bad_alloc();
  }
  ImageBuffer(const ImageBuffer&) = delete;
  ImageBuffer& operator=(const ImageBuffer&) = delete;
  ~ImageBuffer() { release_image(bytes_.data()); }
  std::span<std::byte> bytes() const { return bytes_; }

 private:
  std::span<std::byte> bytes_;
};

}  // namespace hamgen::dataset
