#include "apps/generate/yardsticks.hpp"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <functional>

#include "apps/generate/producer.hpp"
#include "apps/shell/progress.hpp"
#include "apps/shell/stop_signal.hpp"

namespace hamgen::apps {
namespace {

using simulators::Purpose;
using simulators::RandomStream;
using simulators::Simulation;
using simulators::Split;

constexpr std::int64_t most_train = 1000, most_test = 200;
constexpr std::uint32_t draws = 64;

using Bytes = std::span<const std::uint8_t>;

// Sums over the pixels of one trajectory's frames, in grey levels squared.
struct Errors {
  double mean_image = 0, mean_image_clean = 0, clean_render = 0, noise_floor = 0;
};

double squared_difference(Bytes a, Bytes b) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const int difference = a[i] - b[i];
    sum += static_cast<std::uint64_t>(difference * difference);
  }
  return static_cast<double>(sum);
}

double squared_difference(Bytes frames, const std::vector<double>& image) {
  double sum = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const double difference = frames[i] - image[i % image.size()];
    sum += difference * difference;
  }
  return sum;
}

void require_no_stop() {
  if (stop_requested())
    throw Interrupted("stopped by a signal; all shards are there. The same command goes on");
}

class Measurement {
 public:
  // Both outlive it.
  Measurement(const Config& config, const Simulation& simulation)
      : config_(config),
        simulation_(simulation),
        canvas_(render::Canvas::from(config.settings)),
        producers_([this] { return Producer(simulation_, canvas_, dataset::fastest_compression); }) {}

  // The mean over trajectories and frames of the noisy train frames: [H * W * 3], in grey levels.
  std::vector<double> mean_image() {
    const std::int64_t count = std::min(most_train, config_.train_size());
    using Sums = std::vector<std::uint64_t>;
    tbb::enumerable_thread_specific<Sums> partial([&] { return Sums(canvas_.frame_bytes()); });
    tbb::parallel_for(std::int64_t{0}, count, [&](std::int64_t id) {
      require_no_stop();
      Producer& producer = producers_.local();
      const auto trajectory = simulation_.trajectory(Split::train, id);
      const Bytes frames = producer.render_observed(trajectory).frames;
      Sums& sums = partial.local();
      for (std::size_t i = 0; i < frames.size(); ++i) sums[i % sums.size()] += frames[i];
    });
    const Sums total = partial.combine([](Sums a, const Sums& b) {
      std::ranges::transform(a, b, a.begin(), std::plus<>());
      return a;
    });
    std::vector<double> mean(total.size());
    const double frames = static_cast<double>(count) * static_cast<double>(simulation_.frames());
    std::ranges::transform(total, mean.begin(),
                           [&](std::uint64_t sum) { return static_cast<double>(sum) / frames; });
    return mean;
  }

  Errors errors_of(std::int64_t id, const std::vector<double>& mean) {
    require_no_stop();
    Producer& producer = producers_.local();
    const auto trajectory = simulation_.trajectory(Split::test, id);
    Errors errors;
    const Bytes rendered = producer.render_exact(trajectory).frames;
    const std::vector<std::uint8_t> clean(rendered.begin(), rendered.end());
    errors.mean_image_clean = squared_difference(clean, mean);
    const Bytes noisy = producer.render_observed(trajectory).frames;
    errors.clean_render = squared_difference(noisy, clean);
    errors.mean_image = squared_difference(noisy, mean);
    errors.noise_floor = variance_over_draws(trajectory, producer);
    return errors;
  }

  std::int64_t test_count() const { return std::min(most_test, config_.test_size()); }
  double values_per_trajectory() const {
    return static_cast<double>(simulation_.frames()) * static_cast<double>(canvas_.frame_bytes());
  }

 private:
  // The unbiased variance of each value over fresh noise, summed over all values.
  double variance_over_draws(const simulators::Trajectory& trajectory, Producer& producer) const {
    if (simulation_.noise_std() == 0) return 0;
    const auto stream = [&](Purpose purpose) {
      return RandomStream({.seed = static_cast<std::uint64_t>(config_.settings.integer("seed")),
                           .split = Split::test,
                           .trajectory = static_cast<std::uint64_t>(trajectory.id),
                           .attempt = trajectory.redraws,
                           .purpose = purpose});
    };
    RandomStream of_q = stream(Purpose::noise_floor), of_p = stream(Purpose::noise_floor_momentum);
    const std::size_t d = simulation_.dimension(), bytes = canvas_.frame_bytes();
    std::vector<std::uint8_t> frame(bytes);
    std::vector<std::uint32_t> sum(bytes), sum_of_squares(bytes);
    std::vector<double> q, p;
    std::uint64_t scaled = 0;  // draws * sum x^2 - (sum x)^2, exact
    for (std::size_t t = 0; t < simulation_.frames(); ++t) {
      std::ranges::fill(sum, 0);
      std::ranges::fill(sum_of_squares, 0);
      for (std::uint32_t draw = 0; draw < draws; ++draw) {
        simulators::add_noise({&trajectory.q[t * d], d}, simulation_.noise_std(), of_q, q);
        simulators::add_noise({&trajectory.p[t * d], d}, simulation_.noise_std(), of_p, p);
        producer.render_frame(trajectory, q, p, frame);
        for (std::size_t i = 0; i < bytes; ++i) {
          const std::uint32_t value = frame[i];
          sum[i] += value;
          sum_of_squares[i] += value * value;
        }
      }
      for (std::size_t i = 0; i < bytes; ++i)
        scaled += std::uint64_t{draws} * sum_of_squares[i] - std::uint64_t{sum[i]} * sum[i];
    }
    return static_cast<double>(scaled) / (draws * (draws - 1.0));
  }

  const Config& config_;
  const Simulation& simulation_;
  render::Canvas canvas_;
  tbb::enumerable_thread_specific<Producer> producers_;
};

}  // namespace

dataset::Yardsticks measure_yardsticks(const Config& config, const Simulation& simulation, bool quiet) {
  Measurement measurement(config, simulation);
  const std::vector<double> mean = measurement.mean_image();
  const std::int64_t count = measurement.test_count();
  std::vector<Errors> errors(static_cast<std::size_t>(count));
  {
    Progress progress("measure", static_cast<std::uint64_t>(count), quiet);
    tbb::parallel_for(std::int64_t{0}, count, [&](std::int64_t id) {
      errors[static_cast<std::size_t>(id)] = measurement.errors_of(id, mean);
      progress.advance();
    });
  }
  const double scale = 1 / (static_cast<double>(count) * measurement.values_per_trajectory() * 255 * 255);
  dataset::Yardsticks yardsticks{.trajectories = static_cast<std::uint64_t>(count), .draws = draws};
  for (const Errors& e : errors) {
    yardsticks.mean_image_mse += e.mean_image * scale;
    yardsticks.mean_image_mse_clean += e.mean_image_clean * scale;
    yardsticks.clean_render_mse += e.clean_render * scale;
    yardsticks.noise_floor += e.noise_floor * scale;
  }
  return yardsticks;
}

}  // namespace hamgen::apps
