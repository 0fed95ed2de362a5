// hamgen preview: what a dataset looks like, for people.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/inspect/sample.hpp"

namespace hamgen::apps {

struct PreviewOptions {
  std::filesystem::path dataset;
  std::filesystem::path out;  // directory of the pictures; empty: the dataset's
  std::string split = "train";
  std::int64_t first = 0;  // trajectory
  FramesShown frames = FramesShown::clean_where_stored;
  std::int64_t scale = 0;               // pixels of a picture along each side of a frame's pixel; 0: as fits
  std::int64_t frames_per_second = 12;  // of the animation, 1 to 50
};

// Writes preview.png (trajectories over time), preview.gif (the same, moving) and portrait.png (phase
// portrait over the energy landscape); returns their paths. Throws dataset::ManifestError,
// dataset::ShardError, render::PictureError, schemas::FieldError.
std::vector<std::filesystem::path> make_preview(const PreviewOptions& options);

}  // namespace hamgen::apps
