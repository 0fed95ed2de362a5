#include "model/data/points.hpp"

#include <algorithm>

#include "dataset/format/layout.hpp"
#include "model/base/random.hpp"
#include "model/base/tensors.hpp"

namespace hamgen::model {
namespace {

using schemas::FieldError;

constexpr std::uint64_t most_held_out = 10'000;

// Which of a target's points: streams that have nothing in common.
enum class Use : std::uint64_t { training, validation, test, statistics };

Tensor draw(const Target& target, std::int64_t count, Use use, std::uint64_t seed, std::uint64_t step) {
  auto generator = make_generator(random_key(seed, Purpose::points, {static_cast<std::uint64_t>(use), step}));
  return target.sample(count, generator);
}

class TargetSource : public BatchSource {
 public:
  TargetSource(std::shared_ptr<const Target> target, const BatchPlan& plan, std::uint64_t validation)
      : target_(std::move(target)),
        plan_(plan),
        validation_(
            draw(*target_, static_cast<std::int64_t>(validation), Use::validation, 0, 0).to(at::kFloat)) {}

  Batch training(std::uint64_t step, bool is_pinned) const override {
    const Tensor all = draw(*target_, plan_.batch, Use::training, plan_.seed, step),
                 points = all.narrow(0, plan_.share.first(plan_.batch), plan_.share.count(plan_.batch))
                              .to(at::kFloat);
    Batch batch;
    batch.points = is_pinned ? points.pin_memory() : points;
    return batch;
  }
  Batch validation(std::uint64_t first, std::uint64_t count) const override {
    Batch batch;
    batch.points = validation_.narrow(0, static_cast<std::int64_t>(first), static_cast<std::int64_t>(count));
    return batch;
  }
  std::uint64_t validation_size() const override { return static_cast<std::uint64_t>(validation_.size(0)); }
  std::uint64_t training_size() const override { return 0; }

 private:
  std::shared_ptr<const Target> target_;
  BatchPlan plan_;
  Tensor validation_;
};

// Windows of one frame, whose frames are points.
class TableSource : public BatchSource {
 public:
  TableSource(const Tensor& values, const BatchPlan& plan)
      : frames_(static_cast<std::uint64_t>(values.size(1))),
        rows_(values.flatten(0, 1).to(at::kFloat)),
        plan_(plan),
        validation_(static_cast<std::uint64_t>(values.size(0)) - plan.trajectories) {}

  Batch training(std::uint64_t step, bool is_pinned) const override {
    return points_of(windows_of(plan_, step, frames_), is_pinned);
  }
  Batch validation(std::uint64_t first, std::uint64_t count) const override {
    std::vector<Window> windows;
    for (std::uint64_t i = first; i < first + count; ++i)
      windows.push_back({plan_.trajectories + i, random_key(0, Purpose::window, {i}) % frames_, false});
    return points_of(windows, false);
  }
  std::uint64_t validation_size() const override { return validation_; }
  std::uint64_t training_size() const override { return plan_.trajectories; }

 private:
  Batch points_of(const std::vector<Window>& windows, bool is_pinned) const {
    std::vector<std::int64_t> places;
    for (const Window& window : windows)
      places.push_back(static_cast<std::int64_t>(window.trajectory * frames_ + window.start));
    Batch batch;
    batch.points = rows_.index_select(0, at::tensor(places));
    if (is_pinned) batch.points = batch.points.pin_memory();
    return batch;
  }

