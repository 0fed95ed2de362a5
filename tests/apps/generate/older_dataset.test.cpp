// Datasets that an older hamgen made are what they were: read, verified, made again byte for byte.
#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "apps/generate/finish.hpp"
#include "apps/inspect/verify.hpp"
#include "dataset/files/commit.hpp"
#include "dataset/format/claim.hpp"
#include "dataset/shards/split_reader.hpp"
#include "render/canvas.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen;
using namespace hamgen::apps;

namespace {

// As it was made before there were view.margin and a standard error of the noise floor.
void make_older_pendulums(const std::filesystem::path& out) {
  Json older = to_json(config_from_json({{"system", "pendulum"},
                                         {"n", 4},
                                         {"n_test", 2},
                                         {"n_validation", 0},
                                         {"steps", 3},
                                         {"image", {{"size", 16}}}}));
  older["view"].erase("margin");
  const dataset::Plan plan = dataset::make_plan(this_generator(), older);
  const auto claim = dataset::Claim::of_plan(out, plan, dataset::Writers::alone, false);
  const Config config = config_of(out, plan);
  const Simulations simulations(config);
  const Making making{config, simulations, plan, out, 1, true};
  Inventory inventory = take_inventory(out, plan.id, planned_shards(config), nullptr);
  std::vector<std::string> found;
  complete(making, inventory, found);
  dataset::Manifest manifest = write_finish(making, inventory.finished, nullptr).manifest;
  manifest.yardsticks.draws = 64;
  manifest.yardsticks.noise_floor_standard_error.reset();
  dataset::commit_file(out / dataset::manifest_name, dataset::manifest_text(manifest));
}

}  // namespace

TEST_CASE("a dataset of before there was view.margin is intact, and its discs touch the border as they did") {
  const TemporaryDirectory directory;
  const auto out = directory / "data";
  make_older_pendulums(out);

  const Verification found =
      verify(out, {.full = true, .regenerate = SampleSize{.count = 6}, .threads = 1, .quiet = true});
  for (const Problem& problem : found.problems) FAIL_CHECK(problem.file << ": " << problem.what);
  CHECK(found.regenerated_exactly == 6);

  const dataset::Manifest manifest = dataset::read_manifest(out);
  CHECK_FALSE(manifest.plan.config.at("view").contains("margin"));
  CHECK_FALSE(manifest.yardsticks.noise_floor_standard_error);
  const dataset::SplitReader reader(out, manifest, "train");
  const double half_width = 1 + std::sqrt(0.5 / std::numbers::pi);  // rod and disc, and nothing beside them
  for (const auto& [name, values] : reader.shard(0).map().labels)
    if (name == "x") CHECK(values == dataset::LabelValues(render::column_x(16, half_width)));
}
