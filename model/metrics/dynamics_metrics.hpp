// How a model of videos moves: what can be said of its rollouts without looking at pixels' errors.
#pragma once

#include <vector>

#include "model/interfaces/video_model.hpp"

namespace hamgen::model {

// Forward by `intervals`, and back again.
struct Reversal {
  Tensor start, end;  // [B, 2 K], the state (q, p) as it was and as it comes back
  Tensor pixel_mse;   // [B], of the first frame as it comes back against as it was
};
Reversal reversal(const VideoModel& model, const PhaseSpace& start, std::int64_t intervals);
// [N], |end - start| over the distance of start from the mean of all: the latent origin means nothing. NaN
// for one state.
Tensor relative_miss(const Tensor& start, const Tensor& end);

// |J^T Omega J - Omega| / |Omega| (Frobenius norms) of the map over one interval, J = d(q', p') / d(q, p),
// the mean over the states of the batch. 0 where the map is symplectic; rounding leaves about 1e-6 in fp32.
double symplecticity(const VideoModel& model, const PhaseSpace& states);

// When predictions stop to be valid: for each trajectory, the first time t with MSE_t / mean(x_t^2) >
// threshold, x in units of 255 (as the authors count it: arXiv:2111.05458). Infinite where that does not
// happen. mse, mean_square: [N, T]; times: T.
inline constexpr double validity_threshold = 0.025;
std::vector<double> valid_times(const Tensor& mse, const Tensor& mean_square,
                                const std::vector<double>& times);

// Latent dimensions whose posterior mean varies over the data by more than 0.01 in variance (Burda et al.
// 2016, arXiv:1509.00519). means: [N, ...].
std::int64_t active_latents(const Tensor& means);

}  // namespace hamgen::model
