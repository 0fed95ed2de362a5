// reader_benchmark DIR [threads] [rounds] [batch]: trajectories a second that SplitReader gives out, all
// frames, in random order, from the page cache. As JSON, for reader_benchmark.py, which compares it with
// h5py.
#include <fmt/format.h>
#include <tbb/global_control.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>

#include "dataset/shards/split_reader.hpp"

using namespace hamgen::dataset;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string root = argc > 1 ? argv[1] : "three_body";
  const unsigned threads = argc > 2 ? static_cast<unsigned>(std::stoul(argv[2])) : 2;
  const int rounds = argc > 3 ? std::stoi(argv[3]) : 5;
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
  const Manifest manifest = read_manifest(root);

  auto begin = Clock::now();
  const SplitReader reader(root, manifest, "train");
  reader.check_all();
  const double opening = seconds_since(begin);

  std::vector<FrameWindow> windows;
  for (std::uint64_t i = 0; i < reader.trajectories(); ++i)
    windows.push_back({i, 0, reader.frames_per_trajectory()});
  std::ranges::shuffle(windows, std::mt19937(1));
  const std::size_t batch = argc > 4 ? std::stoul(argv[4]) : 16;  // as hgn-fit's
  std::vector<std::uint8_t> pixels(batch * reader.frames_per_trajectory() * reader.frame_bytes());
  std::vector<double> rates;
  for (int round = 0; round < rounds; ++round) {
    begin = Clock::now();
    for (std::size_t first = 0; first < windows.size(); first += batch) {
      const auto some = std::span(windows).subspan(first, std::min(batch, windows.size() - first));
      reader.read_frames(
          "frames", some,
          std::span(pixels).first(some.size() * reader.frames_per_trajectory() * reader.frame_bytes()));
    }
    rates.push_back(static_cast<double>(windows.size()) / seconds_since(begin));
  }
  std::ranges::sort(rates);
  fmt::print("{{\"trajectories\": {}, \"threads\": {}, \"opening_s\": {:.4f}, \"per_second\": {:.1f}}}\n",
             reader.trajectories(), threads, opening, rates[rates.size() / 2]);
}
