#include "model/interfaces/model.hpp"

#include <algorithm>
#include <stdexcept>

namespace hamgen::model {

const Tensor& NamedScalars::of(std::string_view name) const {
  const auto found = std::ranges::find(*this, name, &value_type::first);
  if (found == end()) throw std::logic_error("no scalar is called " + std::string(name));
  return found->second;
}

const char* error_name(Observation observation) {
  return observation == Observation::points ? "nll" : "mse";
}

std::int64_t parameter_count(const Model& model) {
  std::int64_t count = 0;
  for (const Tensor& parameter : model.parameters()) count += parameter.numel();
  return count;
}

}  // namespace hamgen::model
