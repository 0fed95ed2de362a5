#include "model/data/points.hpp"

#include <doctest/doctest.h>

#include <set>

#include "apps/fit/fit_data.hpp"
#include "dataset/shards/hdf5.hpp"
#include "dataset/shards/table_file.hpp"
#include "model/metrics/density_metrics.hpp"
#include "tests/model/density_fixture.hpp"
#include "tests/model/small_dataset.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen;
using namespace hamgen::model;
using doctest::Approx;

namespace {

apps::FitConfig config_of(const apps::Json& changes) {
  apps::Json json{{"model", "nhf"},
                  {"threads", 1},
                  {"device", "cpu"},
                  {"precision", "fp32"},
                  {"flow", {{"hamiltonians", 2}, {"hidden", {32, 32}}}},
                  {"encoder", {{"hidden", {32, 32}}, {"covariance", "full"}}},
                  {"prior", {{"kind", "normal"}}}};
  apps::merge(json, changes);
  return apps::fit_config_from_json(json);
}

// Rows of columns numbers in dataset "name" of a new file.
void write_table(const std::filesystem::path& file, const std::vector<hsize_t>& extents, double scale = 1) {
  hsize_t size = 1;
  for (const hsize_t extent : extents) size *= extent;
  std::vector<double> values(size);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = scale * static_cast<double>(i);
  const dataset::hdf5::Handle h5(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose,
                                 "create");
  const auto space = dataset::hdf5::dataspace(extents);
  const dataset::hdf5::Handle set(
      H5Dcreate2(h5, "points", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose,
      "create");
  dataset::hdf5::write_all(set, dataset::Element::f64, values.data());
}

}  // namespace

TEST_CASE("points of shards are the numbers in them: fields side by side, at a frame or at any") {
  const tests::SmallData data;
  const dataset::SplitReader test(tests::small_dataset(), data.manifest, "test");
  const auto q = data.reader.numbers("q", 0, 24), p = data.reader.numbers("p_observed", 0, 24);
  const auto fixed = config_of({{"data", {{"field", {"q", "p_observed"}}, {"frame", 3}}}});
  const PointData at_three = dataset_points(fixed.settings, data.reader, test);
  CHECK(at_three.train.sizes() == at::IntArrayRef{24, 1, 2});
  CHECK(at_three.train[5][0][0].item<double>() == q[5 * 8 + 3]);
  CHECK(at_three.train[5][0][1].item<double>() == p[5 * 8 + 3]);
  const auto any = config_of(
      {{"data", {{"field", {"q"}}, {"frame", nullptr}, {"validation", 4}}}, {"train", {{"batch", 10}}}});
  const PointData anywhere = dataset_points(any.settings, data.reader, test);
  CHECK(anywhere.train.sizes() == at::IntArrayRef{24, 8, 1});
  const TrainingData training = point_training_data(any.settings, anywhere);
  CHECK(training.training == 20);
  CHECK(training.shape.coordinates == 1);
  // Two batches are an epoch: one point of each trajectory, none of those that are held out.
  const auto source = point_source(any.settings, training, anywhere);
  std::multiset<float> seen;
  for (const std::uint64_t step : {0, 1}) {
    const Tensor points = source->training(step, false).points;
    for (std::int64_t i = 0; i < 10; ++i) seen.insert(points[i][0].item<float>());
  }
  for (std::size_t row = 0; row < 24; ++row) {
    int found = 0;
    for (std::size_t t = 0; t < 8; ++t)
      found += static_cast<int>(seen.count(static_cast<float>(q[row * 8 + t])));
    CHECK(found == (row < 20 ? 1 : 0));
  }
  for (const apps::Json& wrong :
       {apps::Json{{"field", {"frames"}}}, apps::Json{{"field", {"velocity"}}}, apps::Json{{"frame", 8}}})
    CHECK_THROWS_AS(dataset_points(config_of({{"data", wrong}}).settings, data.reader, test),
                    schemas::FieldError);
}

TEST_CASE("points of a target are new in every step, the same for equal seeds") {
  const auto config = config_of({{"data", {{"target", "ring"}}}});
  const PointData points = target_points(config.settings);
  const TrainingData training = point_training_data(config.settings, points);
  const auto a = point_source(config.settings, training, points),
             b = point_source(config.settings, training, points);
  CHECK(at::equal(a->training(7, false).points, b->training(7, false).points));
  CHECK(!at::equal(a->training(7, false).points, a->training(8, false).points));
  CHECK(a->training_size() == 0);
  CHECK(a->validation_size() == 10'000);
  CHECK(training.shape.point_std.at(0) == Approx(2.03).epsilon(0.02));  // sqrt(8 / 2 + 0.354^2)
  CHECK(!at::equal(test_points(points, 10).to(at::kFloat), a->validation(0, 10).points));
}

TEST_CASE("tables in HDF5 files: rows are points; what is none is refused by name") {
  const TemporaryDirectory directory;
  const auto file = directory / "table.h5";
  write_table(file, {30, 2});
  const auto config = config_of({{"data", {{"field", {"points"}}}}});
  const apps::FitData data(config, file);
  CHECK(data.points()->train.sizes() == at::IntArrayRef{27, 1, 2});
  CHECK(data.points()->test[0][0][1].item<double>() == 55);
  CHECK(data.training().fingerprint.size() == 64);
  CHECK_THROWS_WITH_AS(apps::FitData(config_of({{"data", {{"field", {"other"}}}}}), file),
                       doctest::Contains("it has: points"), dataset::TableError);
  write_table(file, {30, 2, 2});
  CHECK_THROWS_WITH_AS(apps::FitData(config, file), doctest::Contains("3 axes"), dataset::TableError);
  write_table(file, {30, 2}, 1e38);
  CHECK_THROWS_WITH_AS(apps::FitData(config, file), doctest::Contains("not finite"), dataset::TableError);
  write_table(file, {2, 2});
  CHECK_THROWS_AS(apps::FitData(config, file), dataset::TableError);
  std::filesystem::resize_file(file, 600);
  CHECK_THROWS_AS(apps::FitData(config, file), dataset::TableError);
  CHECK_THROWS_AS(apps::FitData(config, {}), schemas::FieldError);  // neither data nor a target
  CHECK_THROWS_AS(apps::FitData(config_of({{"data", {{"target", "ring"}}}}), file), schemas::FieldError);
}

TEST_CASE("a Gaussian is learned to within 0.02 nats of its entropy") {
  const TemporaryDirectory directory;
  const auto config = config_of({{"data", {{"target", "gaussian"}, {"validation", 1000}}},
                                 {"optimizer", {{"learning_rate", 0.003}, {"schedule", "cosine"}}},
                                 {"train", {{"steps", 1500}, {"batch", 256}}}});
  apps::FitData data(config, {});
  const auto network =
      std::dynamic_pointer_cast<Nhf>(config.model->make(config.settings, data.training().shape));
  Trainer trainer(config.settings, data.training(), data.source(config, *network), network, at::kCPU,
                  directory / "run");
  CHECK(trainer.train({}, {}) == Ending::finished);
  const Target& target = *data.points()->target;
  const Tensor points = test_points(*data.points(), 2000);
  const auto bounds = likelihood_bounds(*network, points, {1, 10, 100}, at::kCPU);
  const double exact = target.log_density(points).mean().item<double>();
  CHECK(bounds.front().mean <= bounds.back().mean);
  CHECK(bounds.back().mean <= exact + 0.005);
  CHECK(exact - bounds.back().mean < 0.02);
  const auto grid = compare_on_grid(*network, target, 60, 50, at::kCPU);
  CHECK(grid.mass == Approx(1).epsilon(0.01));
  CHECK(grid.divergence < 0.02);
}

TEST_CASE("metrics of densities, where the answers are known") {
  const auto ring = make_target("ring");
  auto generator = make_generator(1);
  const Tensor samples = ring->sample(20'000, generator);
  const auto whole = mode_coverage(samples, *ring);
  CHECK(whole.covered == 8);
  CHECK(whole.largest_error < 0.1);
  CHECK(whole.stray < 0.015);
  const Tensor right = samples.index({samples.select(1, 0) > 0.5});
  CHECK(mode_coverage(right, *ring).covered == 3);
  CHECK(mode_coverage(samples + 100, *ring).stray == Approx(1));
  // A kernel density estimate of one point is the kernel.
  const Tensor one = at::zeros({1, 2}, at::kDouble), places = square_grid(3, 60);
  const Tensor density = kernel_density(one, places, 0.3);
  CHECK(density.sum().item<double>() * 0.01 == Approx(1).epsilon(1e-6));
}
