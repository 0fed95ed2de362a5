// Page-aligned memory for file images under construction: it grows without copying, in huge pages where the system
// grants them, and can be written past the page cache (commit.cpp).
#pragma once

#include <cstddef>

namespace hamgen::dataset {

// As malloc, realloc and free; null when there is no memory.
void* allocate_image(std::size_t size);
void* reallocate_image(void* image, std::size_t size);
void release_image(void* image);

}  // namespace hamgen::dataset
