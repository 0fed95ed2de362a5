// What a training's result says of the test split.
#pragma once

#include <filesystem>

#include "apps/fit/fit_setup.hpp"

namespace hamgen::apps {

// Errors or likelihoods of the trained model, beside the dataset's noise floor and mean image; null where the
// dataset has no test split.
Json test_result(const Setup& setup, model::Model& trained);

// A finished run's result for people.
std::string result_text(const std::filesystem::path& run, const Json& result);

}  // namespace hamgen::apps
