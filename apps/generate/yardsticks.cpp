#include "apps/generate/yardsticks.hpp"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "apps/generate/producer.hpp"
#include "apps/shell/progress.hpp"
#include "apps/shell/stop_signal.hpp"

namespace hamgen::apps {
namespace {

using dataset::SplitReader;
using simulators::Purpose;
using simulators::RandomStream;
using simulators::Simulation;
using simulators::Split;

constexpr std::uint64_t most_train = 200, most_test = 100;  // trajectories
constexpr std::uint16_t draws = 4;                          // of a frame, the dataset's own included
static_assert(draws >= 2 && draws <= std::numeric_limits<std::uint16_t>::max() / 255);

using Bytes = std::span<const std::uint8_t>;

// Sums over the pixels of one trajectory's frames, in grey levels squared.
struct Errors {
  double mean_image = 0, mean_image_clean = 0, clean_render = 0, noise_floor = 0;
};

// The sum of of(i) for i < count, whole numbers up to 255^2: in 32 bits as far as these reach, which compilers make
// vector code of.
template <class Of>
std::uint64_t sum_of_squares(std::size_t count, Of of) {
  constexpr std::size_t most = 16384;
  std::uint64_t total = 0;
  for (std::size_t begin = 0; begin < count; begin += most) {
    std::int32_t sum = 0;
    for (std::size_t i = begin, end = std::min(count, begin + most); i < end; ++i) {
      const int value = of(i);
      sum += value * value;
    }
    total += static_cast<std::uint64_t>(sum);
  }
  return total;
}

std::uint64_t squares(Bytes bytes) {
  return sum_of_squares(bytes.size(), [=](std::size_t i) { return int{bytes[i]}; });
}

std::uint64_t squared_difference(Bytes a, Bytes b) {
  return sum_of_squares(a.size(), [=](std::size_t i) { return a[i] - b[i]; });
}

// sums[i] += frame[i]
template <class Number>
void add(Bytes frame, std::vector<Number>& sums) {
  for (std::size_t i = 0; i < frame.size(); ++i) sums[i] = static_cast<Number>(sums[i] + frame[i]);
}

// Of each value over a trajectory's frames: at most a million, so that 32 bits are enough.
std::vector<std::uint32_t> sums_over_time(Bytes frames, std::size_t frame_bytes) {
  std::vector<std::uint32_t> sums(frame_bytes);
  for (; !frames.empty(); frames = frames.subspan(frame_bytes)) add(frames.first(frame_bytes), sums);
  return sums;
}

// Of every frame to the image: the sum of (x - m)^2 = x^2 - 2 x m + m^2.
double squared_distance(Bytes frames, const std::vector<double>& image) {
  const auto sums = sums_over_time(frames, image.size());
  const double count = static_cast<double>(frames.size() / image.size());
  double rest = 0;
  for (std::size_t i = 0; i < image.size(); ++i) rest += image[i] * (count * image[i] - 2.0 * sums[i]);
  return static_cast<double>(squares(frames)) + rest;
}

void require_no_stop() {
  if (stop_requested())
    throw Interrupted("stopped by a signal; all shards are there. The same command goes on");
}

class Measurement {
 public:
  // All outlive it.
  Measurement(const Making& making, const dataset::Manifest& manifest)
      : simulation_(making.simulations.of(Split::test)),
        seed_(static_cast<std::uint64_t>(making.config.settings.integer("seed"))),
        train_(making.out, manifest, split_name(Split::train)),
        test_(making.out, manifest, split_name(Split::test)),
        scratch_([this, canvas = render::Canvas::from(making.config.settings)] {
          const std::size_t bytes = simulation_.frames() * canvas.frame_bytes();
          return Scratch{Producer(simulation_, canvas, dataset::fastest_compression),
                         std::vector<std::uint8_t>(bytes), std::vector<std::uint8_t>(bytes),
                         std::vector<std::uint8_t>(canvas.frame_bytes()),
                         std::vector<std::uint16_t>(canvas.frame_bytes())};
        }) {}

  // The mean over trajectories and frames of the noisy train frames: [H * W * 3], in grey levels.
  std::vector<double> mean_image() {
    const std::uint64_t count = std::min(most_train, train_.trajectories());
    using Sums = std::vector<std::uint64_t>;
    tbb::enumerable_thread_specific<Sums> partial([&] { return Sums(train_.frame_bytes()); });
    tbb::parallel_for(std::uint64_t{0}, count, [&](std::uint64_t id) {
      require_no_stop();
      auto& frames = scratch_.local().observed;
      train_.read_frames("frames", {id, 0, train_.frames_per_trajectory()}, frames);
      Sums& sums = partial.local();
      const auto more = sums_over_time(frames, sums.size());
      std::ranges::transform(sums, more, sums.begin(), std::plus<>());
    });
    const Sums total = partial.combine([](Sums a, const Sums& b) {
      std::ranges::transform(a, b, a.begin(), std::plus<>());
      return a;
    });
    std::vector<double> mean(total.size());
    const double frames = static_cast<double>(count * train_.frames_per_trajectory());
    std::ranges::transform(total, mean.begin(),
                           [&](std::uint64_t sum) { return static_cast<double>(sum) / frames; });
    return mean;
  }

