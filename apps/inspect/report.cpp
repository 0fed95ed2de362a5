#include "apps/inspect/report.hpp"

#include <fmt/format.h>

#include <chrono>
#include <numeric>

#include "apps/generate/planned_shards.hpp"
#include "apps/generate/producer.hpp"
#include "apps/generate/suite.hpp"
#include "apps/shell/progress.hpp"

namespace hamgen::apps {
namespace {

namespace fs = std::filesystem;

std::uint64_t total_bytes(const dataset::SplitRecord& split) {
  return std::accumulate(split.shards.begin(), split.shards.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& shard) { return sum + shard.bytes; });
}

}  // namespace

std::string systems_text() {
  std::string text;
  for (const auto& system : simulators::systems())
    text += fmt::format("{}: {}\n    {}\n    conserved: {}\n\n", system.name, system.summary,
                        system.hamiltonian, system.conserved);
  return text +
         "Constants, ranges and looks of a system:  hamgen --system NAME --print-config\n"
         "Configurations with a name:               hamgen presets\n"
         "Pictures of them all:                     docs/gallery.md\n";
}

Json systems_json() {
  Json list = Json::array();
  for (const auto& system : simulators::systems())
    list.push_back({{"name", system.name},
                    {"summary", system.summary},
                    {"hamiltonian", system.hamiltonian},
                    {"reference", system.reference},
                    {"conserved", system.conserved},
                    {"config", to_json(default_config(system.name))}});
  return list;
}

namespace {

// What a preset sets otherwise than its system, but for what the table has a column of: "dt=0.05 ...".
std::string differences_of(const Config& config) {
  const Config usual = default_config(config.system->name);
  std::string text;
  for (const schemas::Field& field : config.fields) {
    const bool has_column = field.path == "steps" || field.path == "image.size" || field.path == "noise.std";
    const schemas::Value& value = config.settings.at(field.path);
    if (has_column || value == usual.settings.at(field.path)) continue;
    text += (text.empty() ? "" : " ") + field.path + "=" + field.shown(value);
  }
  return text;
}

}  // namespace

std::string presets_text() {
  std::string text =
      fmt::format("{:<34}{:>6}  {:<8}{:<7}{}\n", "preset", "frames", "size", "noise", "what it is");
  const auto row = [](const std::string& name, const Config& config, const std::string& what) {
    const std::int64_t size = config.settings.integer("image.size");
    return fmt::format("{:<34}{:>6}  {:<8}{:<7}{}\n", name, config.settings.integer("steps") + 1,
                       fmt::format("{0}x{0}", size), config.settings.real("noise.std"), what);
  };
  std::string system;
  for (const DatasetPreset& preset : suite()) {
    const Config config = config_from_json(preset.config);
    if (config.system->name != system) {
      system = config.system->name;
      text += "\n" + row("--system " + system, default_config(system), config.system->summary);
    }
    text += row(preset.name, config, preset.summary);
    if (const std::string differences = differences_of(config); !differences.empty())
      text += fmt::format("{:<34}  otherwise: {}\n", "", differences);
  }
  return text +
         "\nAfter DeepMind's Hamiltonian Dynamics Suite (arXiv:2111.05458).  hamgen --preset NAME makes ./NAME;\n"
         "every field of it:  hamgen --preset NAME --print-config\n";
}

Json presets_json() {
  Json list = Json::array();
  for (const DatasetPreset& preset : suite()) {
    const Config config = config_from_json(preset.config);
    list.push_back({{"name", preset.name},
                    {"summary", preset.summary},
                    {"frames", config.settings.integer("steps") + 1},
                    {"image_size", config.settings.integer("image.size")},
                    {"noise_std", config.settings.real("noise.std")},
                    {"differs", differences_of(config)},
                    {"config", preset.config}});
  }
  return list;
}

std::vector<Problem> missing_files(const fs::path& dataset, const dataset::Manifest& manifest) {
  std::vector<Problem> missing;
  const auto examine = [&](const std::string& file, std::uint64_t expected) {
    std::error_code error;
    const auto bytes = fs::file_size(dataset / file, error);
    if (error == std::errc::no_such_file_or_directory)
      missing.push_back({file, "is missing"});
    else if (error)
      missing.push_back({file, "cannot be examined: " + error.message(), true});
    else if (bytes != expected)
      missing.push_back({file, fmt::format("has {} bytes, not {}", bytes, expected)});
  };
  for (const auto& split : manifest.splits) {
    examine(split.index.file, split.index.bytes);
    for (const auto& shard : split.shards) examine(shard.file, shard.bytes);
  }
  return missing;
}

