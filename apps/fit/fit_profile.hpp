// hgn-fit --profile: what a training step is made of, beside what the machine could do.
#pragma once

#include "apps/fit/fit.hpp"

namespace hamgen::apps {

// Times `steps` training steps; no run is kept. "parts" are objects of name, milliseconds, share (of a step's
// time), gflop and gflop_per_second; "ceilings" those of large products of matrices in fp32 and bf16.
Json profile_fit(FitConfig config, const FitOptions& options, std::int64_t steps);
std::string profile_text(const Json& profile);

}  // namespace hamgen::apps
