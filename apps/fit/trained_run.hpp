// A run's directory: the files in it, and the trained model that it holds.
#pragma once

#include <filesystem>
#include <memory>

#include "apps/fit/fit_config.hpp"
#include "model/interfaces/video_model.hpp"

namespace hamgen::apps {

namespace run_file {
inline constexpr const char* config = "config.json";
inline constexpr const char* about = "run.json";
inline constexpr const char* result = "result.json";
inline constexpr const char* weights = "model.safetensors";
inline constexpr const char* log = "log.jsonl";
}  // namespace run_file

// run.json or result.json, which tell of their own damage by a last member "checksum" (dataset/format/
// sealed_json.hpp): without it. Older ones have none. Throws dataset::FileError.
Json read_sealed(const std::filesystem::path& file);

// Whether it is a directory that hgn-fit began.
bool is_run(const std::filesystem::path& directory);

struct TrainedRun {
  std::filesystem::path path;
  FitConfig config;
  Json about, result;  // run.json, result.json
  model::DataShape shape;
  at::Device device = at::kCPU;
  std::shared_ptr<model::Model> network;  // on the device, with the weights that are evaluated

  // The model, or nullptr where it is one of the other kind.
  const model::VideoModel* video() const { return dynamic_cast<const model::VideoModel*>(network.get()); }
  // "hgn leapfrog", "hgn deterministic", "latent_ode rk4": the model and what is special about it.
  std::string title() const;
};

// `device`: as in the configuration's field; "" for the run's own. Throws dataset::FileError for a directory
// that is no run of hgn-fit, or one that is not finished; model::CheckpointError, SafetensorsError for
// weights that are damaged or do not fit.
TrainedRun load_run(const std::filesystem::path& path, const std::string& device = "");

// Throws schemas::FieldError where the run's model cannot look at this dataset. `coordinates`: of its
// positions.
void require_suitable(const TrainedRun& run, const dataset::Manifest& manifest, std::int64_t coordinates);
// Whether the dataset is the one that the run in this directory was trained on. Throws dataset::FileError.
bool is_its_dataset(const std::filesystem::path& run, const std::filesystem::path& dataset);

// The SHA-256 of a file. Throws dataset::FileError.
std::string file_hash(const std::filesystem::path& path);

}  // namespace hamgen::apps
