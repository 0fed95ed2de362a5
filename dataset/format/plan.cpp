#include "dataset/format/plan.hpp"

#include "dataset/format/layout.hpp"

namespace hamgen::dataset {
namespace {

Json to_json(const Plan& plan) {
  return {
      {"schema_version", schema_version}, {"generator", to_json(plan.generator)}, {"config", plan.config}};
}

void compare(const Json& there, const Json& here, const std::string& path, std::vector<std::string>& found) {
  if (there == here) return;
  if (!there.is_object() || !here.is_object()) {
    const auto text = [](const Json& value) { return value.is_discarded() ? "nothing" : value.dump(); };
    found.push_back(path + ": " + text(there) + " there, " + text(here) + " here");
    return;
  }
  Json keys = there;
  keys.update(here);
  const Json nothing(Json::value_t::discarded);
  for (const auto& [key, value] : keys.items())
    compare(there.contains(key) ? there.at(key) : nothing, here.contains(key) ? here.at(key) : nothing,
            path.empty() ? key : path + "." + key, found);
}

}  // namespace

Json to_json(const Generator& generator) {
  return {{"name", "hamgen"}, {"version", generator.version}, {"git_commit", generator.git_commit}};
}

Generator generator_from_json(const Json& json) {
  return {json.at("version").get<std::string>(), json.at("git_commit").get<std::string>()};
}

Plan make_plan(Generator generator, Json config) {
  Plan plan{.generator = std::move(generator), .config = std::move(config), .id = ""};
  plan.id = checksum_of(plan_text(plan));
  return plan;
}

std::string plan_text(const Plan& plan) {
  return seal(to_json(plan));
}

Plan read_plan(const std::filesystem::path& dataset) {
  Plan plan;
  read_sealed(dataset, plan_name, std::uint64_t{1} << 20, [&](const Json& json) {
    plan = {.generator = generator_from_json(json.at("generator")),
            .config = json.at("config"),
            .id = json.at("checksum").get<std::string>()};
  });
  return plan;
}

std::vector<std::string> differences(const Json& there, const Json& here) {
  std::vector<std::string> found;
  compare(there, here, "", found);
  return found;
}

}  // namespace hamgen::dataset
