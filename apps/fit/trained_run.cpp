#include "apps/fit/trained_run.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "dataset/files/file.hpp"
#include "dataset/files/sha256.hpp"
#include "model/training/checkpoint.hpp"

namespace hamgen::apps {

namespace fs = std::filesystem;

std::string file_hash(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file && !file.eof()) throw dataset::FileError("cannot read " + path.string());
  return dataset::sha256(std::as_bytes(std::span(text)));
}

Json read_sealed(const fs::path& file) {
  Json json = read_json(file);
  if (!json.is_object() || !json.contains("checksum")) return json;
  try {
    std::ifstream stream(file, std::ios::binary);
    json = dataset::unseal(std::string{std::istreambuf_iterator<char>(stream), {}});
  } catch (const dataset::ManifestError& error) {
    throw dataset::FileError(file.string() + ": " + error.what());
  }
  json.erase("checksum");
  return json;
}

bool is_run(const fs::path& directory) {
  if (!fs::exists(directory / run_file::config) || !fs::exists(directory / run_file::about)) return false;
  const Json about = read_json(directory / run_file::about);
  return about.is_object() && about.value("program", Json()) == "hgn-fit";
}

namespace {

// run.json as this program wrote it.
model::DataShape shape_of(const Json& about, const fs::path& file) {
  try {
    model::DataShape points;
    points.coordinates = about.value("coordinates", std::int64_t{1});
    if (!about.contains("data_shape")) return points;
    const Json& shape = about.at("data_shape");
    model::FrameNoise noise;  // a shift's blur is among the weights
    if (shape.contains("turning_noise"))
      noise = {.turn = shape["turning_noise"].at("std"), .pivot = shape["turning_noise"].at("pivot")};
    return {.frames = shape.at("frames"),
            .image_size = shape.at("image_size"),
            .dt = shape.at("dt"),
            .pixel_mean = {0.5, 0.5, 0.5},  // the pixels' mean and deviation are among the weights
            .pixel_std = {1, 1, 1},
            .coordinates = points.coordinates,
            .noise = noise,
            .noise_floor = shape.value("noise_floor", Json()).is_number()
                               ? std::optional<double>(shape["noise_floor"].get<double>())
                               : std::nullopt};
  } catch (const Json::exception&) {
    throw dataset::FileError(file.string() + " is damaged: data_shape is not understood");
  }
}

}  // namespace

namespace {

// Weights say which configuration they were trained with.
void require_its_settings(const model::TensorFile& weights, const FitConfig& config, const fs::path& file) {
  const auto found = weights.metadata.find("settings");
  if (found == weights.metadata.end()) return;  // of before they did
  model::Checkpoint trained;
  trained.settings = Json::parse(found->second, nullptr, false);
  if (const auto step = weights.metadata.find("step"); step != weights.metadata.end())
    trained.step = std::atoll(step->second.c_str());
  Json settings = Json::object();
  for (const auto& [path, value] : config.settings.values())
    if (trained.settings.contains(path)) settings[path] = schemas::to_text(value);  // others are younger
  try {
    model::check_settings(settings, trained);
  } catch (const model::CheckpointError& error) {
    throw dataset::FileError(file.string() + " has changed since: " + error.what());
  }
}

}  // namespace

TrainedRun load_run(const fs::path& path, const std::string& device) {
  if (!is_run(path))
    throw dataset::FileError(path.string() +
                             " is not a run of hgn-fit: it has no config.json and run.json of one");
  for (const char* name : {run_file::weights, run_file::result})
    if (!fs::exists(path / name))
      throw dataset::FileError(path.string() + " is not finished: it has no " + name +
                               ". Finish it with:  hgn-fit --resume " + path.string() + " --max-time 10m");
  TrainedRun run;
  run.path = path;
  run.config = fit_config_from_json(read_json(path / run_file::config));
  if (!device.empty())
    run.config.set("device", device);
  else if (run.config.settings.text("device") != "cpu" && !torch::cuda::is_available())
    run.config.set("device", std::string("cpu"));
  resolve_machine(run.config);
  run.about = read_sealed(path / run_file::about);
  run.result = read_sealed(path / run_file::result);
  run.shape = shape_of(run.about, path / run_file::about);
  run.device = at::Device(run.config.settings.text("device"));
  run.network = run.config.model->make(run.config.settings, run.shape);
  const fs::path weights = path / run_file::weights;
  const model::TensorFile file = model::read_safetensors(weights);
  require_its_settings(file, run.config, path / run_file::config);
  if (file.metadata.contains("settings"))  // of since run.json has a checksum
    for (const char* name : {run_file::about, run_file::result})
      if (!read_json(path / name).contains("checksum"))
        throw dataset::FileError((path / name).string() + " is damaged: it has no checksum");
  model::restore(model::tensors_of(*run.network), file.tensors, weights.string());
  run.network->to(run.device);
  run.network->eval();
  return run;
}

std::string TrainedRun::title() const {
  const auto& settings = config.settings;
  const auto has = [&](const char* field) { return settings.values().contains(field); };
  std::string title = config.model->name;
  if (network->observation() == model::Observation::states) return title;
  if (network->observation() == model::Observation::points) {
    const auto count = has("flow.hamiltonians") ? "flow.hamiltonians" : "flow.couplings";
    return title + " " + std::to_string(settings.integer(count)) + ", " + settings.text("prior.kind");
  }
  title += " " + settings.text("integrator.method");
  if (has("latent.deterministic") && settings.boolean("latent.deterministic")) title += ", deterministic";
  if (has("transform.enabled") && !settings.boolean("transform.enabled")) title += ", no f_psi";
  return title;
}

void require_suitable(const TrainedRun& run, const dataset::Manifest& manifest, std::int64_t coordinates) {
  const auto refuse = [&](const std::string& looks_at, const std::string& has) {
    throw schemas::FieldError(run.path.string() + " looks at " + looks_at + ": the dataset's " + has);
  };
  if (run.video() == nullptr) {
    if (coordinates != run.shape.coordinates)
      refuse(std::to_string(run.shape.coordinates) + " coordinates",
             "states have " + std::to_string(coordinates));
    return;
  }
  const auto frames = static_cast<std::int64_t>(manifest.frame_shape[0]),
             size = static_cast<std::int64_t>(manifest.frame_shape[1]);
  const double dt = manifest.plan.config.at("dt").get<double>();
  if (frames < run.shape.frames)
    refuse(std::to_string(run.shape.frames) + " frames", "trajectories have " + std::to_string(frames));
  if (size % run.shape.image_size != 0)
    refuse("frames of " + std::to_string(run.shape.image_size) + " pixels a side",
           "have " + std::to_string(size) + ", which is no multiple of it");
  if (std::abs(dt - run.shape.dt) > 1e-9 * run.shape.dt)
    refuse("frames " + std::to_string(run.shape.dt) + " apart in time",
           "are " + std::to_string(dt) + " apart");
}

bool is_its_dataset(const fs::path& run, const fs::path& dataset) {
  return read_json(run / run_file::about).value("data_sha256", "") ==
         file_hash(dataset / dataset::manifest_name);
}

}  // namespace hamgen::apps
