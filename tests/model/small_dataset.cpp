#include "tests/model/small_dataset.hpp"

#include "apps/generate/generate.hpp"
#include "tests/temporary_directory.hpp"

namespace hamgen::tests {

namespace {

std::filesystem::path made(const std::filesystem::path& out, int validation) {
  const apps::Json json{{"system", "mass_spring"},    {"n", 24},    {"n_test", 4},
                        {"n_validation", validation}, {"steps", 7}, {"shard_size", 10},
                        {"image", {{"size", 16}}}};
  apps::GenerateOptions options;
  options.out = out;
  options.threads = 1;
  options.quiet = true;
  apps::generate(apps::config_from_json(json), options);
  return out;
}

}  // namespace

const std::filesystem::path& small_dataset() {
  static const TemporaryDirectory directory;
  static const std::filesystem::path path = made(directory / "mass_spring", 0);
  return path;
}

const std::filesystem::path& small_dataset_with_validation() {
  static const TemporaryDirectory directory;
  static const std::filesystem::path path = made(directory / "mass_spring", 6);
  return path;
}

const apps::Json vector_state{{"latent", {{"shape", "vector"}, {"dimension", 2}}},
                              {"hamiltonian", {{"network", "dense"}}},
                              {"encoder", {{"centres", {8}}}},
                              {"decoder", {{"dense", {6}}}},
                              {"objective", {{"guide", 1}, {"guide_end", 0.5}, {"consistency", 0}}}};

SmallData::SmallData(const std::filesystem::path& root)
    : manifest(dataset::read_manifest(root)), reader(root, manifest, "train") {
  if (manifest.find("validation") != nullptr) validation.emplace(root, manifest, "validation");
}

apps::FitConfig small_config(const apps::Json& changes) {
  const std::string model = changes.value("model", "hgn");
  apps::Json json = apps::preset_settings(apps::default_preset(model), model);
  const auto fields = model::training_fields(model::find_model(model));
  apps::merge(json, apps::known_fields({{"precision", "fp32"},
                                        {"device", "cpu"},
                                        {"threads", 1},
                                        {"latent", {{"q_channels", 2}, {"z_channels", 4}}},
                                        {"encoder", {{"filters", {8, 8}}}},
                                        {"transform", {{"filters", {8}}}},
                                        {"hamiltonian", {{"filters", {16}}}},
                                        {"decoder", {{"filters", {8, 8}}}},
                                        {"data", {{"validation", 4}}},
                                        {"train",
                                         {{"steps", 60},
                                          {"batch", 4},
                                          {"log_every", 7},
                                          {"validate_every", 20},
                                          {"checkpoint_every", 15}}}},
                                       fields));
  apps::merge(json, changes);
  return apps::fit_config_from_json(json);
}

SmallRun::SmallRun(const std::filesystem::path& directory, const apps::Json& changes,
                   const std::filesystem::path& root)
    : data(root),
      config(small_config(changes)),
      training(model::training_data(config.settings, data.manifest, data.splits())),
      network(config.model->make(config.settings, training.shape)),
      trainer(config.settings, training,
              model::window_source(config.settings, training, data.splits(), network->observation(),
                                   network->training_frames(training.shape)),
              network, at::kCPU, directory) {}

}  // namespace hamgen::tests
