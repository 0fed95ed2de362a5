// What a batch holds: every trajectory once an epoch, whatever the number of workers; bytes as the shard has
// them.
#include "model/data/batches.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <numeric>
#include <set>

#include "model/base/random.hpp"
#include "tests/model/small_dataset.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen;
using namespace hamgen::model;
using tests::small_dataset;

namespace {

BatchPlan plan_of(std::int64_t frames = 8) {
  BatchPlan plan;
  plan.seed = 3;
  plan.trajectories = 24;
  plan.batch = 5;
  plan.frames = frames;
  return plan;
}

WindowSource source_of(const dataset::SplitReader& reader) {
  const WindowReader windows(reader, Observation::frames);
  return {windows, plan_of(), {.reader = windows, .first = 20, .count = 4, .frames = 8}};
}

}  // namespace

TEST_CASE("a permutation visits everything once, and keys give different orders") {
  for (const std::uint64_t size : {1, 2, 3, 24, 1000}) {
    std::set<std::uint64_t> seen;
    const Permutation order(size, 11);
    for (std::uint64_t i = 0; i < size; ++i) seen.insert(order(i));
    CHECK(seen.size() == size);
    CHECK(*seen.rbegin() == size - 1);
  }
  int equal = 0;
  const Permutation a(1000, 1), b(1000, 2);
  for (std::uint64_t i = 0; i < 1000; ++i) equal += a(i) == b(i);
  CHECK(equal < 10);
}

TEST_CASE("a permutation moves values everywhere: first images are uniform over keys") {
  std::vector<int> counts(8);
  for (std::uint64_t key = 0; key < 8000; ++key) ++counts[Permutation(8, key)(0)];
  double chi_squared = 0;
  for (const int count : counts) chi_squared += (count - 1000.0) * (count - 1000.0) / 1000;
  CHECK(chi_squared < 24.3);  // 7 degrees of freedom, p = 0.001
}

TEST_CASE("every epoch holds every trajectory once, in an order of its own") {
  const BatchPlan plan = plan_of();
  std::vector<std::vector<std::uint64_t>> epochs(2);
  for (std::uint64_t sample = 0; sample < 48; ++sample)
    epochs[sample / 24].push_back(window_of(plan, sample, 8).trajectory);
  CHECK(epochs[0] != epochs[1]);
  for (auto& epoch : epochs) {
    std::ranges::sort(epoch);
    std::vector<std::uint64_t> all(24);
    std::iota(all.begin(), all.end(), 0);
    CHECK(epoch == all);
  }
}

TEST_CASE("windows begin anywhere they fit, and some are reversed if so asked") {
  BatchPlan plan = plan_of(5);
  plan.reverse = true;
  std::set<std::uint64_t> starts;
  int reversed = 0;
  for (std::uint64_t sample = 0; sample < 400; ++sample) {
    const Window window = window_of(plan, sample, 8);
    starts.insert(window.start);
    reversed += window.is_reversed;
  }
  CHECK(starts == std::set<std::uint64_t>{0, 1, 2, 3});
  CHECK(reversed > 150);
  CHECK(reversed < 250);
}

TEST_CASE("frames are the shard's bytes, of any window, forward and backward") {
  const tests::SmallData data;
  const std::size_t frame = data.reader.frame_bytes();
  std::vector<std::uint8_t> all(8 * frame);
  data.reader.read_frames("frames", {14, 0, 8}, all);
  const auto bytes_of = [&](std::size_t t) {
    return std::vector<std::uint8_t>(all.begin() + t * frame, all.begin() + (t + 1) * frame);
  };
  const Tensor windows = read_windows(data.reader, "frames", {{14, 2, false}, {14, 2, true}}, 5);
  CHECK(windows.sizes() == at::IntArrayRef{2, 5, 16, 16, 3});
  for (std::size_t i = 0; i < 5; ++i) {
    const auto* forward = windows[0][static_cast<std::int64_t>(i)].data_ptr<std::uint8_t>();
    const auto* backward = windows[1][static_cast<std::int64_t>(4 - i)].data_ptr<std::uint8_t>();
    CHECK(std::vector<std::uint8_t>(forward, forward + frame) == bytes_of(2 + i));
    CHECK(std::vector<std::uint8_t>(backward, backward + frame) == bytes_of(2 + i));
  }
}

TEST_CASE("batches are the same for any number of workers, and from any step on") {
  const tests::SmallData data;
  const WindowSource source = source_of(data.reader);
  BatchStream one(source, 0, 1, false), four(source, 0, 4, false), late(source, 7, 2, false);
  for (int step = 0; step < 20; ++step) {
    const Tensor expected = one.next().frames;
    CHECK(at::equal(expected, four.next().frames));
    if (step >= 7) CHECK(at::equal(expected, late.next().frames));
  }
}

