#include "model/base/row_parallel.hpp"

#include <algorithm>

#include "model/base/parts.hpp"

namespace hamgen::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Some of the rows, and the graph that they went through.
struct Part {
  Tensor x, y;
};

std::vector<Part> run_parts(const RowFunction& f, const Tensor& x, std::int64_t count, bool is_recorded) {
  std::vector<Part> parts(static_cast<std::size_t>(count));
  for_parts(parts.size(), [&](std::size_t i) {
    const at::AutoGradMode mode(is_recorded);
    const std::int64_t begin = x.size(0) * static_cast<std::int64_t>(i) / count,
                       end = x.size(0) * static_cast<std::int64_t>(i + 1) / count;
    parts[i].x = x.slice(0, begin, end).detach();
    if (is_recorded) parts[i].x.requires_grad_(x.requires_grad());
    parts[i].y = f(parts[i].x);
  });
  return parts;
}

Tensor joined(const std::vector<Part>& parts) {
  const at::NoGradGuard no_grad;
  std::vector<Tensor> rows;
  for (const Part& part : parts) rows.push_back(part.y.detach());
  return at::cat(rows);
}

struct RowParallel : public torch::autograd::Function<RowParallel> {
  // The graphs stay with the node: `x` and `parameters` are here for autograd to see.
  static Tensor forward(AutogradContext* context, const Tensor& x, at::TensorList parameters,
                        std::vector<Part>* parts) {
    context->save_for_backward(parameters.vec());
    context->saved_data["wants_x"] = x.requires_grad();
    variable_list graph;
    for (const Part& part : *parts) {
      graph.push_back(part.x);
      graph.push_back(part.y);
    }
    context->saved_data["graph"] = graph;
    return joined(*parts);
  }

  static variable_list backward(AutogradContext* context, const variable_list& cotangents) {
    const variable_list parameters = context->get_saved_variables();
    const bool wants_x = context->saved_data["wants_x"].toBool();
    const std::vector<Tensor> graph = context->saved_data["graph"].toTensorVector();
    context->saved_data.erase("graph");  // used up
    const std::size_t count = graph.size() / 2;
    std::vector<std::int64_t> begin{0};
    for (std::size_t i = 0; i < count; ++i) begin.push_back(begin.back() + graph[2 * i].size(0));
    std::vector<variable_list> gradients(count);
    for_parts(count, [&](std::size_t i) {
      variable_list inputs = parameters;
      if (wants_x) inputs.push_back(graph[2 * i]);
      gradients[i] = torch::autograd::grad({graph[2 * i + 1]}, inputs,
                                           {cotangents[0].slice(0, begin[i], begin[i + 1])}, {}, false, true);
    });
    variable_list result(1 + parameters.size() + 1);
    for (std::size_t p = 0; p < parameters.size(); ++p)
      for (const variable_list& part : gradients)
        if (part[p].defined()) result[1 + p] = result[1 + p].defined() ? result[1 + p] + part[p] : part[p];
    if (!wants_x) return result;
    variable_list rows;
    for (const variable_list& part : gradients) rows.push_back(part.back());
    result[0] = at::cat(rows);
    return result;
  }
};

}  // namespace

Tensor over_rows(const RowFunction& f, const Tensor& x, const std::vector<Tensor>& parameters,
                 std::int64_t fewest) {
  const std::int64_t count = std::min(free_threads(x.device()), x.size(0) / fewest);
  if (count < 2) return f(x);
  const bool is_recorded = at::GradMode::is_enabled();
  std::vector<Part> parts = run_parts(f, x, count, is_recorded);
  return is_recorded ? RowParallel::apply(x, at::TensorList(parameters), &parts) : joined(parts);
}

}  // namespace hamgen::model
