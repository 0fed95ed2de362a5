// What a trajectory costs, stage by stage, and what the whole program costs beside its deflate alone.
//
//   generate_benchmark [trajectories = 2000] [rounds = 5] [system = three_body] [image size = 64]
//
// Stages are timed one after another on one thread (CPU time, cache-warm as in the program); the whole
// program runs with one and two threads into a temporary directory. All figures are medians over rounds that
// alternate.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>

#include "apps/generate/generate.hpp"
#include "apps/generate/producer.hpp"
#include "dataset/files/commit.hpp"
#include "dataset/files/sha256.hpp"
#include "tests/temporary_directory.hpp"

namespace {

using namespace hamgen;

double cpu_microseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

double wall_microseconds() {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

struct Stages {
  double simulate = 0, render = 0, deflate = 0, write = 0, hash = 0;
};

class Timer {
 public:
  // Adds the time since the last lap to `total`.
  void lap(double& total) {
    const double now = cpu_microseconds();
    total += now - last_;
    last_ = now;
  }

 private:
  double last_ = cpu_microseconds();
};

// One shard, made on one thread with a stopwatch between the stages.
Stages time_stages(const apps::Config& config, std::int64_t trajectories) {
  const apps::Simulations simulations(config);
  const simulators::Simulation& simulation = simulations.train();
  apps::Producer producer(simulation, render::Canvas::from(config.settings),
                          static_cast<int>(config.settings.integer("compression")));
  const auto header =
      apps::split_header(config, simulations, apps::plan_of(config), simulators::Split::train);
  Stages total;
  Timer timer;
  dataset::ShardWriter writer(header, static_cast<std::uint64_t>(trajectories));
  timer.lap(total.write);
  for (std::int64_t id = 0; id < trajectories; ++id) {
    apps::Product product;
    product.trajectory = simulation.trajectory(simulators::Split::train, id);
    timer.lap(total.simulate);
    const auto frames = producer.render_observed(product.trajectory).frames;
    timer.lap(total.render);
    product.frames = producer.compress(frames);
    timer.lap(total.deflate);
    product.frames_digest = dataset::digest_of(std::as_bytes(frames));
    timer.lap(total.hash);
    writer.append(product.row());
    timer.lap(total.write);
  }
  const auto shard = writer.finish();
  const auto image = shard.image();
  timer.lap(total.write);
  dataset::sha256(image);
  timer.lap(total.hash);
  for (double* stage : {&total.simulate, &total.render, &total.deflate, &total.write, &total.hash})
    *stage /= static_cast<double>(trajectories);
  return total;
}

struct Whole {
  double cpu = 0, wall = 0;  // microseconds a trajectory
};

Whole time_whole(const apps::Config& config, unsigned threads, const std::filesystem::path& out) {
  apps::GenerateOptions options;
  options.out = out;
  options.threads = threads;
  options.quiet = true;
  const double cpu = cpu_microseconds(), wall = wall_microseconds();
  apps::generate(config, options);
  const auto trajectories = static_cast<double>(config.train_size());
  return {(cpu_microseconds() - cpu) / trajectories, (wall_microseconds() - wall) / trajectories};
}

template <class Round>
double median_of(const std::vector<Round>& rounds, const std::function<double(const Round&)>& figure) {
  std::vector<double> values;
  std::ranges::transform(rounds, std::back_inserter(values), figure);
  return median(values);
}

void print_tables(const std::vector<Stages>& stages, const std::vector<Whole>& one,
                  const std::vector<Whole>& two) {
  const std::pair<const char*, double Stages::*> rows[] = {{"simulate", &Stages::simulate},
                                                           {"render", &Stages::render},
                                                           {"deflate", &Stages::deflate},
                                                           {"write", &Stages::write},
                                                           {"hash", &Stages::hash}};
  double sum = 0;
  const double deflate = median_of<Stages>(stages, [](const Stages& s) { return s.deflate; });
  fmt::print("| stage | us / trajectory | of deflate |\n|---|---|---|\n");
  for (const auto& [name, member] : rows) {
    const double time = median_of<Stages>(stages, [m = member](const Stages& s) { return s.*m; });
    sum += time;
    fmt::print("| {} | {:.1f} | {:.2f} |\n", name, time, time / deflate);
  }
  fmt::print("| all stages | {:.1f} | {:.2f} |\n\n", sum, sum / deflate);

  std::vector<double> ratio, speedup;
  for (std::size_t i = 0; i < one.size(); ++i) {
    ratio.push_back(one[i].cpu / stages[i].deflate);
    speedup.push_back(one[i].wall / two[i].wall);
  }
  const auto cpu = [](const Whole& w) { return w.cpu; };
  const auto wall = [](const Whole& w) { return w.wall; };
  fmt::print("| whole program | CPU us / trajectory | wall us / trajectory |\n|---|---|---|\n");
  fmt::print("| 1 thread | {:.1f} | {:.1f} |\n", median_of<Whole>(one, cpu), median_of<Whole>(one, wall));
  fmt::print("| 2 threads | {:.1f} | {:.1f} |\n\n", median_of<Whole>(two, cpu), median_of<Whole>(two, wall));
  fmt::print("CPU time, 1 thread, over deflate alone: {:.2f} (rounds {:.2f})\n", median(ratio),
             fmt::join(ratio, " "));
  fmt::print("2 threads over 1 thread: {:.2f} times as fast (rounds {:.2f})\n", median(speedup),
             fmt::join(speedup, " "));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("peak memory of this process: {:.0f} MB\n", static_cast<double>(usage.ru_maxrss) / 1000);
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int i, const char* fallback) {
    return std::string(argc > i ? argv[i] : fallback);
  };
  const std::int64_t trajectories = std::stoll(argument(1, "2000"));
  const int rounds = std::stoi(argument(2, "5"));
  apps::Json json{{"system", argument(3, "three_body")}};
  apps::assign(json, {{"n", std::to_string(trajectories)},
                      {"n_test", "0"},
                      {"n_validation", "0"},
                      {"image.size", argument(4, "64")}});
  const apps::Config config = apps::config_from_json(json);
  const TemporaryDirectory
      directory;  // emptied at the end: file systems are busy for a while after large files go
  std::vector<Stages> stages;
  std::vector<Whole> one, two;
  for (int round = 0; round < rounds; ++round) {
    stages.push_back(time_stages(config, std::min<std::int64_t>(trajectories, 1000)));
    one.push_back(time_whole(config, 1, directory.path() / fmt::format("{}-one", round)));
    two.push_back(time_whole(config, 2, directory.path() / fmt::format("{}-two", round)));
  }
  fmt::print("{}, {} frames of {}x{}, {} trajectories, median of {} rounds\n\n", config.system->name,
             config.settings.integer("steps") + 1, config.settings.integer("image.size"),
             config.settings.integer("image.size"), trajectories, rounds);
  print_tables(stages, one, two);
}
