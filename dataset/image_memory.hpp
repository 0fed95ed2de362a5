// Page-aligned memory for file images under construction: it grows without copying and can be written past
// the page cache (commit.cpp). Released memory is kept for the next image, since fresh pages cost more than
// filling them.
#pragma once

#include <cstddef>

namespace hamgen::dataset {

// As malloc, realloc and free; null when there is no memory. Thread-safe. The content of new memory is
// undefined.
void* allocate_image(std::size_t size);
void* reallocate_image(void* image, std::size_t size);
void release_image(void* image);

}  // namespace hamgen::dataset
