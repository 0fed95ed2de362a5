// Points to learn a density from: the rows of a table, an array of a dataset of hamgen, or a built-in target,
// which always gives new ones.
#pragma once

#include <memory>

#include "model/data/batches.hpp"
#include "model/data/targets.hpp"
#include "model/data/training_data.hpp"

namespace hamgen::model {

struct PointData {
  std::shared_ptr<const Target> target;  // or
  Tensor train, test;                    // fp64 [N, T, d]: one of the T points of each row in every epoch
  std::string fingerprint;
  std::int64_t dimension() const { return target ? target->dimension() : train.size(2); }
};

// What chooses the points: data.target and its options, data.field, data.frame.
std::vector<schemas::Field> point_fields();
bool has_target(const schemas::Settings& settings);

PointData target_points(const schemas::Settings& settings);
// data.field (several: side by side) at data.frame of every trajectory, of both splits. Throws
// schemas::FieldError for what the dataset does not have.
PointData dataset_points(const schemas::Settings& settings, const dataset::SplitReader& train,
                         const dataset::SplitReader& test);
// Rows [N, d]: the last tenth, at most 10,000, is the test split.
PointData table_points(const Tensor& rows);

// At most `count` points that training never saw, fp64 [n, d]: the test split's first, or a target's.
Tensor test_points(const PointData& points, std::int64_t count);

TrainingData point_training_data(const schemas::Settings& settings, const PointData& points);
std::unique_ptr<BatchSource> point_source(const schemas::Settings& settings, const TrainingData& data,
                                          const PointData& points, const Share& share = {});

}  // namespace hamgen::model