  std::uint64_t frames_;
  Tensor rows_;  // fp32 [N T, d]
  BatchPlan plan_;
  std::uint64_t validation_;
};

std::string field_names() {
  std::string names;
  for (const auto& layout : dataset::shard_layout())
    if (layout.element == dataset::Element::f64 && layout.is_per_trajectory())
      names += (names.empty() ? "" : ", ") + layout.name;
  return names;
}

// One dataset of a split, [N, T, columns]; T = 1 where it has no time.
Tensor read_field(const dataset::SplitReader& reader, const std::string& name) {
  const auto& layout = dataset::shard_layout();
  const auto found = std::ranges::find(layout, name, &dataset::DatasetLayout::name);
  if (found == layout.end() || found->element != dataset::Element::f64 || !found->is_per_trajectory())
    throw FieldError("data.field = \"" + name + "\" is not allowed: expected some of " + field_names());
  const auto rows = static_cast<std::int64_t>(reader.trajectories());
  const bool has_time = std::ranges::count(found->axes, dataset::Axis::time) > 0;
  const std::int64_t times = has_time ? static_cast<std::int64_t>(reader.frames_per_trajectory()) : 1;
  std::vector<double> numbers = reader.numbers(name, 0, reader.trajectories());
  return at::tensor(numbers, at::kDouble).view({rows, times, -1});
}

Tensor read_fields(const schemas::Settings& settings, const dataset::SplitReader& reader) {
  std::vector<Tensor> parts;
  std::int64_t times = 1;
  for (const std::string& name : settings.texts("data.field")) {
    parts.push_back(read_field(reader, name));
    times = std::max(times, parts.back().size(1));
  }
  for (Tensor& part : parts) part = part.expand({part.size(0), times, part.size(2)});
  const Tensor all = at::cat(parts, 2);
  if (settings.is_automatic("data.frame") || times == 1) return all;
  const std::int64_t frame = settings.integer("data.frame");
  if (frame >= times)
    throw FieldError("data.frame = " + std::to_string(frame) +
                     " is not allowed: trajectories have frames 0 to " + std::to_string(times - 1));
  return all.narrow(1, frame, 1).contiguous();
}

}  // namespace

std::vector<schemas::Field> point_fields() {
  using namespace schemas;
  std::vector<std::string> names;
  for (const auto& target : targets()) names.push_back(target.name);
  const TargetOptions options;
  return {
      text("data.target", "", "built-in density to learn, always new points; null: points from --data")
          .one_of(names)
          .or_automatic(),
      integer("data.target_dimension", options.dimension, "", "of target mixture").at_least(1).at_most(1000),
      integer("data.target_modes", options.modes, "", "of target mixture").at_least(1).at_most(10'000),
      texts("data.field", {"q"},
            "datasets of the shards, side by side; of an HDF5 file, the name of one table")
          .items(1, 16),
      integer("data.frame", 0, "frame", "of each trajectory; null: any, another one in every epoch")
          .at_least(0)
          .or_null(),
  };
}

bool has_target(const schemas::Settings& settings) {
  return !settings.is_automatic("data.target");
}

PointData target_points(const schemas::Settings& settings) {
  TargetOptions options;
  options.dimension = settings.integer("data.target_dimension");
  options.modes = settings.integer("data.target_modes");
  const std::string& name = settings.text("data.target");
  return {make_target(name, options), {}, {}, "target " + name};
}

PointData dataset_points(const schemas::Settings& settings, const dataset::SplitReader& train,
                         const dataset::SplitReader& test) {
  return {nullptr, read_fields(settings, train), read_fields(settings, test), ""};
}

PointData table_points(const Tensor& rows) {
  const std::int64_t test = std::clamp<std::int64_t>(rows.size(0) / 10, 1, most_held_out);
  const Tensor all = rows.unsqueeze(1);
  return {nullptr, all.narrow(0, 0, rows.size(0) - test), all.narrow(0, rows.size(0) - test, test), ""};
}

Tensor test_points(const PointData& points, std::int64_t count) {
  if (points.target) return draw(*points.target, count, Use::test, 0, 0);
  std::vector<Tensor> rows;
  const auto frames = static_cast<std::uint64_t>(points.test.size(1));
  for (std::int64_t i = 0; i < std::min(count, points.test.size(0)); ++i) {
    const auto frame = random_key(1, Purpose::window, {static_cast<std::uint64_t>(i)}) % frames;
    rows.push_back(points.test[i][static_cast<std::int64_t>(frame)]);
  }
  return at::stack(rows);
}

TrainingData point_training_data(const schemas::Settings& settings, const PointData& points) {
  TrainingData data;
  data.fingerprint = points.fingerprint;
  data.shape.coordinates = points.dimension();
  Tensor seen;
  if (points.target) {
    data.validation = static_cast<std::uint64_t>(
        integer_or(settings, "data.validation", static_cast<std::int64_t>(most_held_out)));
    seen = draw(*points.target, 100'000, Use::statistics, 0, 0);
  } else {
    const auto all = static_cast<std::uint64_t>(points.train.size(0));
    hold_out(settings, all, 0, most_held_out, data);
    seen = points.train.narrow(0, 0, static_cast<std::int64_t>(data.training)).flatten(0, 1);
  }
  data.shape.point_mean = to_vector(seen.mean(0));
  data.shape.point_std = to_vector(seen.std(0));
  return data;
}

std::unique_ptr<BatchSource> point_source(const schemas::Settings& settings, const TrainingData& data,
                                          const PointData& points, const Share& share) {
  BatchPlan plan;
  plan.seed = static_cast<std::uint64_t>(settings.integer("seed"));
  plan.batch = settings.integer("train.batch");
  plan.share = share;
  plan.frames = 1;
  plan.trajectories = data.training;
  if (points.target) return std::make_unique<TargetSource>(points.target, plan, data.validation);
  return std::make_unique<TableSource>(points.train, plan);
}

}  // namespace hamgen::model
