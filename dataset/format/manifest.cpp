#include "dataset/format/manifest.hpp"

#include <algorithm>
#include <cmath>

#include "dataset/files/file.hpp"
#include "dataset/files/sha256.hpp"
#include "dataset/format/layout.hpp"

namespace hamgen::dataset {
namespace {

constexpr std::uint64_t most_frame_bytes = std::uint64_t{1} << 30;  // of a trajectory

Json split_to_json(const SplitRecord& split, std::uint64_t usual_frames) {
  Json shards = Json::array();
  for (const ShardRecord& shard : split.shards) shards.push_back(to_json(shard));
  const ShardStatistics total = split.statistics();
  Json json{{"trajectories", split.trajectories()}};
  if (split.frames != usual_frames) json["frames"] = split.frames;
  json.update(Json{
      {"index", {{"file", split.index.file}, {"bytes", split.index.bytes}, {"sha256", split.index.sha256}}},
      {"redraws", total.redraws},
      {"tightenings", total.tightenings},
      {"max_energy_drift", total.max_energy_drift},
      {"out_of_view",
       {{"frames", total.frames_out_of_view}, {"trajectories", total.trajectories_out_of_view}}},
      {"shards", std::move(shards)}});
  add_reasons(json, total);
  return json;
}

IndexRecord index_from_json(const Json& json, const std::string& split) {
  IndexRecord index{.file = json.at("file").get<std::string>(),
                    .bytes = whole_number(json.at("bytes")),
                    .sha256 = json.at("sha256").get<std::string>()};
  if (index.file != split + ".h5" || !is_sha256(index.sha256))
    throw ManifestError("\"" + index.file + "\" is not the index of the " + split + " split");
  return index;
}

// The shards, in order and without a gap: so no two of them can have the same name, either.
SplitRecord split_from_json(const std::string& name, const Json& json,
                            const std::array<std::uint64_t, 4>& shape) {
  if (!is_split(name)) throw ManifestError("there is no split \"" + name + "\"");
  SplitRecord split;
  split.name = name;
  split.frames = json.contains("frames") ? whole_number(json.at("frames")) : shape[0];
  if (split.frames == 0 || split.frames > most_frame_bytes / (shape[1] * shape[2] * shape[3]))
    throw ManifestError(std::to_string(split.frames) + " frames in the " + name + " split are not possible");
  split.index = index_from_json(json.at("index"), name);
  std::uint64_t expected = 0;
  for (const Json& item : json.at("shards")) {
    ShardRecord shard = record_from_json(item, name);
    if (shard.file != shard_file_name(name, split.shards.size()) ||
        shard.first != static_cast<std::int64_t>(expected))
      throw ManifestError(shard.file + " with trajectory " + std::to_string(shard.first) +
                          " should be number " + std::to_string(split.shards.size()) +
                          " and begin with trajectory " + std::to_string(expected));
    expected += shard.trajectories();
    split.shards.push_back(std::move(shard));
  }
  if (split.shards.empty() || whole_number(json.at("trajectories")) != expected)
    throw ManifestError("the shards of the " + name + " split hold " + std::to_string(expected) +
                        " trajectories, not the " + json.at("trajectories").dump() + " that it says");
  return split;
}

std::array<std::uint64_t, 4> shape_from_json(const Json& json) {
  std::array<std::uint64_t, 4> shape{};
  std::uint64_t product = 1;
  if (!json.is_array() || json.size() != shape.size()) throw ManifestError("frames.shape has not four axes");
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    shape[axis] = whole_number(json[axis]);
    if (shape[axis] == 0 || shape[axis] > most_frame_bytes / product)
      throw ManifestError("frames.shape = " + json.dump() + " is not possible");
    product *= shape[axis];
  }
  if (shape[1] != shape[2] || shape[3] != 3)
    throw ManifestError("frames.shape = " + json.dump() + " is not possible");
  return shape;
}

std::vector<double> channels_from_json(const Json& json) {
  auto values = json.get<std::vector<double>>();
  if (values.size() != 3) throw ManifestError("a mean or deviation of the frames has not three channels");
  return values;
}

std::array<double, 2> position_noise_from_json(const Json& json) {
  const auto deviations = json.get<std::vector<double>>();
  if (deviations.size() != 2 ||
      std::ranges::any_of(deviations, [](double x) { return !(x >= 0 && std::isfinite(x)); }))
    throw ManifestError("frames.position_noise = " + json.dump() + " is not possible");
  return {deviations[0], deviations[1]};
}

TurningNoise turning_noise_from_json(const Json& json) {
  const auto pivot = json.at("pivot").get<std::vector<double>>();
  const auto deviation = json.at("std").get<double>();
  if (pivot.size() != 2 || !(std::abs(pivot[0]) <= farthest_pivot && std::abs(pivot[1]) <= farthest_pivot) ||
      !(deviation >= 0 && std::isfinite(deviation)))
    throw ManifestError("frames.turning_noise = " + json.dump() + " is not possible");
  return {{pivot[0], pivot[1]}, deviation};
}

Yardsticks yardsticks_from_json(const Json& json) {
  return {
      .trajectories = whole_number(json.at("trajectories")),
      .draws = whole_number(json.at("draws")),
      .mean_image_mse = json.at("mean_image_mse").get<double>(),
      .mean_image_mse_clean = json.at("mean_image_mse_clean").get<double>(),
      .clean_render_mse = json.at("clean_render_mse").get<double>(),
      .noise_floor = json.at("noise_floor").get<double>(),
      .noise_floor_standard_error = json.contains("noise_floor_standard_error")
                                        ? std::optional(json.at("noise_floor_standard_error").get<double>())
                                        : std::nullopt};
}

}  // namespace

