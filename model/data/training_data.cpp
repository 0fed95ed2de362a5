#include "model/data/training_data.hpp"

#include <algorithm>

#include "model/base/tensors.hpp"

namespace hamgen::model {

using schemas::FieldError;

std::int64_t integer_or(const schemas::Settings& settings, const char* path, std::int64_t fallback) {
  return !settings.values().contains(path) || settings.is_automatic(path) ? fallback : settings.integer(path);
}

void hold_out(const schemas::Settings& settings, std::uint64_t train, std::uint64_t validation,
              std::uint64_t most, TrainingData& data) {
  const auto refuse = [](std::int64_t asked, const std::string& why) {
    throw FieldError("data.validation = " + std::to_string(asked) + why);
  };
  const bool has_split = validation > 0;
  const auto limit = static_cast<std::int64_t>(most), all = static_cast<std::int64_t>(train),
             held = static_cast<std::int64_t>(validation);
  const std::int64_t asked =
      integer_or(settings, "data.validation",
                 has_split ? std::min(held, limit) : std::clamp<std::int64_t>(all / 10, 1, limit));
  if (has_split && asked > held)
    refuse(asked, " is not allowed: the validation split has " + std::to_string(held));
  if (!has_split && asked >= all)
    refuse(asked, " leaves nothing to train on: the train split has " + std::to_string(all));
  data.validation = static_cast<std::uint64_t>(asked);
  data.training = has_split ? train : train - data.validation;
}

namespace {

// Where the model wants to know it; of frames of `size` pixels.
FrameNoise frame_noise(const schemas::Settings& settings, const dataset::Manifest& manifest,
                       std::int64_t size) {
  const std::string wanted =
      settings.values().contains("objective.noise") ? settings.text("objective.noise") : "unknown";
  if (wanted == "unknown" || manifest.plan.config.at("noise").at("std").get<double>() == 0) return {};
  const double scale = static_cast<double>(size) / static_cast<double>(manifest.frame_shape[1]);
  const auto scaled = [scale](const std::array<double, 2>& pixels) {
    return std::array{scale * pixels[0], scale * pixels[1]};
  };
  if (manifest.position_noise) return {.shift = scaled(*manifest.position_noise)};
  if (const auto& turning = manifest.turning_noise)
    return {.turn = turning->deviation, .pivot = scaled(turning->pivot)};
  if (wanted == "auto") return {};
  throw FieldError(
      "objective.noise = \"known\" is not allowed: the manifest has neither frames.position_noise nor "
      "frames.turning_noise, for the noise "
      "of this dataset neither moves all discs alike nor turns the picture, or an older hamgen made "
      "it (hamgen repair adds it); with objective.noise = \"unknown\" noise is a part of what is decoded");
}

// Whether a vector of unknown length is asked for, one that is guided, or an encoder that sees centres of colour.
bool wants_coarse_coordinates(const schemas::Settings& settings) {
  return settings.values().contains("latent.shape") && settings.text("latent.shape") == "vector" &&
         (settings.is_automatic("latent.dimension") || settings.real("objective.guide") > 0 ||
          !settings.integers("encoder.centres").empty());
}

// The coarse coordinates of some thousand frames of the first trajectories, and the variance of their pixels.
void look_at_motion(const schemas::Settings& settings, const dataset::SplitReader& train,
                    TrainingData& data) {
  constexpr std::uint64_t frames = 3000, fewest = 20;
  const std::uint64_t each = train.frames_per_trajectory();
  const std::uint64_t count = std::min(std::max(frames / each, fewest), data.training);
  std::vector<Tensor> centres;
  Tensor sum, squares;
  for (std::uint64_t i = 0; i < count; ++i) {
    const Tensor video =
        read_windows(train, "frames", whole_windows(i, i + 1), static_cast<std::int64_t>(each))[0];
    centres.push_back(centres_of_frames(video));
    for (std::int64_t begin = 0; begin < video.size(0); begin += 32) {
      const Tensor pixels =
          to_pixels(video.slice(0, begin, begin + 32), data.shape.image_size).to(at::kDouble);
      sum = sum.defined() ? sum + pixels.sum(0) : pixels.sum(0);
      squares = squares.defined() ? squares + pixels.square().sum(0) : pixels.square().sum(0);
    }
  }
  const auto all = static_cast<double>(count * each);
  data.shape.pixel_variance = (squares / all - (sum / all).square()).mean().item<double>();
  const std::int64_t coordinates = data.shape.coordinates;
  auto found = std::make_shared<CoarseCoordinates>(at::stack(centres),
                                                   integer_or(settings, "latent.dimension", coordinates));
  if (settings.is_automatic("latent.dimension") && coordinates > found->count() &&
      found->directions() == centres.front().size(1))
    throw FieldError("latent.dimension = null is not allowed here: the centres of three colours have " +
                     std::to_string(found->directions()) +
                     " numbers, all of which move, and the system has " + std::to_string(coordinates) +
                     " coordinates: set latent.dimension");
  data.shape.coarse = std::move(found);
}

}  // namespace

bool sees_stored_frames(const DataShape& shape, const dataset::Manifest& manifest) {
  return shape.image_size == static_cast<std::int64_t>(manifest.frame_shape[1]) &&
         shape.frames == static_cast<std::int64_t>(manifest.frame_shape[0]);
}

TrainingData training_data(const schemas::Settings& settings, const dataset::Manifest& manifest,
                           const TrainingSplits& splits) {
  TrainingData data;
  const auto frames = static_cast<std::int64_t>(manifest.frame_shape[0]);
  const auto stored = static_cast<std::int64_t>(manifest.frame_shape[1]);
  const std::int64_t size = integer_or(settings, "data.image_size", stored);
  if (manifest.frame_shape[2] != manifest.frame_shape[1] || manifest.frame_shape[3] != 3)
    throw FieldError("the dataset's frames are not squares of three channels");
  if (size > stored || stored % size != 0)
    throw FieldError("data.image_size = " + std::to_string(size) +
                     " is not allowed: the dataset's frames have " + std::to_string(stored) +
                     " pixels a side, which it has to divide");
  const std::int64_t context = integer_or(settings, "data.context", frames),
                     horizon = integer_or(settings, "data.horizon", frames);
  for (const auto& [path, value] : {std::pair("data.context", context), std::pair("data.horizon", horizon)})
    if (value > frames)
      throw FieldError(std::string(path) + " = " + std::to_string(value) +
                       " is not allowed: the dataset's trajectories have " + std::to_string(frames) +
                       " frames");
  data.shape = {.frames = std::max(context, horizon),
                .image_size = size,
                .dt = manifest.plan.config.at("dt").get<double>(),
                .pixel_mean = manifest.channel_mean,
                .pixel_std = manifest.channel_std,
                .coordinates = static_cast<std::int64_t>(splits.train.shard(0).numbers_per_row("q")) / frames,
                .is_reversible = manifest.is_reversible,
                .noise = frame_noise(settings, manifest, size)};
  if (manifest.has_yardsticks && sees_stored_frames(data.shape, manifest))
    data.shape.noise_floor = manifest.yardsticks.noise_floor;
  data.horizon = horizon;
  hold_out(settings, splits.train.trajectories(),
           splits.validation == nullptr ? 0 : splits.validation->trajectories(), 200, data);
  if (wants_coarse_coordinates(settings)) look_at_motion(settings, splits.train, data);
  return data;
}

std::unique_ptr<BatchSource> window_source(const schemas::Settings& settings, const TrainingData& data,
                                           const TrainingSplits& splits, Observation observation,
                                           std::int64_t training_frames, const Share& share) {
  BatchPlan plan;
  plan.seed = static_cast<std::uint64_t>(settings.integer("seed"));
  plan.trajectories = data.training;
  plan.batch = settings.integer("train.batch");
  plan.share = share;
  plan.frames = training_frames;
  plan.reverse = settings.boolean("data.reverse") && data.shape.is_reversible;
  const WindowReader reader(splits.train, observation);
  const bool has_split = splits.validation != nullptr;
  return std::make_unique<WindowSource>(
      reader, plan,
      HeldOutWindows{
          .reader = has_split ? WindowReader(*splits.validation, observation, /*has_clean=*/true) : reader,
          .first = has_split ? 0 : data.training,
          .count = data.validation,
          .frames = data.shape.frames});
}

}  // namespace hamgen::model
