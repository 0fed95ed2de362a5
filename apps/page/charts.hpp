// The charts of an evaluation's page, without points where no run has what they are about.
#pragma once

#include "apps/page/svg_chart.hpp"
#include "apps/shell/field_json.hpp"

namespace hamgen::apps {

Chart error_chart(const Json& evaluation);   // against clean frames, frame by frame
Chart energy_chart(const Json& evaluation);  // along one test trajectory

}  // namespace hamgen::apps
