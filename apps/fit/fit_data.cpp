#include "apps/fit/fit_data.hpp"

#include <algorithm>

#include "apps/fit/trained_run.hpp"
#include "dataset/shards/table_file.hpp"

namespace hamgen::apps {

namespace fs = std::filesystem;
using schemas::FieldError;

namespace {

bool has_trajectories(const dataset::Manifest& manifest, const char* name) {
  const dataset::SplitRecord* const split = manifest.find(name);
  return split != nullptr && split->trajectories() > 0;
}

}  // namespace

OpenDataset::OpenDataset(const fs::path& root)
    : manifest(dataset::read_manifest(root)), train(root, manifest, "train") {
  train.check_all();
  for (auto& [name, split] : {std::pair("test", &test), {"validation", &validation}})
    if (has_trajectories(manifest, name)) split->emplace(root, manifest, name);
  if (validation) validation->check_all();
}

FitData::FitData(const FitConfig& config, const fs::path& path) : path_(path) {
  const bool is_of_points = config.model->observation == model::Observation::points;
  const bool wants_target = is_of_points && model::has_target(config.settings);
  if (wants_target && !path.empty())
    throw FieldError("--data does not go with data.target = \"" + config.settings.text("data.target") +
                     "\": its points are built in");
  if (!wants_target && path.empty())
    throw FieldError(std::string("no dataset is chosen: give --data DIR (hamgen makes one)") +
                     (is_of_points ? ", --data FILE.h5, or --target NAME" : ""));
  const bool is_table = is_of_points && !wants_target && fs::is_regular_file(path);
  if (!wants_target && !is_table) dataset_ = std::make_unique<OpenDataset>(path);
  if (is_of_points) {
    open_points(config);
    return;
  }
  training_ = model::training_data(config.settings, dataset_->manifest, dataset_->training());
  training_.fingerprint = data_fingerprint(path);
}

void FitData::open_points(const FitConfig& config) {
  if (model::has_target(config.settings)) {
    points_ = model::target_points(config.settings);
  } else if (dataset_) {
    if (!dataset_->test) throw FieldError("the dataset " + path_.string() + " has no test split");
    points_ = model::dataset_points(config.settings, dataset_->train, *dataset_->test);
    points_->fingerprint = data_fingerprint(path_);
  } else {
    const auto& names = config.settings.texts("data.field");
    if (names.size() != 1)
      throw FieldError("data.field names " + std::to_string(names.size()) +
                       " datasets: of an HDF5 file it is one table");
    const dataset::Table table = dataset::read_table(path_, names.front());
    points_ = model::table_points(
        at::tensor(table.values, at::kDouble)
            .view({static_cast<std::int64_t>(table.rows), static_cast<std::int64_t>(table.columns)}));
    points_->fingerprint = table.sha256;
  }
  training_ = model::point_training_data(config.settings, *points_);
}

std::unique_ptr<model::BatchSource> FitData::source(const FitConfig& config, const model::Model& model,
                                                    const model::Share& share) const {
  if (points_) return model::point_source(config.settings, training_, *points_, share);
  return model::window_source(config.settings, training_, dataset_->training(), model.observation(),
                              model.training_frames(training_.shape), share);
}

void FitData::agree(model::ProcessGroup& group, const at::Device& device) {
  if (group.size() == 1 || !training_.shape.coarse) return;
  const auto first_ones = [&](const at::Tensor& mine) {
    const at::Tensor there = mine.to(device).contiguous();
    group.broadcast(there);
    return there.cpu();
  };
  const std::vector<at::Tensor> mine = training_.shape.coarse->tensors();
  std::vector<at::Tensor> first;
  for (const at::Tensor& tensor : mine) {
    const at::Tensor sizes = first_ones(at::tensor(tensor.sizes(), at::kLong));
    const std::vector<std::int64_t> shape(sizes.data_ptr<std::int64_t>(),
                                          sizes.data_ptr<std::int64_t>() + sizes.numel());
    first.push_back(first_ones(tensor.sizes() == shape ? tensor : at::zeros(shape)));
  }
  training_.shape.coarse = std::make_shared<model::CoarseCoordinates>(first);
  training_.shape.pixel_variance =
      first_ones(at::scalar_tensor(training_.shape.pixel_variance, at::kDouble)).item<double>();
}

std::string FitData::name() const {
  if (dataset_) return dataset_->manifest.system;
  return points_->target ? points_->fingerprint : path_.filename().string();
}

Json FitData::about() const {
  const auto& shape = training_.shape;
  Json json{{"data", path_.empty() ? Json(nullptr) : Json(fs::absolute(path_).string())},
            {"system", name()},
            {"data_sha256", training_.fingerprint},
            {"coordinates", shape.coordinates},
            {"train_trajectories", training_.training},
            {"validation_trajectories", training_.validation}};
  if (!points_)
    json["data_shape"] = {{"frames", shape.frames},
                          {"image_size", shape.image_size},
                          {"dt", shape.dt},
                          {"noise_floor", shape.noise_floor ? Json(*shape.noise_floor) : Json(nullptr)}};
  if (!points_ && shape.noise.turn > 0)
    json["data_shape"]["turning_noise"] = {{"pivot", shape.noise.pivot}, {"std", shape.noise.turn}};
  return json;
}

void resolve_by_data(FitConfig& config, const model::DataShape& shape) {
  const auto& settings = config.settings;
  if (shape.coarse && settings.is_automatic("latent.dimension"))
    config.set("latent.dimension", shape.coarse->count());
  if (settings.values().contains("objective.noise") && settings.text("objective.noise") == "auto")
    config.set("objective.noise", std::string(shape.noise.is_known() ? "known" : "unknown"));
}

std::string data_fingerprint(const fs::path& path) {
  return path.empty() ? "" : file_hash(fs::is_regular_file(path) ? path : path / dataset::manifest_name);
}

void require_its_data(const Json& about, const fs::path& path, const fs::path& run) {
  if (!path.empty() && data_fingerprint(path) != about.at("data_sha256"))
    throw dataset::FileError("the data in " + path.string() + " is not the one that " + run.string() +
                             " was trained on: its contents have changed");
}

}  // namespace hamgen::apps
