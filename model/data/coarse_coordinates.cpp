#include "model/data/coarse_coordinates.hpp"

#include <algorithm>
#include <limits>

#include "model/base/tensors.hpp"
#include "schemas/field.hpp"

namespace hamgen::model {
namespace {

constexpr double smallest_direction = 0.05;  // of the widest one's standard deviation
constexpr double surely = 8;                 // times the sampling error that noise alone has
constexpr std::int64_t lags = 3, most_landmarks = 800, graph_neighbours = 12, blended = 8;
constexpr double most_residual = 0.05;    // variance of distances that an unrolled map leaves unexplained
constexpr double same_place = 1e-4;       // a squared distance, of the widest direction's variance

// The sign of an eigenvector means nothing: its largest component becomes positive, the first of those that are equal
// but for rounding.
Tensor with_fixed_signs(const Tensor& columns) {
  const Tensor sizes = columns.abs();
  const Tensor is_largest = sizes >= (1 - 1e-6) * std::get<0>(sizes.max(0, /*keepdim=*/true));
  const Tensor first = is_largest.to(at::kByte).argmax(0, /*keepdim=*/true);
  return columns * columns.gather(0, first).sign();
}

// Eigenvalues, largest first, and eigenvectors as columns.
std::pair<Tensor, Tensor> eigen(const Tensor& symmetric) {
  const auto [values, vectors] = at::linalg_eigh(symmetric);
  return {values.flip(0), with_fixed_signs(vectors.flip(1))};
}

// [N, T, d] of mean 0 -> [d, d]
Tensor covariance(const Tensor& x, std::int64_t lag) {
  const std::int64_t pairs = x.size(1) - lag;
  const Tensor now = x.narrow(1, 0, pairs).flatten(0, 1), later = x.narrow(1, lag, pairs).flatten(0, 1);
  const Tensor c = now.t().matmul(later) / static_cast<double>(now.size(0));
  return (c + c.t()) / 2;
}

// A new edge between points i and j shortens the ways that lead over it.
void add_edge(Tensor& paths, std::int64_t i, std::int64_t j, const Tensor& length) {
  const Tensor over = paths.narrow(1, i, 1) + length + paths.narrow(0, j, 1);
  paths = at::minimum(paths, at::minimum(over, over.t()));
}

// Along edges between near neighbours, and the shortest ones that join what these leave apart. [n, n] -> [n, n]
Tensor shortest_paths(const Tensor& distances) {
  const std::int64_t n = distances.size(0), neighbours = std::min(graph_neighbours + 1, n);
  const auto [near, index] = distances.topk(neighbours, 1, /*largest=*/false);
  constexpr float infinite = std::numeric_limits<float>::infinity();
  Tensor paths = at::full_like(distances, infinite).scatter(1, index, near);
  paths = at::minimum(paths, paths.t()).contiguous();
  for (std::int64_t k = 0; k < n; ++k)  // Floyd, Warshall
    at::minimum_out(paths, paths, paths.narrow(1, k, 1) + paths.narrow(0, k, 1));
  for (Tensor is_apart = paths[0].isinf(); is_apart.any().item<bool>(); is_apart = paths[0].isinf()) {
    const Tensor between =
        distances.masked_fill(is_apart.unsqueeze(1) | is_apart.logical_not().unsqueeze(0), infinite);
    const auto edge = between.argmin().item<std::int64_t>();
    add_edge(paths, edge / n, edge % n, between.flatten()[edge]);
  }
  return paths;
}

// 1 - R^2 of two matrices of distances.
double residual_variance(const Tensor& a, const Tensor& b) {
  const Tensor both = at::corrcoef(at::stack({a.flatten(), b.flatten()}));
  const auto r = both[0][1].item<double>();
  return 1 - r * r;
}

}  // namespace

CoarseCoordinates::CoarseCoordinates(const Tensor& centres, std::int64_t most) {
  const at::NoGradGuard no_grad;
  mean_ = centres.flatten(0, 1).mean(0);
  const Tensor moved = (centres - mean_).to(at::kDouble);
  Tensor squares = at::zeros({moved.size(2), moved.size(2)}, at::kDouble);
  const std::int64_t last = std::min(lags, moved.size(1) - 1);
  for (std::int64_t lag = 1; lag <= last; ++lag) {
    const Tensor c = covariance(moved, lag);
    squares += c.matmul(c);
  }
  const auto [values, axes] = eigen(squares);
  const Tensor motion = (values.clamp_min(0) / static_cast<double>(last)).sqrt();  // variance along each axis
  const auto along = [&axes](const Tensor& c) { return axes.mul(c.matmul(axes)).sum(0); };
  const Tensor whole = along(covariance(moved, 0)),
               noise = (whole - along(covariance(moved, 1))).clamp_min(0);
  const double pairs = static_cast<double>(moved.size(0) * (moved.size(1) - 1));
  const Tensor is_direction = (motion > smallest_direction * smallest_direction * motion[0]) &
                              (motion > surely * noise / std::sqrt(pairs));
  const Tensor chosen = is_direction.nonzero().flatten();
  if (chosen.numel() == 0)
    throw schemas::FieldError(
        "latent.shape = \"vector\" finds nothing that moves in the train split's frames: set latent.dimension, "
        "objective.guide = 0 and encoder.centres = []");
  const Tensor deviations = whole.index_select(0, chosen).sqrt(), directions = axes.index_select(1, chosen);
  count_ = chosen.numel();
  axes_ = (directions / deviations).to(at::kFloat);
  landmarks_ = at::empty({0, count_});
  coordinates_ = at::empty({0, count_});
  if (count_ <= most) return;
  axes_ = (directions / deviations.max()).to(at::kFloat);  // distances count: one unit for all
  unroll((centres - mean_).flatten(0, 1).matmul(axes_), most);
}

CoarseCoordinates::CoarseCoordinates(const std::vector<Tensor>& tensors)
    : count_(tensors[3].size(1)),
      mean_(tensors[0]),
      axes_(tensors[1]),
      landmarks_(tensors[2]),
      coordinates_(tensors[3]) {}

CoarseCoordinates CoarseCoordinates::on(const at::Device& device) const {
  std::vector<Tensor> moved = tensors();
  for (Tensor& tensor : moved) tensor = tensor.to(device);
  return CoarseCoordinates(moved);
}

void CoarseCoordinates::unroll(const Tensor& points, std::int64_t most) {
  const std::int64_t n = std::min(most_landmarks, points.size(0));
  const Tensor chosen =
      at::linspace(0, static_cast<double>(points.size(0) - 1), n, at::kDouble).round().to(at::kLong);
  const Tensor landmarks = points.index_select(0, chosen).contiguous();
  const Tensor paths = shortest_paths(at::cdist(landmarks, landmarks)).to(at::kDouble);
  const Tensor squares = paths.square();
  const Tensor centred = squares - squares.mean(0, true) - squares.mean(1, true) + squares.mean();
  const auto [values, vectors] = eigen(-0.5 * centred);
  const Tensor map = (vectors * values.clamp_min(0).sqrt()).narrow(1, 0, std::min(most, n)).contiguous();
  if (residual_variance(at::cdist(map, map), paths) > most_residual) {
    axes_ = axes_ / points.square().mean(0).sqrt();
    return;
  }
  count_ = map.size(1);
  landmarks_ = landmarks;
  coordinates_ = (map / map.square().mean(0, true).sqrt()).to(at::kFloat);
}

Tensor CoarseCoordinates::unrolled(const Tensor& points) const {
  const auto [squares, index] = at::cdist(points, landmarks_)
                                    .square()
                                    .topk(std::min(blended, landmarks_.size(0)), 1, /*largest=*/false);
  const Tensor weights = (squares + same_place).reciprocal();
  const Tensor near = coordinates_.index_select(0, index.flatten()).view({index.size(0), index.size(1), -1});
  return (near * (weights / weights.sum(1, true)).unsqueeze(-1)).sum(1);
}

Tensor CoarseCoordinates::of(const Tensor& frames) const {
  const at::NoGradGuard no_grad;
  const Tensor points = (centres_of_frames(frames.flatten(0, -4)) - mean_).matmul(axes_);
  std::vector<std::int64_t> shape(frames.sizes().begin(), frames.sizes().end() - 3);
  shape.push_back(count_);
  return (landmarks_.size(0) > 0 ? unrolled(points) : points).view(shape);
}

}  // namespace hamgen::model
