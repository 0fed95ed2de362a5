#include "model/sliced_sum.hpp"

#include <algorithm>

#include "model/kept.hpp"

namespace hamgen::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct SlicedSum : public torch::autograd::Function<SlicedSum> {
  // Of x, then of the parameters, for a cotangent of 1.
  using Gradients = variable_list;

  static Tensor forward(AutogradContext* context, const Tensor& x, at::TensorList parameters,
                        const SliceError* error, std::int64_t slice) {
    variable_list inputs{Tensor()};
    for (const Tensor& parameter : parameters) inputs.push_back(parameter);
    Gradients gradients(inputs.size());
    std::vector<Tensor> of_x;
    Tensor sum = at::zeros({}, x.options().dtype(at::kFloat));
    for (std::int64_t begin = 0; begin < x.size(0); begin += slice) {
      const at::AutoGradMode record(true);
      inputs[0] = x.detach().slice(0, begin, std::min(begin + slice, x.size(0))).requires_grad_();
      const Tensor one = (*error)(inputs[0], begin);
      const variable_list of_one = torch::autograd::grad({one}, inputs, {}, false, false, true);
      const at::NoGradGuard no_grad;
      of_x.push_back(of_one[0]);
      for (std::size_t i = 1; i < inputs.size(); ++i)
        if (of_one[i].defined())
          gradients[i] = gradients[i].defined() ? gradients[i].add_(of_one[i]) : of_one[i];
      sum.add_(one.detach());
    }
    gradients[0] = at::cat(of_x);
    keep(*context, std::move(gradients));
    return sum;
  }

  static variable_list backward(AutogradContext* context, const variable_list& cotangents) {
    const at::NoGradGuard no_grad;
    variable_list result;
    for (const Tensor& gradient : kept<Gradients>(*context))
      result.push_back(gradient.defined() ? gradient * cotangents[0] : gradient);
    result.resize(result.size() + 2);  // no gradient of the last two arguments
    return result;
  }
};

}  // namespace

Tensor sliced_sum(const SliceError& error, const Tensor& x, const std::vector<Tensor>& parameters,
                  std::int64_t slice) {
  if (at::GradMode::is_enabled()) return SlicedSum::apply(x, at::TensorList(parameters), &error, slice);
  Tensor sum = at::zeros({}, x.options().dtype(at::kFloat));
  for (std::int64_t begin = 0; begin < x.size(0); begin += slice)
    sum.add_(error(x.slice(0, begin, std::min(begin + slice, x.size(0))), begin));
  return sum;
}

}  // namespace hamgen::model
