#include "apps/evaluate/run_frames.hpp"

#include <limits>

namespace hamgen::apps {

using at::Tensor;

RunFrames::RunFrames(const TrainedRun& run, const EvaluationData& data)
    : run_(run), dt_(data.manifest.plan.config.at("dt").get<double>()) {}

Tensor RunFrames::stored(const dataset::SplitReader& reader, const char* name,
                         const std::vector<model::Window>& windows) const {
  return model::read_windows(reader, name, windows, window()).to(run_.device);
}

Tensor RunFrames::pixels(const Tensor& bytes) const {
  return model::to_pixels(bytes, run_.shape.image_size);
}

Tensor RunFrames::exact(TrueMotion& motion, const std::vector<model::Window>& windows, std::int64_t intervals,
                        double speed) const {
  std::vector<Tensor> sequences;
  const std::int64_t size = run_.shape.image_size;
  for (const model::Window& one : windows) try {
      sequences.push_back(exact_frames(motion, one.trajectory, intervals, speed * dt_, size).to(run_.device));
    } catch (const simulators::IntegrationFailure&) {
      sequences.push_back(at::full({intervals + 1, 3, size, size}, std::numeric_limits<float>::quiet_NaN(),
                                   at::TensorOptions(run_.device)));
    }
  return at::stack(sequences);
}

std::vector<double> RunFrames::times(std::int64_t intervals, double speed) const {
  std::vector<double> list;
  for (std::int64_t t = 0; t <= intervals; ++t) list.push_back(static_cast<double>(t) * speed * dt_);
  return list;
}

Tensor squared_error(const Tensor& frames, const Tensor& truth) {
  return (frames - truth).square().flatten(2).mean(2).to(at::kCPU, at::kDouble);
}

}  // namespace hamgen::apps