std::uint64_t SplitRecord::trajectories() const {
  return shards.empty() ? 0 : static_cast<std::uint64_t>(shards.back().last + 1);
}

ShardStatistics SplitRecord::statistics() const {
  ShardStatistics total;
  for (const ShardRecord& shard : shards) total.add(shard.statistics);
  return total;
}

const SplitRecord* Manifest::find(const std::string& split) const {
  const auto found = std::ranges::find(splits, split, &SplitRecord::name);
  return found == splits.end() ? nullptr : &*found;
}

std::array<std::uint64_t, 4> Manifest::shape_of(const SplitRecord& split) const {
  return {split.frames, frame_shape[1], frame_shape[2], frame_shape[3]};
}

Json to_json(const Manifest& manifest) {
  Json json{{"schema_version", schema_version},
            {"generator", to_json(manifest.plan.generator)},
            {"plan", manifest.plan.id},
            {"system", manifest.system},
            {"hamiltonian", manifest.hamiltonian},
            {"config", manifest.plan.config},
            {"frames",
             {{"shape", manifest.frame_shape},
              {"axes", {"time", "y", "x", "channel"}},
              {"channel_mean", manifest.channel_mean},
              {"channel_std", manifest.channel_std}}}};
  if (!manifest.is_reversible) json["is_reversible"] = false;
  if (manifest.position_noise) json["frames"]["position_noise"] = *manifest.position_noise;
  if (manifest.turning_noise)
    json["frames"]["turning_noise"] = {{"pivot", manifest.turning_noise->pivot},
                                       {"std", manifest.turning_noise->deviation}};
  if (manifest.has_yardsticks) {
    const Yardsticks& y = manifest.yardsticks;
    json["yardsticks"] = {
        {"trajectories", y.trajectories},         {"draws", y.draws},
        {"mean_image_mse", y.mean_image_mse},     {"mean_image_mse_clean", y.mean_image_mse_clean},
        {"clean_render_mse", y.clean_render_mse}, {"noise_floor", y.noise_floor}};
    if (y.noise_floor_standard_error)
      json["yardsticks"]["noise_floor_standard_error"] = *y.noise_floor_standard_error;
  }
  for (const SplitRecord& split : manifest.splits)
    json["splits"][split.name] = split_to_json(split, manifest.frame_shape[0]);
  return json;
}

Manifest manifest_from_json(const Json& json) {
  Manifest manifest;
  manifest.plan = {.generator = generator_from_json(json.at("generator")),
                   .config = json.at("config"),
                   .id = json.at("plan").get<std::string>()};
  if (make_plan(manifest.plan.generator, manifest.plan.config).id != manifest.plan.id)
    throw ManifestError("its plan is not that of its configuration");
  json.at("system").get_to(manifest.system);
  json.at("hamiltonian").get_to(manifest.hamiltonian);
  manifest.is_reversible = json.value("is_reversible", true);
  manifest.frame_shape = shape_from_json(json.at("frames").at("shape"));
  manifest.channel_mean = channels_from_json(json.at("frames").at("channel_mean"));
  manifest.channel_std = channels_from_json(json.at("frames").at("channel_std"));
  if (json.at("frames").contains("position_noise"))
    manifest.position_noise = position_noise_from_json(json.at("frames").at("position_noise"));
  if (json.at("frames").contains("turning_noise"))
    manifest.turning_noise = turning_noise_from_json(json.at("frames").at("turning_noise"));
  if (manifest.position_noise && manifest.turning_noise)
    throw ManifestError("frames has both position_noise and turning_noise");
  manifest.has_yardsticks = json.contains("yardsticks");
  if (manifest.has_yardsticks) manifest.yardsticks = yardsticks_from_json(json.at("yardsticks"));
  for (const auto& [name, split] : json.at("splits").items())
    manifest.splits.push_back(split_from_json(name, split, manifest.frame_shape));
  if (manifest.find("train") == nullptr || manifest.find("train")->frames != manifest.frame_shape[0])
    throw ManifestError("it has no train split of frames.shape");
  if (manifest.has_yardsticks != (manifest.find("test") != nullptr))
    throw ManifestError("it has yardsticks without a test split, or the other way round");
  Json said = json;
  said.erase("checksum");
  if (const auto found = differences(said, to_json(manifest)); !found.empty())
    throw ManifestError("its totals are not those of its shards, or it says more than a manifest: " +
                        found[0]);
  return manifest;
}

std::string manifest_text(const Manifest& manifest) {
  return seal(to_json(manifest));
}

void require_dataset(const std::filesystem::path& dataset) {
  if (!is_there(dataset)) throw ManifestError("there is no directory " + dataset.string());
  if (!std::filesystem::is_directory(dataset))
    throw ManifestError(dataset.string() + " is a file: expected the directory of a dataset");
  if (!is_there(dataset / manifest_name) && !is_there(dataset / plan_name))
    throw ManifestError(dataset.string() +
                        " is not a dataset of hamgen: it has neither manifest.json nor plan.json");
}

Manifest read_manifest(const std::filesystem::path& dataset) {
  require_dataset(dataset);
  if (!is_there(dataset / manifest_name))
    throw ManifestError(dataset.string() + " is not a finished dataset: it has no readable manifest.json");
  Manifest manifest;
  read_sealed(dataset, manifest_name, std::uint64_t{1} << 30,
              [&](const Json& json) { manifest = manifest_from_json(json); });
  return manifest;
}

}  // namespace hamgen::dataset