  Errors errors_of(std::uint64_t id, const std::vector<double>& mean) {
    require_no_stop();
    Scratch& scratch = scratch_.local();
    const dataset::FrameWindow all{id, 0, test_.frames_per_trajectory()};
    test_.read_frames("frames", all, scratch.observed);
    test_.read_frames("frames_clean", all, scratch.clean);
    return {.mean_image = squared_distance(scratch.observed, mean),
            .mean_image_clean = squared_distance(scratch.clean, mean),
            .clean_render = static_cast<double>(squared_difference(scratch.observed, scratch.clean)),
            .noise_floor = simulation_.noise_std() == 0 ? 0 : variance_over_draws(id, scratch)};
  }

  std::uint64_t test_count() const { return std::min(most_test, test_.trajectories()); }
  double values_per_trajectory() const {
    return static_cast<double>(test_.frames_per_trajectory()) * static_cast<double>(test_.frame_bytes());
  }

 private:
  struct Scratch {
    Producer producer;
    std::vector<std::uint8_t> observed, clean;  // a trajectory's frames
    std::vector<std::uint8_t> frame;
    std::vector<std::uint16_t> sums;  // of a frame's values, over its draws
  };

  // The unbiased variance of each value over the noise, summed over all values: of draws x_k it is
  // (draws * sum x_k^2 - (sum x_k)^2) / (draws * (draws - 1)).
  double variance_over_draws(std::uint64_t id, Scratch& scratch) const {
    const simulators::Trajectory trajectory = stored_state(test_, id, simulation_);
    const auto stream = [&](Purpose purpose) {
      return RandomStream({.seed = seed_, .split = Split::test, .trajectory = id, .purpose = purpose});
    };
    RandomStream of_q = stream(Purpose::noise_floor), of_p = stream(Purpose::noise_floor_momentum);
    const std::size_t d = simulation_.dimension(), bytes = scratch.frame.size();
    std::vector<double> q, p;
    std::uint64_t scaled = 0;
    for (std::size_t t = 0; t < simulation_.frames(); ++t) {
      const Bytes own = Bytes(scratch.observed).subspan(t * bytes, bytes);
      std::ranges::copy(own, scratch.sums.begin());
      std::uint64_t sum_of_squares = squares(own);
      for (std::uint16_t draw = 1; draw < draws; ++draw) {
        simulators::add_noise({&trajectory.q[t * d], d}, simulation_.noise_std(), of_q, q);
        simulators::add_noise({&trajectory.p[t * d], d}, simulation_.noise_std(), of_p, p);
        const auto shown = scratch.producer.render_frame(trajectory, q, p, scratch.frame);
        sum_of_squares +=
            std::accumulate(shown.sum_of_squares.begin(), shown.sum_of_squares.end(), std::uint64_t{0});
        add(scratch.frame, scratch.sums);
      }
      scaled += draws * sum_of_squares;
      for (const std::uint32_t sum : scratch.sums) scaled -= std::uint64_t{sum * sum};
    }
    return static_cast<double>(scaled) / (draws * (draws - 1.0));
  }

  const Simulation& simulation_;
  std::uint64_t seed_;
  SplitReader train_, test_;
  tbb::enumerable_thread_specific<Scratch> scratch_;
};

// Of the mean of independent numbers; none of a single one.
std::optional<double> standard_error(const std::vector<double>& values) {
  if (values.size() < 2) return std::nullopt;
  const double count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / (count * (count - 1)));
}

}  // namespace

dataset::Yardsticks measure_yardsticks(const Making& making, const dataset::Manifest& manifest) {
  Measurement measurement(making, manifest);
  const std::uint64_t count = measurement.test_count();
  std::vector<Errors> errors(count);
  {
    Progress progress("noise floor", count, making.quiet);
    const std::vector<double> mean = measurement.mean_image();
    tbb::parallel_for(std::uint64_t{0}, count, [&](std::uint64_t id) {
      errors[id] = measurement.errors_of(id, mean);
      progress.advance();
    });
  }
  const double values = measurement.values_per_trajectory() * 255 * 255;
  const double scale = 1 / (static_cast<double>(count) * values);
  dataset::Yardsticks yardsticks{.trajectories = count, .draws = draws};
  std::vector<double> floors;
  for (const Errors& e : errors) {
    yardsticks.mean_image_mse += e.mean_image * scale;
    yardsticks.mean_image_mse_clean += e.mean_image_clean * scale;
    yardsticks.clean_render_mse += e.clean_render * scale;
    yardsticks.noise_floor += e.noise_floor * scale;
    floors.push_back(e.noise_floor / values);
  }
  yardsticks.noise_floor_standard_error = standard_error(floors);
  return yardsticks;
}

}  // namespace hamgen::apps
