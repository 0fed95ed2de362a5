#include "apps/generate/redraws.hpp"

#include <doctest/doctest.h>

using namespace hamgen;
using namespace hamgen::apps;

namespace {

dataset::ShardStatistics with(std::uint64_t redraws) {
  return {.redraws = redraws, .redraw_reasons = {{"stalled", redraws}}};
}

dataset::Manifest manifest_of(std::uint64_t redraws) {
  dataset::Manifest manifest;
  dataset::SplitRecord split;
  split.name = "train";
  dataset::ShardRecord shard;
  shard.file = "train/shard-00000.h5";
  shard.last = 98;
  shard.statistics = with(redraws);
  split.shards.push_back(shard);
  manifest.splits.push_back(split);
  return manifest;
}

}  // namespace

TEST_CASE("reasons have names, and those that did not happen have none") {
  simulators::RedrawCounts counts{};
  CHECK(redraw_reasons(counts).empty());
  counts[static_cast<std::size_t>(simulators::Redraw::stalled)] = 3;
  CHECK(redraw_reasons(counts) == std::map<std::string, std::uint64_t>{{"stalled", 3}});
}

TEST_CASE("more than a fifth of all starts is too many, as soon as it is certain; a handful never is") {
  CHECK_NOTHROW(require_few_redraws("train", 100, with(25)));
  CHECK_THROWS_WITH_AS(require_few_redraws("train", 100, with(26)),
                       doctest::Contains("26 were given up (stalled 26), more than 20 % of those drawn"),
                       TooManyRedraws);
  CHECK_THROWS_WITH_AS(require_few_redraws("train", 100, with(26)),
                       doctest::Contains("--set integrator.allow_redraws=true"), TooManyRedraws);
  CHECK_NOTHROW(require_few_redraws("train", 1, with(4)));
  CHECK_THROWS_AS(require_few_redraws("train", 1, with(5)), TooManyRedraws);
}

TEST_CASE("more than a hundredth is told, with the reasons") {
  CHECK(redraw_warning(manifest_of(0)).empty());
  CHECK(redraw_warning(manifest_of(1)).empty());
  const std::string warning = redraw_warning(manifest_of(11));
  CHECK(warning.starts_with("WARNING: 10.0 % of the starts drawn for train"));
  CHECK(warning.find("(stalled 11)") != std::string::npos);
}

TEST_CASE("redraws are allowed where the configuration says so, or is older than the question") {
  Config config = default_config("pendulum");
  dataset::Plan plan;
  plan.config = to_json(config);
  CHECK_FALSE(allows_redraws(config, plan));
  plan.config["integrator"].erase("allow_redraws");
  CHECK(allows_redraws(config, plan));
  const Config willing =
      config_from_json({{"system", "pendulum"}, {"integrator", {{"allow_redraws", true}}}});
  plan.config = to_json(willing);
  CHECK(allows_redraws(willing, plan));
}
