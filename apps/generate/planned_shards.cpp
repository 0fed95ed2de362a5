#include "apps/generate/planned_shards.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "apps/shell/version.hpp"
#include "render/frame_renderer.hpp"

namespace hamgen::apps {

using simulators::Split;

std::vector<PlannedShard> planned_shards(const Config& config) {
  const std::int64_t size = config.shard_size();
  std::vector<PlannedShard> shards;
  for (const SplitConfig& split : config.splits)
    for (std::int64_t first = 0; first < split.size; first += size)
      shards.push_back({.split = split.split,
                        .number = static_cast<std::uint64_t>(first / size),
                        .first = first,
                        .last = std::min(first + size, split.size) - 1});
  return shards;
}

std::string note_on_indices(const Config& config) {
  const auto& largest = std::ranges::max(config.splits, {}, &SplitConfig::size);
  const std::int64_t shards = (largest.size + config.shard_size() - 1) / config.shard_size();
  if (shards <= most_shards_of_index) return "";
  return fmt::format(
      "note: to read all of {}.h5 takes {} open files, and a process often has no more than 1024 (ulimit -n): "
      "what cannot be opened reads as NaN, and as black frames. Without shard_size, {} would do",
      split_name(largest.split), shards, most_shards_of_index);
}

// All splits see the world through the train split's view.
Simulations::Simulations(const Config& config) {
  const auto labels = [](const simulators::Simulation& simulation) {
    std::vector<std::string> names = simulation.system().coordinate_names();
    for (const auto& label : simulation.parameter_labels()) names.push_back(label.name);
    return names;
  };
  const auto half_width = std::ranges::find(config.fields, "view.half_width", &schemas::Field::path);
  for (SplitConfig split : config.splits) {
    if (!simulations_.empty()) split.settings.set(*half_width, train().nominal_view().half_width);
    auto simulation = std::make_unique<simulators::Simulation>(*config.system, split.settings);
    const auto require = [&](bool is_so, const char* what) {
      if (!is_so)
        throw schemas::FieldError(
            fmt::format("{} is not allowed: its trajectories would have {} than those of train",
                        split_name(split.split), what));
    };
    if (!simulations_.empty()) {
      require(labels(*simulation) == labels(train()), "other coordinates or constants");
      require(simulation->has_friction() == train().has_friction(),
              "another kind of motion (with or without friction)");
      require(simulation->hamiltonian() == train().hamiltonian(), "another Hamiltonian");
    }
    simulations_.emplace(split.split, std::move(simulation));
  }
}

dataset::Plan plan_of(const Config& config) {
  return dataset::make_plan(this_generator(), to_json(config));
}

dataset::Generator this_generator() {
  return {.version = version, .git_commit = git_commit};
}

std::array<std::uint64_t, 4> frame_shape(const Config& config, const simulators::Simulation& simulation) {
  const auto size = static_cast<std::uint64_t>(config.settings.integer("image.size"));
  return {simulation.frames(), size, size, 3};
}

Config config_of(const std::filesystem::path& dataset, const dataset::Plan& plan) {
  // A field that the plan does not know is younger: its default is what the program did before. Other than today's:
  // there was no validation split, and no space around pendulums.
  dataset::Json known{{"n_validation", 0}, {"view", {{"margin", 0.0}}}};
  merge(known, plan.config);
  Config config = config_from_json(known);
  const auto found = dataset::differences(plan.config, to_json_like(config, plan.config));
  if (!found.empty())
    throw dataset::ManifestError(dataset.string() + " was begun by hamgen " + plan.generator.version +
                                 ", whose configuration this one does not have: " + listed(found, 5));
  return config;
}

dataset::SplitHeader split_header(const Config& config, const Simulations& simulations,
                                  const dataset::Plan& plan, Split split) {
  const simulators::Simulation& simulation = simulations.of(split);
  const auto& system = simulation.system();
  const auto& settings = config.settings;
  const auto size = static_cast<std::size_t>(settings.integer("image.size"));
  dataset::SplitHeader header;
  header.split = split_name(split);
  header.has_friction = simulation.has_friction();
  header.attributes = {{"schema_version", dataset::schema_version},
                       {"system", config.system->name},
                       {"hamiltonian", simulation.hamiltonian()},
                       {"reference", config.system->reference},
                       {"split", header.split},
                       {"config", plan.config.dump()},
                       {"seed", settings.integer("seed")},
                       {"generator", "hamgen"},
                       {"generator_version", plan.generator.version},
                       {"git_commit", plan.generator.git_commit},
                       {"solver", settings.text("integrator.method")},
                       {"absolute_tolerance", settings.real("integrator.absolute_tolerance")},
                       {"relative_tolerance", settings.real("integrator.relative_tolerance")},
                       {"max_energy_drift", simulation.max_energy_drift()}};
  header.time = simulation.times();
  header.x = render::column_x(size, simulation.nominal_view().half_width);
  header.y = render::row_y(size, simulation.nominal_view().half_width);
  header.coordinates = system.coordinate_names();
  for (const auto& label : simulation.parameter_labels()) {
    header.parameters.push_back(label.name);
    header.parameter_units.push_back(label.unit);
  }
  header.position_unit = system.position_unit();
  header.momentum_unit = system.momentum_unit();
  header.energy_unit = system.energy_unit();
  return header;
}

std::string listed(const std::vector<std::string>& items, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(most, items.size()); ++i) text += (i == 0 ? "" : "; ") + items[i];
  if (items.size() > most) text += "; and " + std::to_string(items.size() - most) + " more";
  return text;
}

}  // namespace hamgen::apps
