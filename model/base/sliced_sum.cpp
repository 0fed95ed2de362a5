#include "model/base/sliced_sum.hpp"

#include <algorithm>

#include "model/base/kept.hpp"
#include "model/base/parts.hpp"

namespace hamgen::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The error of some rows and its gradients, for a cotangent of 1: of x, and of the parameters.
struct Portion {
  Tensor sum, of_x;
  variable_list of_parameters;

  void add(const variable_list& more) {
    if (of_parameters.empty()) of_parameters.resize(more.size());
    for (std::size_t i = 0; i < more.size(); ++i)
      if (more[i].defined())
        of_parameters[i] = of_parameters[i].defined() ? of_parameters[i].add_(more[i]) : more[i];
  }
};

Portion portion_of(const SliceError& error, const Tensor& x, at::TensorList parameters, std::int64_t slice,
                   std::int64_t begin, std::int64_t end) {
  Portion portion{at::zeros({}, x.options().dtype(at::kFloat)), {}, {}};
  std::vector<Tensor> of_x;
  variable_list inputs{Tensor()};
  inputs.insert(inputs.end(), parameters.begin(), parameters.end());
  for (; begin < end; begin += slice) {
    const at::AutoGradMode record(true);
    inputs[0] = x.detach().slice(0, begin, std::min(begin + slice, end)).requires_grad_();
    const Tensor one = error(inputs[0], begin);
    variable_list gradients = torch::autograd::grad({one}, inputs, {}, false, false, true);
    const at::NoGradGuard no_grad;
    of_x.push_back(gradients[0]);
    gradients.erase(gradients.begin());
    portion.add(gradients);
    portion.sum.add_(one.detach());
  }
  portion.of_x = at::cat(of_x);
  return portion;
}

struct SlicedSum : public torch::autograd::Function<SlicedSum> {
  using Gradients = variable_list;  // of x, then of the parameters

  // Threads take rows side by side, and slices one after the other.
  static Tensor forward(AutogradContext* context, const Tensor& x, at::TensorList parameters,
                        const SliceError* error, std::int64_t slice) {
    const auto count = static_cast<std::size_t>(std::min(free_threads(x.device()), x.size(0)));
    std::vector<Portion> portions(count);
    for_parts(count, [&](std::size_t i) {
      const auto bound = [&](std::size_t part) {
        return x.size(0) * static_cast<std::int64_t>(part) / static_cast<std::int64_t>(count);
      };
      portions[i] = portion_of(*error, x, parameters, slice, bound(i), bound(i + 1));
    });
    Portion& whole = portions.front();
    std::vector<Tensor> of_x{whole.of_x};
    for (std::size_t i = 1; i < count; ++i) {
      of_x.push_back(portions[i].of_x);
      whole.add(portions[i].of_parameters);
      whole.sum.add_(portions[i].sum);
    }
    Gradients gradients{at::cat(of_x)};
    gradients.insert(gradients.end(), whole.of_parameters.begin(), whole.of_parameters.end());
    keep(*context, std::move(gradients));
    return whole.sum;
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
