// Sample pictures of a run: truth above reconstruction, then draws from the prior; time to the right.
#pragma once

#include <filesystem>

#include "model/trainer.hpp"

namespace hamgen::apps {

// Throws render::PictureError.
void write_samples(const std::filesystem::path& file, const model::Samples& samples,
                   const std::string& title);

}  // namespace hamgen::apps
