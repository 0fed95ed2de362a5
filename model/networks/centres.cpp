#include "model/networks/centres.hpp"

namespace hamgen::model {
namespace {

constexpr std::int64_t numbers = 6;  // of the centres of three colours

}  // namespace

std::vector<schemas::Field> CentresImpl::fields() {
  using namespace schemas;
  return {
      integers("encoder.centres", {}, "",
               "units of dense layers that see every frame's centres of colour, beside the convolutions; [] "
               "for none; only for latent.shape = vector")
          .at_least(1)
          .at_most(4096)
          .items(0, 8)};
}

CentresImpl::CentresImpl(const std::vector<std::int64_t>& units, std::int64_t context,
                         Initializer& initializer) {
  origin = register_buffer("origin", at::zeros({numbers}));
  axes = register_buffer("axes", at::eye(numbers));
  const std::vector<std::int64_t> hidden(units.begin(), units.end() - 1);
  layers_ = dense_chain(*this, numbers * context, hidden, units.back(), he_gain, initializer);
}

Tensor CentresImpl::forward(const Tensor& centres) const {
  const Tensor moved = (centres - origin).matmul(axes).flatten(1);
  return activate(through(layers_, moved, Activation::leaky_relu), Activation::leaky_relu);
}

}  // namespace hamgen::model
