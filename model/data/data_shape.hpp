// What a model has to know of the data before it is built.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "model/base/torch.hpp"
#include "model/data/coarse_coordinates.hpp"

namespace hamgen::model {

// What noise does to pictures, as far as a model knows it: nothing where there is none, or none that is the same for all.
struct FrameNoise {
  // Standard deviations of places along x and y, pixels.
  std::array<double, 2> shift{};
  // Of an angle by which the whole picture turns about a point: radian; pixels from the left and the upper edge.
  double turn = 0;
  std::array<double, 2> pivot{};

  bool is_known() const { return shift[0] > 0 || shift[1] > 0 || turn > 0; }
};

struct DataShape {
  std::int64_t frames = 31;                             // of a window
  std::int64_t image_size = 32;                         // as trained: data.image_size
  double dt = 0.125;                                    // between frames, units of time
  std::vector<double> pixel_mean = {}, pixel_std = {};  // of the train split, per channel, value / 255
  std::int64_t coordinates = 1;  // D of the true position, and of the momentum; d of points
  std::vector<double> point_mean = {}, point_std = {};  // of the points to train on, [d]
  bool is_reversible = true;                            // a video played backward is one of the system, too
  FrameNoise noise = {};
  // Mean squared error of the best prediction of noisy frames, (value / 255)^2: 0 where they have no noise; not
  // known for frames of another size or number than the stored ones.
  std::optional<double> noise_floor = {};
  // Found in the train split, for vectors as states that are guided, of unknown length or seen by centres of colour; null otherwise, and where a
  // trained model is only used. The variance is that of pixels about their mean, (value / 255)^2.
  std::shared_ptr<const CoarseCoordinates> coarse = {};
  double pixel_variance = 0;
};

// The channels' means and standard deviations as [3, 1, 1]; a channel that never changes has no deviation to
// divide by.
inline std::pair<Tensor, Tensor> pixel_statistics(const DataShape& shape) {
  const auto per_channel = [](const std::vector<double>& x) {
    return at::tensor(x).to(at::kFloat).view({3, 1, 1});
  };
  return {per_channel(shape.pixel_mean), per_channel(shape.pixel_std).clamp_min(1.0 / 255)};
}

}  // namespace hamgen::model
