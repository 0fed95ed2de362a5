// Anything that a node of the graph keeps for its backward pass beside tensors of its inputs and outputs.
#pragma once

#include <utility>

#include "model/base/torch.hpp"

namespace hamgen::model {

template <class T>
struct Kept : torch::CustomClassHolder {
  explicit Kept(T kept) : value(std::move(kept)) {}
  T value;
};

template <class T>
void keep(torch::autograd::AutogradContext& context, T value) {
  context.saved_data["kept"] = c10::IValue::make_capsule(c10::make_intrusive<Kept<T>>(std::move(value)));
}

// What keep() was given; it lives as long as the graph.
template <class T>
const T& kept(torch::autograd::AutogradContext& context) {
  return c10::static_intrusive_pointer_cast<Kept<T>>(context.saved_data.at("kept").toCapsule())->value;
}

}  // namespace hamgen::model
