// The style sheet of an evaluation's page.
#pragma once

namespace hamgen::apps {

extern const char* const evaluation_page_style;

}  // namespace hamgen::apps
