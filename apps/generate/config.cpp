#include "apps/generate/config.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dataset/files/deflate.hpp"
#include "dataset/format/layout.hpp"
#include "render/frame_renderer.hpp"
#include "simulators/trajectory.hpp"

namespace hamgen::apps {
namespace {

using schemas::Field;
using schemas::FieldError;

std::vector<Field> dataset_fields() {
  using namespace schemas;
  constexpr double most = 1e9;
  return {
      integer("n", 1000, "trajectory", "trajectories of the train split").at_least(1).at_most(most),
      integer("n_test", 0, "trajectory", "trajectories of the test split; null: n / 5")
          .at_least(0)
          .at_most(most)
          .or_automatic(),
      integer(
          "n_validation", 0, "trajectory",
          "trajectories of the validation split, for choosing (recipes, the best weights) without looking at "
          "the test split; null: n / 5, at most 200")
          .at_least(0)
          .at_most(most)
          .or_automatic(),
      integer("seed", 0, "", "seed of every random number")
          .at_least(0)
          .at_most(static_cast<double>(largest_integer)),
      integer(
          "shard_size", 500, "trajectory",
          "trajectories of a shard, which is made in memory; null: 500, and as many more as keep the largest "
          "split to 200 shards")
          .at_least(1)
          .at_most(most)
          .or_automatic(),
      integer("compression", 1, "", "deflate level of the frames, from fastest to densest")
          .at_least(dataset::fastest_compression)
          .at_most(dataset::densest_compression),
  };
}

// Limits that no single field can state.
void check_together(const Config& config) {
  double trajectories = 0;
  for (const SplitConfig& split : config.splits) {
    trajectories += static_cast<double>(split.size);
    const auto frames = static_cast<double>(split.settings.integer("steps") + 1);
    const auto size = static_cast<double>(config.settings.integer("image.size"));
    constexpr double most = 1 << 30;
    if (frames * size * size * 3 > most)
      throw FieldError(fmt::format(
          "{}steps = {} with image.size = {} is not allowed: one trajectory's frames would take {:.1f} "
          "GB, and at most 1 GB is possible",
          split.split == simulators::Split::test_extrapolate ? "test_extrapolate." : "", frames - 1, size,
          frames * size * size * 3 / most));
  }
  constexpr double most_shards = 1e6;
  if (trajectories / static_cast<double>(config.shard_size()) > most_shards)
    throw FieldError(fmt::format(
        "shard_size = {} is not allowed with {} trajectories: at most a million shards are possible",
        config.shard_size(), trajectories));
}

std::vector<Field> fields_for(const Question& question, const std::vector<Field>& all) {
  const std::string prefix = question.field;
  std::vector<Field> fields{
      schemas::integer("n", 0, "trajectory", "trajectories of the split").at_least(1).at_most(1e9)};
  for (const Field& field : all)
    if (field.path == prefix || (prefix.ends_with('.') && field.path.starts_with(prefix)))
      fields.push_back(field);
  return fields;
}

// Checks a question's block and puts it into `config`, with nothing but what it sets.
void take_block(const Question& question, const Json& block, Config& config) {
  const std::string name = split_name(question.split);
  const auto refuse = [&] {
    const std::string field = question.field;
    throw FieldError(fmt::format("{} = {} is not allowed: expected \"n\" and at least one value of {}{}",
                                 name, block.dump(), field, field.ends_with('.') ? "*" : ""));
  };
  if (!block.is_object() || !block.contains("n")) refuse();
  const auto fields = fields_for(question, config.fields);
  schemas::Settings settings(fields);
  try {
    apply(block, fields, settings, {" in " + name, "docs/configuration.md"});
  } catch (const FieldError& error) {
    throw FieldError(name + ": " + error.what());
  }
  std::vector<Field> given;
  std::ranges::copy_if(fields, std::back_inserter(given),
                       [&](const Field& field) { return contains(block, field); });
  if (given.size() < 2) refuse();
  config.blocks[name] = to_json(given, settings);
  if (question.split == simulators::Split::test_extrapolate &&
      settings.integer("steps") <= config.settings.integer("steps"))
    throw FieldError(fmt::format("{}.steps = {} is not allowed: expected more than the {} of train", name,
                                 settings.integer("steps"), config.settings.integer("steps")));
}

std::vector<SplitConfig> splits_of(const Config& config) {
  using simulators::Split;
  std::vector<SplitConfig> list{{Split::train, config.train_size(), config.settings}};
  if (config.test_size() > 0) list.push_back({Split::test, config.test_size(), config.settings});
  for (const Question& question : questions()) {
    const auto block = config.blocks.find(split_name(question.split));
    if (block == config.blocks.end()) continue;
    SplitConfig split{question.split, block->at("n").get<std::int64_t>(), config.settings};
    Json changes = *block;
    changes.erase("n");
    apply(changes, config.fields, split.settings, {});
    list.push_back(std::move(split));
  }
  if (config.validation_size() > 0)
    list.push_back({Split::validation, config.validation_size(), config.settings});
  return list;
}

// Of these fields.
Json json_of(const Config& config, const std::vector<Field>& fields) {
  Json json{{"system", config.system->name}};
  json.update(to_json(fields, config.settings));
  json["n_test"] = config.test_size();
  if (json.contains("n_validation")) json["n_validation"] = config.validation_size();
  json["shard_size"] = config.shard_size();
  json.update(config.blocks);
  return json;
}

}  // namespace

static_assert(std::size(dataset::split_names) == static_cast<std::size_t>(simulators::Split::validation) + 1,
              "simulators::Split and dataset::split_names list the same splits in the same order");

const char* split_name(simulators::Split split) {
  return dataset::split_names[static_cast<std::size_t>(split)];
}

simulators::Split split_named(const std::string& name) {
  const auto found = std::ranges::find(dataset::split_names, name);
  if (found == std::end(dataset::split_names)) throw std::out_of_range("no split " + name);
  return static_cast<simulators::Split>(found - std::begin(dataset::split_names));
}

const std::vector<Question>& questions() {
  using simulators::Split;
  static const std::vector<Question> rows{
      {Split::test_extrapolate, "steps", "longer trajectories than any that was learned from"},
      {Split::test_energy, "start.", "starts of other energies: values of `start.*`"},
      {Split::test_parameters, "physics.", "other constants: values of `physics.*`"},
  };
  return rows;
}

std::vector<Field> fields_of(const simulators::SystemDescriptor& system) {
  std::vector<Field> fields = dataset_fields();
  for (auto& group : {system.fields, simulators::Simulation::fields(), render::Canvas::fields(),
                      simulators::Look::fields()})
    fields.insert(fields.end(), group.begin(), group.end());
  for (const auto& [path, value] : system.defaults) {
    const auto field = std::ranges::find(fields, path, &Field::path);
    if (field == fields.end())
      throw std::logic_error(system.name + " sets a default of unknown field " + path);
    field->fallback = field->checked(value);
  }
  return fields;
}

std::int64_t Config::test_size() const {
  return settings.is_automatic("n_test") ? train_size() / 5 : settings.integer("n_test");
}

std::int64_t Config::validation_size() const {
  constexpr std::int64_t usual = 200;
  return settings.is_automatic("n_validation") ? std::min(usual, train_size() / 5)
                                               : settings.integer("n_validation");
}

std::int64_t Config::shard_size() const {
  if (!settings.is_automatic("shard_size")) return settings.integer("shard_size");
  constexpr std::int64_t usual = 500;
  const std::int64_t largest = std::ranges::max(splits, {}, &SplitConfig::size).size;
  return std::max(usual, (largest + most_shards_of_index - 1) / most_shards_of_index);
}

Config default_config(const std::string& system) {
  Config config;
  config.system = &simulators::find_system(system);
  config.fields = fields_of(*config.system);
  config.settings = schemas::Settings(config.fields);
  config.splits = splits_of(config);
  return config;
}

Config config_from_json(const Json& json) {
  if (!json.is_object()) throw FieldError("the configuration is not a JSON object");
  const auto system = json.find("system");
  if (system == json.end())
    throw FieldError("no system is chosen: give --system NAME (hamgen systems lists them)");
  if (!system->is_string())
    throw FieldError("system = " + system->dump() + " is not allowed: expected a name");
  Config config = default_config(system->get<std::string>());
  Json rest = json;
  rest.erase("system");
  for (const Question& question : questions()) rest.erase(split_name(question.split));
  apply(rest, config.fields, config.settings,
        {" for system " + config.system->name, "hamgen --system " + config.system->name + " --print-config"});
  for (const Question& question : questions())
    if (const auto block = json.find(split_name(question.split)); block != json.end() && !block->is_null())
      take_block(question, *block, config);
  config.splits = splits_of(config);
  check_together(config);
  return config;
}

Json to_json(const Config& config) {
  return json_of(config, config.fields);
}

Json to_json_like(const Config& config, const Json& like) {
  std::vector<Field> known;
  std::ranges::copy_if(config.fields, std::back_inserter(known),
                       [&](const Field& field) { return contains(like, field); });
  return json_of(config, known);
}

Json json_schema() {
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "Configuration of a hamgen dataset"},
              {"oneOf", Json::array()}};
  for (const auto& system : simulators::systems()) {
    Json variant = object_schema(fields_of(system));
    variant["title"] = system.name + ": " + system.hamiltonian;
    variant["properties"]["system"] = {{"const", system.name}};
    for (const Question& question : questions()) {
      Json block = object_schema(fields_for(question, fields_of(system)));
      block["description"] = question.help;
      block["required"] = {"n"};
      block["minProperties"] = 2;
      variant["properties"][split_name(question.split)] = std::move(block);
    }
    variant["required"] = {"system"};
    schema["oneOf"].push_back(std::move(variant));
  }
  return schema;
}

