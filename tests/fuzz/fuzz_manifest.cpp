// Any bytes as manifest.json, a record or plan.json, as they are and with a checksum that is right: accepted,
// or refused as damaged. What is accepted is written and read again alike.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "dataset/format/manifest.hpp"

using namespace hamgen::dataset;

namespace {

template <class Use>
void refused_or(Use use) {
  try {
    use();
  } catch (const ManifestError&) {
  } catch (const Json::exception&) {  // a member that is missing or of another type
  }
}

void use_object(const Json& json) {
  refused_or([&] {
    const Manifest manifest = manifest_from_json(json);
    if (manifest_text(manifest_from_json(to_json(manifest))) != manifest_text(manifest)) std::abort();
    for (const SplitRecord& split : manifest.splits) split.statistics();
  });
  for (const char* split : {"train", "test"})
    refused_or([&] {
      const ShardRecord record = record_from_json(json, split);
      if (record.trajectories() == 0 || record_from_json(to_json(record), split) != record) std::abort();
    });
  refused_or([&] { generator_from_json(json.at("generator")); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  refused_or([&] { use_object(unseal(text)); });
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return 0;
  refused_or([&] { use_object(unseal(seal(json))); });
  refused_or([&] {  // as a liar would who knows the format
    Json sealed = json;
    sealed["plan"] = make_plan(generator_from_json(json.at("generator")), json.at("config")).id;
    use_object(unseal(seal(sealed)));
  });
  return 0;
}
