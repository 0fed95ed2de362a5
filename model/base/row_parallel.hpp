// A function of rows, in parallel: each thread takes some of the rows through a graph of its own, forward and
// backward. Many small operations on few rows do not fill the threads one by one; together they do.
#pragma once

#include <functional>

#include "model/base/torch.hpp"

namespace hamgen::model {

// Rows [B, n] -> [B, ...], each row by itself; `f` must be safe to call from several threads at once.
using RowFunction = std::function<Tensor(const Tensor& rows)>;

// f(x), differentiable once in x and in `parameters`: all that f depends on and that wants a gradient. Parts
// are cut by the number of rows and threads alone, and added up in order: equal runs give equal bits. On a
// GPU, and for few rows, it is f itself.
Tensor over_rows(const RowFunction& f, const Tensor& x, const std::vector<Tensor>& parameters,
                 std::int64_t fewest = 32);  // rows that are worth a thread

}  // namespace hamgen::model