std::string info_text(const fs::path& dataset, const dataset::Manifest& manifest) {
  const auto& shape = manifest.frame_shape;
  std::string text = fmt::format("{}: {}  ({})\n  frames   {} x {}x{} RGB, seed {}, hamgen {} ({:.12})\n",
                                 dataset.string(), manifest.system, manifest.hamiltonian, shape[0], shape[1],
                                 shape[2], manifest.plan.config.at("seed").get<std::int64_t>(),
                                 manifest.plan.generator.version, manifest.plan.generator.git_commit);
  for (const auto& split : manifest.splits) {
    text += fmt::format("  {:<8} {} trajectories in {} shard(s), {}\n", split.name, split.trajectories(),
                        split.shards.size(), bytes_text(static_cast<double>(total_bytes(split))));
    const dataset::ShardStatistics total = split.statistics();
    text += fmt::format(
        "           largest energy drift {:.1e}, {} redrawn, {} tightened, {} trajectories leave the view\n",
        total.max_energy_drift, total.redraws, total.tightenings, total.trajectories_out_of_view);
  }
  text += fmt::format("  pixels   mean {:.4f}, standard deviation {:.4f} (red, green, blue; of 1)\n",
                      fmt::join(manifest.channel_mean, " "), fmt::join(manifest.channel_std, " "));
  if (manifest.has_yardsticks) {
    const auto& y = manifest.yardsticks;
    text += fmt::format(
        "  MSE      noise floor {:.3e}{}, clean render {:.3e},\n"
        "           mean image {:.3e} ({:.3e} against clean frames)\n",
        y.noise_floor,
        y.noise_floor_standard_error ? fmt::format(" (standard error {:.1e})", *y.noise_floor_standard_error)
                                     : std::string(),
        y.clean_render_mse, y.mean_image_mse, y.mean_image_mse_clean);
  }
  for (const Problem& problem : missing_files(dataset, manifest))
    text += fmt::format("  {}  {} {}\n", problem.word(), problem.file, problem.what);
  return text;
}

Json info_json(const fs::path& dataset, const dataset::Manifest& manifest) {
  Json json = dataset::to_json(manifest);
  json["problems"] = Json::array();
  for (const Problem& problem : missing_files(dataset, manifest))
    json["problems"].push_back(problem.file + " " + problem.what);
  return json;
}

Forecast forecast(const Config& config, unsigned threads) {
  constexpr std::int64_t probes = 16;
  const Simulations simulations(config);
  Forecast forecast;
  for (const auto& [split, size, settings] : config.splits) {
    forecast.sizes.emplace_back(split_name(split), size);
    Producer producer(simulations.of(split), render::Canvas::from(config.settings),
                      static_cast<int>(config.settings.integer("compression")));
    double bytes = 0;
    producer.make(split, 0);  // the first one pays for warming up
    const auto start = std::chrono::steady_clock::now();
    for (std::int64_t id = 0; id < probes; ++id) {
      Product product = producer.make(split, id);
      const auto row = product.row();
      for (const auto* chunks : {&row.frames, &row.frames_clean})
        for (const auto& chunk : *chunks) bytes += static_cast<double>(chunk.size());
      for (const auto& layout : dataset::shard_layout())
        if (layout.element == dataset::Element::f64 && layout.is_per_trajectory())
          bytes += 8 * static_cast<double>(row.numbers(layout.name).size());
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    forecast.bytes += bytes / probes * static_cast<double>(size);
    forecast.seconds += seconds / probes * static_cast<double>(size) / threads;
  }
  return forecast;
}

std::string forecast_text(const Forecast& forecast, const fs::path& out) {
  std::string text;
  for (const auto& [name, size] : forecast.sizes)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", size, name);
  text += fmt::format(" trajectories: about {} in {}\n", bytes_text(forecast.bytes),
                      duration_text(forecast.seconds));
  std::error_code error;
  const fs::path absolute = fs::absolute(out);
  fs::path existing = absolute;
  while (!fs::exists(existing) && existing.has_relative_path()) existing = existing.parent_path();
  const auto space = fs::space(existing, error);
  if (!error && static_cast<double>(space.available) < forecast.bytes)
    text += fmt::format("but only {} are free there\n", bytes_text(static_cast<double>(space.available)));
  return text;
}

Json forecast_json(const Forecast& forecast) {
  Json json = Json::object();
  for (const auto& [name, size] : forecast.sizes) json[name] = size;
  json["bytes"] = forecast.bytes;
  json["seconds"] = forecast.seconds;
  return json;
}

}  // namespace hamgen::apps
