#include "model/data/coarse_coordinates.hpp"

#include <algorithm>
#include <limits>

#include "schemas/field.hpp"

namespace hamgen::model {
namespace {

constexpr double smallest_direction = 0.05;  // of the widest one's standard deviation
constexpr std::int64_t most_landmarks = 800, graph_neighbours = 12, blended = 8;

// The mean over the pixels of value times place, in [-1, 1] along x and along y, of each colour.
// u8 [n, H, W, 3] -> fp32 [n, 6]
Tensor centres_of_colour(const Tensor& frames) {
  const auto places = [&](std::int64_t size) {
    return ((at::arange(size, at::TensorOptions(frames.device()).dtype(at::kFloat)) + 0.5) * 2 / size - 1)
        .view({1, -1, 1});
  };
  const Tensor x = frames.to(at::kFloat) / 255;
  const Tensor columns = x.mean(1), rows = x.mean(2);  // [n, W, 3], [n, H, 3]
  return at::cat({(columns * places(columns.size(1))).mean(1), (rows * places(rows.size(1))).mean(1)}, 1);
}

// The sign of an eigenvector means nothing: its largest component becomes positive.
Tensor with_fixed_signs(const Tensor& columns) {
  const Tensor largest = columns.abs().argmax(0, /*keepdim=*/true);
  return columns * columns.gather(0, largest).sign();
}

// Eigenvalues, largest first, and eigenvectors as columns.
std::pair<Tensor, Tensor> eigen(const Tensor& symmetric) {
  const auto [values, vectors] = at::linalg_eigh(symmetric);
  return {values.flip(0), with_fixed_signs(vectors.flip(1))};
}

// Along the edges between near neighbours; as the crow flies where no path leads. [n, n] -> [n, n]
Tensor shortest_paths(const Tensor& distances) {
  const std::int64_t neighbours = std::min(graph_neighbours + 1, distances.size(0));
  const auto [near, index] = distances.topk(neighbours, 1, /*largest=*/false);
  Tensor paths = at::full_like(distances, std::numeric_limits<float>::infinity()).scatter(1, index, near);
  paths = at::minimum(paths, paths.t()).contiguous();
  for (std::int64_t k = 0; k < paths.size(0); ++k)  // Floyd, Warshall
    at::minimum_out(paths, paths, paths.narrow(1, k, 1) + paths.narrow(0, k, 1));
  return at::where(paths.isfinite(), paths, distances);
}

}  // namespace

CoarseCoordinates::CoarseCoordinates(const Tensor& videos, std::int64_t most) {
  const at::NoGradGuard no_grad;
  const Tensor pixels = videos.flatten(0, 1).to(at::kFloat) / 255;
  pixel_variance_ = (pixels - pixels.mean(0, true)).square().mean().item<double>();
  const Tensor centres = centres_of_colour(videos.flatten(0, 1));
  mean_ = centres.mean(0);
  const Tensor moved = (centres - mean_).view({videos.size(0), videos.size(1), -1}).to(at::kDouble);
  const std::int64_t pairs = videos.size(1) - 1;
  const Tensor now = moved.narrow(1, 0, pairs).flatten(0, 1), next = moved.narrow(1, 1, pairs).flatten(0, 1);
  const Tensor covariance = now.t().matmul(next) / static_cast<double>(now.size(0));
  const auto [variances, axes] = eigen((covariance + covariance.t()) / 2);
  const double widest = variances[0].item<double>();
  if (!(widest > 0) || !(pixel_variance_ > 0))
    throw schemas::FieldError(
        "latent.shape = \"vector\" finds nothing that moves in the train split's frames");
  const auto directions =
      (variances > smallest_direction * smallest_direction * widest).sum().item<std::int64_t>();
  count_ = std::min(directions, most);
  // Unrolled, distances count: in units of the widest direction. Otherwise each direction in its own.
  const Tensor units =
      directions > most ? at::full({directions}, widest, at::kDouble) : variances.narrow(0, 0, directions);
  axes_ = (axes.narrow(1, 0, directions) / units.sqrt()).to(at::kFloat);
  if (directions > most) unroll((centres - mean_).matmul(axes_));
}

void CoarseCoordinates::unroll(const Tensor& points) {
  const std::int64_t chosen = std::min(most_landmarks, points.size(0));
  landmarks_ =
      points.index_select(0, at::linspace(0, points.size(0) - 1, chosen, at::kDouble).round().to(at::kLong))
          .contiguous();
  const Tensor squares = shortest_paths(at::cdist(landmarks_, landmarks_)).square().to(at::kDouble);
  const Tensor centred = squares - squares.mean(0, true) - squares.mean(1, true) + squares.mean();
  const auto [values, vectors] = eigen(-0.5 * centred);
  const Tensor scattered = vectors.narrow(1, 0, count_);
  coordinates_ = (scattered / scattered.square().mean(0, true).sqrt()).to(at::kFloat);
}

Tensor CoarseCoordinates::unrolled(const Tensor& points) const {
  const Tensor landmarks = landmarks_.to(points.device());
  const auto [squares, index] =
      at::cdist(points, landmarks).square().topk(std::min(blended, landmarks.size(0)), 1, /*largest=*/false);
  const Tensor weights = (squares + 1e-4).reciprocal();
  const Tensor near = coordinates_.to(points.device())
                          .index_select(0, index.flatten())
                          .view({index.size(0), index.size(1), -1});
  return (near * (weights / weights.sum(1, true)).unsqueeze(-1)).sum(1);
}

Tensor CoarseCoordinates::of(const Tensor& frames) const {
  const at::NoGradGuard no_grad;
  const Tensor points = (centres_of_colour(frames.flatten(0, -4)) - mean_.to(frames.device()))
                            .matmul(axes_.to(frames.device()));
  std::vector<std::int64_t> shape(frames.sizes().begin(), frames.sizes().end() - 3);
  shape.push_back(count_);
  return (landmarks_.defined() ? unrolled(points) : points.narrow(1, 0, count_)).view(shape);
}

}  // namespace hamgen::model