TEST_CASE("windows of states are the shard's numbers, and obey Hamilton's equations backward, too") {
  const tests::SmallData data;
  const WindowReader reader(data.reader, Observation::states);
  const Batch batch = reader.read({{3, 2, false}, {3, 2, true}}, 5);
  CHECK(!batch.frames.defined());
  CHECK(batch.q.sizes() == at::IntArrayRef{2, 5, 1});
  const std::vector<double> p = data.reader.numbers("p_observed", 3, 1),
                            dp_dt = data.reader.numbers("dp_dt", 3, 1);
  for (std::int64_t t = 0; t < 5; ++t) {
    const auto row = static_cast<std::size_t>(2 + t);
    CHECK(batch.p[0][t][0].item<float>() == static_cast<float>(p[row]));
    CHECK(batch.dp_dt[0][t][0].item<float>() == static_cast<float>(dp_dt[row]));
    CHECK(batch.p[1][4 - t][0].item<float>() == static_cast<float>(-p[row]));
    CHECK(batch.dp_dt[1][4 - t][0].item<float>() == static_cast<float>(dp_dt[row]));
  }
  // Mass-spring: dq/dt = p / m, dp/dt = -k q, with m = 0.5 and k = 2.
  CHECK(at::allclose(batch.dq_dt, 2 * batch.p_exact, 1e-6, 1e-6));
  CHECK(at::allclose(batch.dp_dt, -2 * batch.q_exact, 1e-6, 1e-6));
}

TEST_CASE("larger frames are averaged over areas, and values are in units of 255") {
  Tensor frames = at::zeros({1, 2, 16, 16, 3}, at::kByte);
  frames[0][1][4][6][2] = 255;
  const Tensor same = to_pixels(frames, 16), smaller = to_pixels(frames, 8);
  CHECK(same.sizes() == at::IntArrayRef{1, 2, 3, 16, 16});
  CHECK(same[0][1][2][4][6].item<float>() == doctest::Approx(1));
  CHECK(same.sum().item<float>() == doctest::Approx(1));
  CHECK(smaller.sizes() == at::IntArrayRef{1, 2, 3, 8, 8});
  CHECK(smaller[0][1][2][2][3].item<float>() == doctest::Approx(0.25));
}

TEST_CASE("a shard that is missing, cut off or not the manifest's is refused by name") {
  const TemporaryDirectory directory;
  const auto copy = directory / "copy";
  const auto open = [&] { return dataset::SplitReader(copy, dataset::read_manifest(copy), "train"); };
  const auto fresh = [&] {
    std::filesystem::remove_all(copy);
    std::filesystem::copy(small_dataset(), copy, std::filesystem::copy_options::recursive);
  };
  fresh();
  std::filesystem::remove(copy / "train/shard-00001.h5");
  CHECK_THROWS_WITH_AS(open(), doctest::Contains("shard-00001.h5"), dataset::ShardError);
  fresh();
  std::filesystem::resize_file(copy / "train/shard-00000.h5", 5000);
  CHECK_THROWS_WITH_AS(open(), doctest::Contains("has 5000 bytes"), dataset::ShardError);
  fresh();
  {
    std::fstream file(copy / "train/shard-00000.h5", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(0);
    file << "not an HDF5 file";
  }
  const auto reader = open();
  std::vector<std::uint8_t> pixels(8 * reader.frame_bytes());
  CHECK_THROWS_WITH_AS(reader.read_frames("frames", {0, 0, 8}, pixels), doctest::Contains("shard-00000.h5"),
                       dataset::ShardError);
  CHECK_NOTHROW(reader.read_frames("frames", {10, 0, 8}, pixels));
  CHECK_THROWS_AS(dataset::SplitReader(copy, dataset::read_manifest(copy), "validation"),
                  dataset::ManifestError);
}

TEST_CASE("a worker's failure reaches whoever waits for the batch") {
  const TemporaryDirectory directory;
  std::filesystem::copy(small_dataset(), directory / "copy", std::filesystem::copy_options::recursive);
  const auto manifest = dataset::read_manifest(directory / "copy");
  const dataset::SplitReader reader(directory / "copy", manifest, "train");
  std::filesystem::remove(directory / "copy/train/shard-00002.h5");
  const WindowSource source = source_of(reader);
  BatchStream batches(source, 0, 2, false);
  const auto drain = [&] {
    for (int i = 0; i < 10; ++i) batches.next();
  };
  CHECK_THROWS_AS(drain(), dataset::ShardError);
}

TEST_CASE(
    "what is validated on is the validation split, noise-free frames and all, or else the end of train") {
  const auto source_for = [](const tests::SmallRun& run) {
    return window_source(run.config.settings, run.training, run.data.splits(), Observation::frames,
                         run.training.shape.frames);
  };
  const TemporaryDirectory directory;
  const tests::SmallRun with(directory / "with", {{"data", {{"validation", 5}}}},
                             tests::small_dataset_with_validation());
  const Batch of_split = source_for(with)->validation(2, 3);
  const auto expected = [&](const char* name) {
    return read_windows(*with.data.validation, name, whole_windows(2, 5), 8);
  };
  CHECK(source_for(with)->validation_size() == 5);
  CHECK(source_for(with)->training_size() == 24);
  CHECK(of_split.frames.equal(expected("frames")));
  CHECK(of_split.frames_clean.equal(expected("frames_clean")));
  CHECK_FALSE(of_split.frames.equal(of_split.frames_clean));

  const tests::SmallRun without(directory / "without");
  const Batch of_train = source_for(without)->validation(0, 4);
  CHECK(source_for(without)->training_size() == 20);
  CHECK(of_train.frames.equal(read_windows(without.data.reader, "frames", whole_windows(20, 24), 8)));
  CHECK_FALSE(of_train.frames_clean.defined());
}
