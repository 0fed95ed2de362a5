// The flags of hamgen, and what is answered where others are typed.
#pragma once

#include <string>
#include <vector>

#include "apps/shell/arguments.hpp"

namespace hamgen::apps {

std::vector<FlagGroup> flag_groups();
// What these flags are called elsewhere.
std::vector<Synonym> synonyms();

// "three_body is a system:  hamgen --system three_body"; "" for a word that is the name of nothing.
std::string where_known(const std::string& word);
// "hamgen three-bdy": for a name, or nearly one, where a flag should stand; or "".
std::string guess_name(const std::string& word);

}  // namespace hamgen::apps
