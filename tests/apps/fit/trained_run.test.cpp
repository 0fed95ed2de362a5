#include "apps/fit/trained_run.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "apps/fit/fit.hpp"
#include "dataset/files/file.hpp"
#include "model/training/checkpoint.hpp"
#include "model/training/safetensors.hpp"
#include "tests/model/small_dataset.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen;
using namespace hamgen::apps;
namespace fs = std::filesystem;

namespace {

// A finished run of two steps.
fs::path trained(const fs::path& directory, const Json& changes = Json::object()) {
  FitOptions options;
  options.data = tests::small_dataset();
  options.out = directory;
  options.quiet = true;
  options.max_steps = 2;
  fit(tests::small_config(changes), options);
  return directory;
}

void replace_text(const fs::path& file, const std::string& from, const std::string& to) {
  std::string text((std::istreambuf_iterator<char>(std::ifstream(file).rdbuf())), {});
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  std::ofstream(file) << text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a finished run gives back its model: configuration, shape, weights, and what it is called") {
  const TemporaryDirectory directory;
  const TrainedRun run = load_run(trained(directory / "run"));
  CHECK(is_run(directory / "run"));
  REQUIRE(run.video() != nullptr);
  CHECK(run.title() == "hgn leapfrog");
  CHECK(run.shape.frames == 8);
  CHECK(run.shape.image_size == 16);
  CHECK(run.result.at("steps") == 2);
  const auto weights = model::read_safetensors(directory / "run" / run_file::weights);
  for (const auto& [name, tensor] : model::tensors_of(*run.network)) CHECK(tensor.equal(weights.at(name)));
  CHECK(is_its_dataset(directory / "run", tests::small_dataset()));
}

TEST_CASE("what is special about a model stands in its title") {
  const TemporaryDirectory directory;
  const Json changes{{"latent", {{"deterministic", true}}}, {"integrator", {{"method", "rk4"}}}};
  CHECK(load_run(trained(directory / "run", changes)).title() == "hgn rk4, deterministic");
}

TEST_CASE("what is no finished run is refused by name") {
  const TemporaryDirectory directory;
  CHECK_FALSE(is_run(directory.path()));
  CHECK_THROWS_WITH_AS(load_run(directory.path()), doctest::Contains(directory.path().string().c_str()),
                       dataset::FileError);
  const fs::path run = trained(directory / "run");
  fs::remove(run / run_file::result);
  CHECK_THROWS_AS(load_run(run), dataset::FileError);
}

TEST_CASE("weights that are damaged, or of another model, are not taken") {
  const TemporaryDirectory directory;
  const fs::path run = trained(directory / "run");
  SUBCASE("cut short") {
    fs::resize_file(run / run_file::weights, fs::file_size(run / run_file::weights) - 4);
    CHECK_THROWS_AS(load_run(run), model::SafetensorsError);
  }
  SUBCASE("another model's") {
    replace_text(run / run_file::config, "\"q_channels\": ", "\"q_channels\": 1");
    CHECK_THROWS_WITH_AS(load_run(run), doctest::Contains("config.json has changed since"),
                         dataset::FileError);
  }
  SUBCASE("another model's, which do not say what they were trained with") {
    const model::TensorFile file = model::read_safetensors(run / run_file::weights);
    model::write_safetensors(run / run_file::weights, file.tensors, {});
    CHECK_NOTHROW(load_run(run));
    replace_text(run / run_file::config, "\"q_channels\": ", "\"q_channels\": 1");
    CHECK_THROWS_AS(load_run(run), model::CheckpointError);
  }
}

TEST_CASE("what a run tells of itself is not taken where it is damaged; of before it had checksums it is") {
  const TemporaryDirectory directory;
  const fs::path run = trained(directory / "run");
  for (const char* name : {run_file::about, run_file::result}) {
    CAPTURE(name);
    Json told = read_sealed(run / name);
    CHECK_FALSE(told.contains("checksum"));
    const auto tell = [&](const std::string& text) { std::ofstream(run / name) << text; };
    std::string damaged = dataset::seal(told);
    damaged[damaged.find("\"", 4) + 1] ^= 1;
    tell(damaged);
    CHECK_THROWS_AS(load_run(run), dataset::FileError);
    tell(told.dump(2));  // without, beside weights that are younger than that
    CHECK_THROWS_WITH_AS(load_run(run), doctest::Contains("no checksum"), dataset::FileError);
    const model::TensorFile file = model::read_safetensors(run / run_file::weights);
    model::Metadata older = file.metadata;
    older.erase("settings");
    model::write_safetensors(run / run_file::weights, file.tensors, older);
    CHECK_NOTHROW(load_run(run));
    model::write_safetensors(run / run_file::weights, file.tensors, file.metadata);
    tell(dataset::seal(told));
    CHECK_NOTHROW(load_run(run));
  }
}

TEST_CASE("a dataset that a run cannot look at is refused, with what differs") {
  const TemporaryDirectory directory;
  const TrainedRun run = load_run(trained(directory / "run"));
  dataset::Manifest manifest = dataset::read_manifest(tests::small_dataset());
  require_suitable(run, manifest, 1);
  SUBCASE("fewer frames") {
    manifest.frame_shape[0] = 7;
    CHECK_THROWS_WITH_AS(require_suitable(run, manifest, 1), doctest::Contains("trajectories have 7"),
                         schemas::FieldError);
  }
  SUBCASE("frames that do not divide") {
    manifest.frame_shape[1] = manifest.frame_shape[2] = 24;
    CHECK_THROWS_WITH_AS(require_suitable(run, manifest, 1), doctest::Contains("no multiple"),
                         schemas::FieldError);
  }
  SUBCASE("another time between frames") {
    manifest.plan.config["dt"] = 0.5;
    CHECK_THROWS_WITH_AS(require_suitable(run, manifest, 1), doctest::Contains("apart"), schemas::FieldError);
  }
}
