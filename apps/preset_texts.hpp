// The files of schemas/presets/, compiled into the program; written at build time by
// cmake/WritePresets.cmake.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace hamgen::apps {

std::vector<std::pair<std::string, std::string>> preset_texts();  // name, JSON

}  // namespace hamgen::apps
