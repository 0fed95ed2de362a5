#include "apps/inspect/regenerate.hpp"

#include <fmt/format.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <new>
#include <random>

#include "apps/generate/planned_shards.hpp"
#include "apps/generate/producer.hpp"
#include "apps/shell/progress.hpp"
#include "apps/shell/version.hpp"
#include "dataset/shards/split_reader.hpp"

namespace hamgen::apps {
namespace {

using simulators::Split;
using simulators::Trajectory;

// What another class of processor may make of the same configuration: the last digits of the sine differ, and
// close encounters make them larger.
constexpr double state_tolerance = 1e-6;
constexpr int pixel_tolerance = 1;

enum class Likeness { equal, close, different };

Likeness compare(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) return Likeness::different;
  if (std::ranges::equal(std::as_bytes(a), std::as_bytes(b))) return Likeness::equal;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!(std::abs(a[i] - b[i]) <= state_tolerance * std::max(1.0, std::abs(a[i]))))
      return Likeness::different;
  return Likeness::close;
}

Likeness compare(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  if (std::ranges::equal(a, b)) return Likeness::equal;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::abs(a[i] - b[i]) > pixel_tolerance) return Likeness::different;
  return Likeness::close;
}

class Comparison {
 public:
  // All of them outlive it.
  Comparison(const Config& config, const simulators::Simulation& simulation,
             const dataset::SplitReader& reader, Split split)
      : reader_(reader),
        split_(split),
        simulation_(simulation),
        producers_([&, canvas = render::Canvas::from(config.settings)] {
          return Producer(simulation, canvas, dataset::fastest_compression);
        }) {}

  // Of one trajectory; `name` becomes the dataset that differs most.
  Likeness of(std::int64_t id, std::string& name) {
    const Trajectory trajectory = simulation_.trajectory(split_, id);
    Likeness worst = Likeness::equal;
    const auto note = [&](const std::string& dataset, Likeness likeness) {
      if (likeness <= worst) return;
      worst = likeness;
      name = dataset;
    };
    const auto row = numbers_of(trajectory);
    for (const auto& layout : dataset::shard_layout())
      if (layout.element == dataset::Element::f64 && layout.is_per_trajectory() && reader_.has(layout.name))
        note(layout.name, compare(reader_.numbers(layout.name, static_cast<std::uint64_t>(id), 1),
                                  row.numbers(layout.name)));
    Producer& producer = producers_.local();
    note("frames", compare_frames("frames", trajectory, producer.render_observed(trajectory).frames));
    if (split_ != Split::train)
      note("frames_clean",
           compare_frames("frames_clean", trajectory, producer.render_exact(trajectory).frames));
    return worst;
  }

 private:
  Likeness compare_frames(const std::string& name, const Trajectory& trajectory,
                          std::span<const std::uint8_t> rendered) {
    std::vector<std::uint8_t> stored(rendered.size());
    reader_.read_frames(name, {static_cast<std::uint64_t>(trajectory.id), 0, reader_.frames_per_trajectory()},
                        stored);
    return compare(stored, rendered);
  }

  const dataset::SplitReader& reader_;
  Split split_;
  const simulators::Simulation& simulation_;
  tbb::enumerable_thread_specific<Producer> producers_;
};

// `count` numbers below `size`, no two alike, in order. (std::ranges::sample takes no std::views::iota in
// libstdc++ 12, and all numbers at once would be too many to hold.)
std::vector<std::int64_t> draw(std::uint64_t size, std::uint64_t count, std::mt19937_64& random) {
  std::vector<std::int64_t> ids;
  std::uint64_t wanted = std::min(count, size);
  for (std::uint64_t id = 0; id < size && wanted > 0; ++id) {
    if (std::uniform_int_distribution<std::uint64_t>(0, size - id - 1)(random) >= wanted) continue;
    ids.push_back(static_cast<std::int64_t>(id));
    --wanted;
  }
  return ids;
}

// Made by this very program, on this class of processor.
bool has_to_be_equal(const dataset::Manifest& manifest, Split split, std::int64_t id) {
  for (const dataset::ShardRecord& shard : manifest.find(split_name(split))->shards)
    if (shard.first <= id && id <= shard.last)
      return shard.cpu == cpu_class() && manifest.plan.generator == this_generator();
  return false;
}

void regenerate_split(const std::filesystem::path& dataset, const dataset::Manifest& manifest, Split split,
                      const std::vector<std::int64_t>& ids, bool quiet, Verification& result) {
  const Config config = config_of(dataset, manifest.plan);
  const Simulations simulations(config);
  const dataset::SplitReader reader(dataset, manifest, split_name(split));
  Comparison comparison(config, simulations.of(split), reader, split);
  Progress progress("again", ids.size(), quiet);
  std::mutex mutex;
  tbb::parallel_for(std::size_t{0}, ids.size(), [&](std::size_t i) {
    Problem problem{.file = split_name(split), .what = ""};
    std::string name;
    Likeness likeness = Likeness::different;
    try {
      likeness = comparison.of(ids[i], name);
      problem.what = fmt::format("trajectory {}: {} is not what its configuration gives", ids[i], name);
    } catch (const std::bad_alloc&) {  // says nothing about the trajectory
      throw;
    } catch (const std::exception& error) {
      problem.what = fmt::format("trajectory {}: {}", ids[i], error.what());
      problem.is_unreadable = dataset::is_unreadable(error);
    }
    const bool is_wrong = likeness == Likeness::different ||
                          (likeness == Likeness::close && has_to_be_equal(manifest, split, ids[i]));
    const std::lock_guard lock(mutex);
    ++result.regenerated;
    result.regenerated_exactly += likeness == Likeness::equal ? 1U : 0U;
    if (is_wrong) result.problems.push_back(std::move(problem));
    progress.advance();
  });
}

}  // namespace

void regenerate_sample(const std::filesystem::path& dataset, const dataset::Manifest& manifest,
                       const VerifyOptions& options, Verification& result) {
  std::mt19937_64 random(std::random_device{}());  // another sample every time: so they add up
  const double total = static_cast<double>(result.trajectories);
  const auto count = options.regenerate->count > 0
                         ? options.regenerate->count
                         : static_cast<std::uint64_t>(std::ceil(options.regenerate->share * total));
  const auto drawn = draw(result.trajectories, count, random);
  std::int64_t first = 0;  // of a split, counted through all of them
  for (const dataset::SplitRecord& split : manifest.splits) {
    const auto size = static_cast<std::int64_t>(split.trajectories());
    std::vector<std::int64_t> ids;
    for (const std::int64_t id : drawn)
      if (id >= first && id < first + size) ids.push_back(id - first);
    if (!ids.empty())
      regenerate_split(dataset, manifest, split_named(split.name), ids, options.quiet, result);
    first += size;
  }
}

}  // namespace hamgen::apps