std::string config_reference() {
  std::string page =
      "# Configuration reference\n\nGenerated by `hamgen reference config`. Every field can be given in a "
      "JSON file (`--config`) as nested objects or on the command line (`--set path=value`).\n\n## All "
      "systems\n\n" +
      std::string(table_head);
  const auto is_common = [](const Field& field) {
    return std::ranges::all_of(simulators::systems(), [&](const auto& system) {
      return std::ranges::find(system.fields, field.path, &Field::path) == system.fields.end();
    });
  };
  const auto& systems = simulators::systems();
  for (const Field& field : fields_of(systems.front()))
    if (is_common(field)) page += table_row(field);
  page +=
      "\n### Generalisation splits\n\nA block of its own makes a further test split: `n` trajectories "
      "that differ from those of `train` and `test` in what the block sets. The view stays that of "
      "`train`.\n\n"
      "    {\"test_energy\": {\"n\": 500, \"start\": {\"radius\": [1.0, 1.5]}}}\n\n| block | what it asks "
      "|\n|---|---|\n";
  for (const Question& question : questions())
    page += fmt::format("| `{}` | {} |\n", split_name(question.split), question.help);
  for (const auto& system : systems) {
    page += "\n## " + system.name + "\n\n" + system.summary + " (" + system.reference + ")\n\n    " +
            system.hamiltonian + "\n\n" + table_head;
    for (const Field& field : fields_of(system)) {
      const bool has_own_default =
          std::ranges::any_of(system.defaults, [&](const auto& d) { return d.first == field.path; });
      if (!is_common(field) || has_own_default) page += table_row(field);
    }
  }
  return page;
}

}  // namespace hamgen::apps
