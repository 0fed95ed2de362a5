// What is kept of a rollout for its backward pass.
#pragma once

#include <string>
#include <vector>

namespace hamgen::model {

// Everything; the states; or the last one alone, from which leapfrog steps back (up to rounding).
enum class Memory { stored, checkpointed, reversible };
inline const std::vector<std::string> memory_names{"stored", "checkpointed", "reversible"};
Memory memory_named(const std::string& name);

}  // namespace hamgen::model
