#include "model/leapfrog_chain.hpp"

namespace hamgen::model {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// All that the backward pass needs of one link: of V at the start and after each step, of K in each step.
struct LinkTrace {
  std::vector<Trace> potential, kinetic;
};

void append(variable_list& list, const Trace& trace) {
  list.push_back(trace.x);
  for (const auto* part : {&trace.a, &trace.s, &trace.u}) list.insert(list.end(), part->begin(), part->end());
}

// Hands out a saved list piece by piece, in the order it was made.
class Reader {
 public:
  explicit Reader(variable_list list) : list_(std::move(list)) {}
  variable_list take(std::size_t count) {
    next_ += count;
    return {list_.begin() + static_cast<std::ptrdiff_t>(next_ - count),
            list_.begin() + static_cast<std::ptrdiff_t>(next_)};
  }
  std::vector<Trace> traces(std::size_t count, std::size_t weights) {
    const std::size_t hidden = weights / 2;
    std::vector<Trace> traces(weights > 0 ? count : 0);
    for (Trace& trace : traces) trace = {take(1).front(), take(hidden - 1), take(hidden), take(hidden)};
    return traces;
  }

 private:
  variable_list list_;
  std::size_t next_ = 0;
};

PhaseSpace forward_link(const ChainLink& link, const PhaseSpace& start, std::int64_t steps, double dt,
                        LinkTrace& trace) {
  auto [q, p] = start;
  const auto dV_dq = [&] { return mlp_gradient(link.potential, q, trace.potential.emplace_back()); };
  Tensor kick = dV_dq();
  for (std::int64_t i = 0; i < steps; ++i) {
    p = at::add(p, kick, i == 0 ? -dt / 2 : -dt);
    const Tensor drift =
        link.kinetic.empty() ? p : mlp_gradient(link.kinetic, p, trace.kinetic.emplace_back());
    q = at::add(q, drift, dt);
    kick = dV_dq();
  }
  return {q, at::add(p, kick, -dt / 2)};
}

// The cotangents of the end become those of the start.
void backward_link(const ChainLink& link, const LinkTrace& trace, std::int64_t steps, double dt, PhaseSpace& c,
                   Weights& potential_sums, Weights& kinetic_sums) {
  const auto kick = [&](std::int64_t i, double weight) {
    const Tensor pulled =
        pull_back_gradient(link.potential, trace.potential[static_cast<std::size_t>(i)], c.p * weight, potential_sums);
    c.q = c.q + pulled;
  };
  for (std::int64_t i = steps; i-- > 0;) {
    kick(i + 1, i + 1 == steps ? -dt / 2 : -dt);
    const Tensor drift = c.q * dt;
    c.p = c.p + (link.kinetic.empty() ? drift
                                      : pull_back_gradient(link.kinetic, trace.kinetic[static_cast<std::size_t>(i)],
                                                           drift, kinetic_sums));
  }
  kick(0, -dt / 2);
}

Weights zeros_of(const Weights& weights) {
  Weights zeros;
  for (const Tensor& weight : weights) zeros.push_back(at::zeros_like(weight));
  return zeros;
}

struct Chain : public torch::autograd::Function<Chain> {
  static variable_list forward(AutogradContext* context, const Tensor& q, const Tensor& p, at::TensorList /*weights*/,
                               const std::vector<ChainLink>& links, std::int64_t steps, double dt) {
    variable_list saved;
    std::vector<std::int64_t> sizes;  // of every link: weights of V, of K
    PhaseSpace state{q, p};
    for (const ChainLink& link : links) {
      LinkTrace trace;
      state = forward_link(link, state, steps, dt, trace);
      for (const auto* list : {&link.potential, &link.kinetic}) {
        sizes.push_back(static_cast<std::int64_t>(list->size()));
        saved.insert(saved.end(), list->begin(), list->end());
      }
      for (const auto* list : {&trace.potential, &trace.kinetic})
        for (const Trace& one : *list) append(saved, one);
    }
    context->save_for_backward(saved);
    context->saved_data["sizes"] = sizes;
    context->saved_data["steps"] = steps;
    context->saved_data["dt"] = dt;
    return {state.q, state.p};
  }

  static variable_list backward(AutogradContext* context, const variable_list& cotangents) {
    const at::NoGradGuard no_grad;
    Reader saved(context->get_saved_variables());
    const auto sizes = context->saved_data["sizes"].toIntVector();
    const std::int64_t steps = context->saved_data["steps"].toInt();
    const double dt = context->saved_data["dt"].toDouble();
    std::vector<ChainLink> links;
    std::vector<LinkTrace> traces;
    for (std::size_t i = 0; i < sizes.size(); i += 2) {
      const auto of_v = static_cast<std::size_t>(sizes[i]), of_k = static_cast<std::size_t>(sizes[i + 1]);
      links.push_back({saved.take(of_v), saved.take(of_k)});
      traces.push_back({saved.traces(static_cast<std::size_t>(steps) + 1, of_v),
                        saved.traces(static_cast<std::size_t>(steps), of_k)});
    }
    PhaseSpace c{cotangents[0].contiguous(), cotangents[1].contiguous()};
    std::vector<std::pair<Weights, Weights>> sums(links.size());
    for (std::size_t i = links.size(); i-- > 0;) {
      sums[i] = {zeros_of(links[i].potential), zeros_of(links[i].kinetic)};
      backward_link(links[i], traces[i], steps, dt, c, sums[i].first, sums[i].second);
    }
    variable_list result{c.q, c.p};
    for (const auto& [of_v, of_k] : sums)
      for (const Weights* list : {&of_v, &of_k}) result.insert(result.end(), list->begin(), list->end());
    result.resize(result.size() + 3);  // links, steps, dt
    return result;
  }
};

}  // namespace

PhaseSpace leapfrog_chain(const std::vector<ChainLink>& links, const PhaseSpace& start, std::int64_t steps,
                          double dt) {
  Weights weights;
  for (const ChainLink& link : links)
    for (const Weights* list : {&link.potential, &link.kinetic})
      weights.insert(weights.end(), list->begin(), list->end());
  const variable_list end = Chain::apply(start.q.contiguous(), start.p.contiguous(), at::TensorList(weights), links,
                                         steps, dt);
  return {end[0], end[1]};
}

}  // namespace hamgen::model
