// RealNVP (Dinh, Sohl-Dickstein, Bengio 2017, arXiv:1605.08803): affine coupling layers over a Normal prior,
// the yardstick for NHF. Each layer leaves one half of the coordinates as it is and moves the other,
//
//   y_b = x_b exp(s(x_a)) + t(x_a),     log |det J| = sum s(x_a),     s = c tanh(...), c learned,
//
// halves taking turns. s and t come from one ReLU network [d_a, hidden..., 2 d_b]. Every coordinate is moved
// at once in sampling and in evaluation; the density is exact.
#pragma once

#include "model/density/flow_prior.hpp"
#include "model/interfaces/density_model.hpp"
#include "model/networks/layers.hpp"

namespace hamgen::model {

class CouplingImpl : public torch::nn::Module {
 public:
  // Coordinates [0, split) move the others, or are moved by them.
  CouplingImpl(std::int64_t coordinates, std::int64_t split, bool moves_first,
               const std::vector<std::int64_t>& hidden, Initializer& initializer);
  // Both give the moved points and add log |det J| of the map from the data to the prior to `log_volume`.
  Tensor forward(const Tensor& x, Tensor& log_volume) const;  // to the data
  Tensor inverse(const Tensor& y, Tensor& log_volume) const;  // to the prior

 private:
  std::pair<Tensor, Tensor> scale_and_shift(const Tensor& fixed) const;
  std::pair<Tensor, Tensor> parts(const Tensor& x) const;  // fixed, moved
  Tensor whole(const Tensor& fixed, const Tensor& moved) const;

  std::int64_t split_;
  bool moves_first_;
  std::vector<Dense> layers_;
  Tensor range_;  // c, [d_b]
};
TORCH_MODULE(Coupling);

class RealNvp : public DensityModel {
 public:
  static std::vector<schemas::Field> fields();
  RealNvp(const schemas::Settings& settings, const DataShape& shape);

  bool has_latent() const override { return false; }
  Tensor log_weights(const Tensor& x, std::int64_t draws, at::Generator& generator) const override;
  Tensor sample(std::int64_t count, at::Generator& generator) const override;
  Tensor flow(const Tensor& base) const override;
  Tensor inverse(const Tensor& state) const override;
  Tensor draw_base(std::int64_t count, at::Generator& generator) const override;

 private:
  Tensor to_prior(const Tensor& y, Tensor& log_volume) const;

  std::int64_t coordinates_;
  FlowPrior prior_;
  Standardizer standardizer_{nullptr};
  std::vector<Coupling> couplings_;
};

}  // namespace hamgen::model
