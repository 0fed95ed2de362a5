#include "dataset/manifest.hpp"

#include <algorithm>
#include <fstream>

#include "dataset/commit.hpp"
#include "dataset/layout.hpp"

namespace hamgen::dataset {
namespace {

constexpr const char* file_name = "manifest.json";

Json split_to_json(const SplitRecord& split) {
  Json shards = Json::array();
  for (const ShardRecord& shard : split.shards)
    shards.push_back({{"file", shard.file},
                      {"bytes", shard.bytes},
                      {"sha256", shard.sha256},
                      {"first", shard.first},
                      {"last", shard.last}});
  return {{"trajectories", split.trajectories},
          {"index", split.index},
          {"redraws", split.redraws},
          {"tightenings", split.tightenings},
          {"max_energy_drift", split.max_energy_drift},
          {"out_of_view",
           {{"frames", split.frames_out_of_view}, {"trajectories", split.trajectories_out_of_view}}},
          {"shards", std::move(shards)}};
}

// A path below the dataset's directory: no way out of it.
std::string inner_path(const Json& json) {
  const auto text = json.get<std::string>();
  const std::filesystem::path path(text);
  if (text.empty() || path.is_absolute() ||
      std::ranges::find(path, std::filesystem::path("..")) != path.end())
    throw ManifestError("\"" + text + "\" is not a path within the dataset");
  return text;
}

SplitRecord split_from_json(const std::string& name, const Json& json) {
  SplitRecord split;
  split.name = name;
  json.at("trajectories").get_to(split.trajectories);
  split.index = inner_path(json.at("index"));
  json.at("redraws").get_to(split.redraws);
  json.at("tightenings").get_to(split.tightenings);
  json.at("max_energy_drift").get_to(split.max_energy_drift);
  json.at("out_of_view").at("frames").get_to(split.frames_out_of_view);
  json.at("out_of_view").at("trajectories").get_to(split.trajectories_out_of_view);
  for (const Json& shard : json.at("shards"))
    split.shards.push_back({inner_path(shard.at("file")), shard.at("bytes").get<std::uint64_t>(),
                            shard.at("sha256").get<std::string>(), shard.at("first").get<std::int64_t>(),
                            shard.at("last").get<std::int64_t>()});
  return split;
}

}  // namespace

const SplitRecord* Manifest::find(const std::string& split) const {
  const auto found = std::ranges::find(splits, split, &SplitRecord::name);
  return found == splits.end() ? nullptr : &*found;
}

Json to_json(const Manifest& manifest) {
  Json json{
      {"schema_version", schema_version},
      {"generator",
       {{"name", "hamgen"}, {"version", manifest.generator_version}, {"git_commit", manifest.git_commit}}},
      {"system", manifest.system},
      {"hamiltonian", manifest.hamiltonian},
      {"config", manifest.config},
      {"frames",
       {{"shape", manifest.frame_shape},
        {"axes", {"time", "y", "x", "channel"}},
        {"channel_mean", manifest.channel_mean},
        {"channel_std", manifest.channel_std}}}};
  if (manifest.has_yardsticks) {
    const Yardsticks& y = manifest.yardsticks;
    json["yardsticks"] = {
        {"trajectories", y.trajectories},         {"draws", y.draws},
        {"mean_image_mse", y.mean_image_mse},     {"mean_image_mse_clean", y.mean_image_mse_clean},
        {"clean_render_mse", y.clean_render_mse}, {"noise_floor", y.noise_floor}};
  }
  for (const SplitRecord& split : manifest.splits) json["splits"][split.name] = split_to_json(split);
  return json;
}

Manifest manifest_from_json(const Json& json) {
  Manifest manifest;
  if (const auto version = json.at("schema_version").get<std::int64_t>(); version != schema_version)
    throw ManifestError("schema version " + std::to_string(version) + " is not supported: expected " +
                        std::to_string(schema_version));
  json.at("generator").at("version").get_to(manifest.generator_version);
  json.at("generator").at("git_commit").get_to(manifest.git_commit);
  json.at("system").get_to(manifest.system);
  json.at("hamiltonian").get_to(manifest.hamiltonian);
  manifest.config = json.at("config");
  json.at("frames").at("shape").get_to(manifest.frame_shape);
  json.at("frames").at("channel_mean").get_to(manifest.channel_mean);
  json.at("frames").at("channel_std").get_to(manifest.channel_std);
  manifest.has_yardsticks = json.contains("yardsticks");
  if (manifest.has_yardsticks) {
    const Json& y = json.at("yardsticks");
    y.at("trajectories").get_to(manifest.yardsticks.trajectories);
    y.at("draws").get_to(manifest.yardsticks.draws);
    y.at("mean_image_mse").get_to(manifest.yardsticks.mean_image_mse);
    y.at("mean_image_mse_clean").get_to(manifest.yardsticks.mean_image_mse_clean);
    y.at("clean_render_mse").get_to(manifest.yardsticks.clean_render_mse);
    y.at("noise_floor").get_to(manifest.yardsticks.noise_floor);
  }
  for (const auto& [name, split] : json.at("splits").items())
    manifest.splits.push_back(split_from_json(name, split));
  return manifest;
}

void write_manifest(const std::filesystem::path& dataset, const Manifest& manifest) {
  const std::string text = to_json(manifest).dump(2) + "\n";
  commit_file(dataset / file_name, std::as_bytes(std::span(text)));
}

Manifest read_manifest(const std::filesystem::path& dataset) {
  const auto path = dataset / file_name;
  std::ifstream file(path);
  if (!file) {
    const bool is_there = std::filesystem::exists(dataset);
    throw ManifestError(is_there ? dataset.string() +
                                       " is not a finished dataset: it has no readable manifest.json"
                                 : "there is no directory " + dataset.string());
  }
  try {
    return manifest_from_json(Json::parse(file));
  } catch (const std::exception& error) {
    throw ManifestError("cannot understand " + path.string() + ": " + error.what());
  }
}

}  // namespace hamgen::dataset
