// Any bytes as a configuration file: a configuration, or a FieldError. What is accepted comes back from its
// own JSON, and has a plan of shards.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "apps/generate/planned_shards.hpp"

using namespace hamgen;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const apps::Config config = apps::config_from_json(apps::parse_json(text));
    const apps::Json json = apps::to_json(config);
    if (apps::to_json(apps::config_from_json(json)) != json) std::abort();
    if (config.train_size() / config.shard_size() < 10'000 && apps::planned_shards(config).empty())
      std::abort();
  } catch (const schemas::FieldError&) {
  }
  return 0;
}
