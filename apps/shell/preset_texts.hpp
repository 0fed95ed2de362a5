// The files of schemas/presets/ and schemas/suite/, compiled into the programs; written at build time by
// cmake/WriteTexts.cmake.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace hamgen::apps {

std::vector<std::pair<std::string, std::string>> preset_texts();  // name, JSON: of trainings
std::vector<std::pair<std::string, std::string>> suite_texts();   // of datasets

}  // namespace hamgen::apps
