// An evaluation as one HTML page: tables, charts and pictures, all inside the file. It loads nothing and runs
// no script, and follows the reader's light or dark mode and the screen's width.
#pragma once

#include <string>
#include <vector>

#include "apps/shell/field_json.hpp"

namespace hamgen::apps {

struct PagePicture {
  std::string title, caption, png;  // png: the file's bytes
};

// `evaluation` is of format "hamgen-evaluation-1". Any of its values may be missing or
// null; what is missing shows as a dash, and a section that has nothing to show is left out.
std::string evaluation_page(const Json& evaluation, const std::vector<PagePicture>& pictures);

}  // namespace hamgen::apps
