// What a checkpoint holds of a training, and how it goes on from one.
#include "model/training/trainer.hpp"

namespace hamgen::model {
namespace {

using dataset::Json;

constexpr const char* log_prefix = "log/";

}  // namespace

NamedTensors Trainer::state_tensors() const {
  NamedTensors tensors = tensors_of(*model_);
  for (auto& [name, tensor] : optimizer_.state()) tensors.emplace_back("optimizer/" + name, tensor);
  return tensors;
}

// All that the run depends on: every setting, and the data.
Json Trainer::identity() const {
  Json settings{{"data", data_.fingerprint}};
  for (const auto& [path, value] : settings_.values()) settings[path] = schemas::to_text(value);
  if (device_.is_cuda()) settings["device"] = "cuda";  // each process has a GPU of its own
  return settings;
}

void Trainer::save() {
  if (saved_ == step_) return;
  require_finite();
  if (group_->is_first()) write_checkpoint();
  saved_ = step_;
}

void Trainer::write_checkpoint() const {
  Checkpoint checkpoint;
  checkpoint.step = step_;
  checkpoint.settings = identity();
  checkpoint.state = {{"best_mse", best_ ? Json(*best_) : Json(nullptr)},
                      {"best_step", best_step_},
                      {"validations_since_best", validations_since_best_},
                      {"summed", summed_}};
  checkpoint.tensors = state_tensors();
  for (const auto& [name, sum] : sums_) checkpoint.tensors.emplace_back(log_prefix + name, sum);
  save_checkpoint(directory_ / "checkpoints", checkpoint);
}

void Trainer::resume(const Checkpoint& checkpoint) {
  const std::string where = "the checkpoint of step " + std::to_string(checkpoint.step);
  std::vector<std::string> changed = check_settings(identity(), checkpoint);
  if (checkpoint.step > steps_)
    throw CheckpointError(where + " is beyond train.steps = " + std::to_string(steps_));
  std::optional<double> best;
  std::int64_t since_best = 0, summed = 0, best_step = -1;
  try {
    const Json& state = checkpoint.state;
    if (!state.at("best_mse").is_null()) best = state["best_mse"].get<double>();
    best_step = state.value("best_step", std::int64_t{-1});  // older checkpoints do not say
    since_best = state.at("validations_since_best");
    summed = state.at("summed");
  } catch (const Json::exception&) {
    throw CheckpointError(where + " is damaged: the trainer's state is not understood");
  }
  NamedTensors saved;
  NamedScalars sums;
  for (const auto& [name, tensor] : checkpoint.tensors) {
    if (name.starts_with(log_prefix))
      sums.emplace_back(name.substr(std::string(log_prefix).size()), tensor.to(device_));
    else
      saved.emplace_back(name, tensor);
  }
  if (sums.empty() != (summed == 0))
    throw CheckpointError(where + " is damaged: its sums do not fit its state");
  restore(state_tensors(), saved, where);
  changed_ = std::move(changed);
  best_ = best;
  best_step_ = best_step;
  validations_since_best_ = since_best;
  sums_ = std::move(sums);
  summed_ = summed;
  step_ = last_logged_step_ = checkpoint.step;
  saved_ = changed_.empty() ? step_ : -1;  // what has changed is saved at once
}

// A run that ended between the checkpoint of its best step and the best weights: they are this step's.
void Trainer::complete_best() {
  if (!best_ || best_step_ != step_) return;
  const auto file = directory_ / best_name;
  const std::string step = std::to_string(step_);
  if (std::filesystem::exists(file) && read_safetensors(file).metadata["step"] == step) return;
  save_weights(file);
}

}  // namespace hamgen::model
