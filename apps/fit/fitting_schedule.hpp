// A training that is given little time finishes a small schedule instead of breaking off a large one.
#pragma once

#include "apps/fit/fit_setup.hpp"
#include "model/training/trainer.hpp"

namespace hamgen::apps {

// The configuration with `steps` in place of more: what is counted in steps (warm-up, the average's memory, the
// pauses between validations, checkpoints and pictures) shrinks with the schedule.
void shorten(FitConfig& config, std::int64_t steps);

// How many steps fit into so many seconds, validations among them, where a tenth is left for a machine that gets
// busier; at least 1.
std::int64_t fitting_steps(const model::StepTimes& times, std::int64_t validate_every, double seconds);

// Times some steps of the training that `setup` is for, and shortens its schedule to what fits into `seconds`, less
// the time that this took. Says so on stderr unless quiet. Gives the seconds that are left.
double fit_into(Setup& setup, double seconds, bool quiet);

}  // namespace hamgen::apps
