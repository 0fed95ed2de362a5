// The files that an evaluation's page is made of, compiled into the programs; written at build time by
// cmake/WriteTexts.cmake. What there is to say of them stands here, since every page carries the whole of
// them:
//
// skeleton.html: the page, with the names of what goes into it in braces.
// page.css: prose in a serif, data in a sans with digits of equal width; fonts of the reader's system only.
// chart.css: colours of the largest least distance (Oklab, normal vision and the three dichromacies simulated
// after Machado et al. 2009, doi:10.1109/TVCG.2009.113) at a contrast of at least 3 (light) and 4.8 (dark) to
// the page.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace hamgen::apps {

std::vector<std::pair<std::string, std::string>> page_texts();  // name of the file without its ending, text

}  // namespace hamgen::apps
