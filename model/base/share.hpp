// Which rows of a batch a process has, of those that train one model together.
#pragma once

#include <vector>

#include "model/base/torch.hpp"

namespace hamgen::model {

struct Share {
  std::int64_t part = 0, parts = 1;
  std::int64_t first(std::int64_t batch) const { return batch * part / parts; }
  std::int64_t count(std::int64_t batch) const { return batch * (part + 1) / parts - first(batch); }
};

// Standard normal numbers for this share's rows, `shape`: the same ones that a single process would draw for
// them.
inline Tensor normal_rows(std::vector<std::int64_t> shape, const Share& share, at::Generator& generator,
                          const at::TensorOptions& options) {
  const std::int64_t rows = shape[0], batch = rows * share.parts;
  shape[0] = batch;
  return at::empty(shape, options).normal_(0, 1, generator).narrow(0, share.first(batch), rows);
}

}  // namespace hamgen::model
