#include "model/dynamics/memory.hpp"

#include <algorithm>
#include <stdexcept>

namespace hamgen::model {

Memory memory_named(const std::string& name) {
  const auto found = std::ranges::find(memory_names, name);
  if (found == memory_names.end()) throw std::logic_error("no memory is called " + name);
  return static_cast<Memory>(found - memory_names.begin());
}

}  // namespace hamgen::model
