#include "model/training/checkpoint.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

namespace hamgen::model {
namespace {

using dataset::Json;

constexpr const char* format = "hamgen-checkpoint-1";
constexpr const char* prefix = "step-";
constexpr const char* suffix = ".safetensors";

// Checkpoints of a directory, newest first.
std::vector<std::filesystem::path> checkpoints_in(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(directory, none)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(suffix)) files.push_back(entry.path());
  }
  std::ranges::sort(files, std::greater());
  return files;
}

std::string describe(const Tensor& tensor) {
  std::string text = std::string(at::toString(tensor.scalar_type())) + " [";
  for (const std::int64_t extent : tensor.sizes())
    text += (text.back() == '[' ? "" : ", ") + std::to_string(extent);
  return text + "]";
}

}  // namespace

std::filesystem::path save_checkpoint(const std::filesystem::path& directory, const Checkpoint& checkpoint,
                                      std::size_t kept) {
  char name[64];
  std::snprintf(name, sizeof name, "%s%09lld%s", prefix, static_cast<long long>(checkpoint.step), suffix);
  const auto path = directory / name;
  write_safetensors(path, checkpoint.tensors,
                    {{"format", format},
                     {"step", std::to_string(checkpoint.step)},
                     {"state", checkpoint.state.dump()},
                     {"settings", checkpoint.settings.dump()}});
  const auto files = checkpoints_in(directory);
  for (std::size_t i = kept; i < files.size(); ++i) std::filesystem::remove(files[i]);
  return path;
}

Checkpoint load_checkpoint(const std::filesystem::path& file) {
  TensorFile content = read_safetensors(file);
  if (content.metadata["format"] != format)
    throw CheckpointError(file.string() + " is not a checkpoint of hgn-fit (format \"" +
                          content.metadata["format"] + "\")");
  try {
    return {std::stoll(content.metadata["step"]), Json::parse(content.metadata["state"]),
            Json::parse(content.metadata["settings"]), std::move(content.tensors)};
  } catch (const std::exception&) {
    throw CheckpointError(file.string() + " is damaged: its metadata are not understood");
  }
}

Checkpoint load_newest_checkpoint(const std::filesystem::path& directory, std::vector<RefusedFile>& refused) {
  for (const auto& file : checkpoints_in(directory)) {
    try {
      return load_checkpoint(file);
    } catch (const std::exception& error) {
      refused.push_back({file, error.what()});
    }
  }
  std::string message = "no checkpoint to go on from in " + directory.string();
  for (const RefusedFile& file : refused) message += "; " + file.reason;
  throw CheckpointError(message);
}

std::vector<std::string> check_settings(const dataset::Json& settings, const Checkpoint& checkpoint) {
  constexpr const char* changeable[] = {"threads", "device", "data.workers", "timeout", "train.steps", "latent.refine"};
  std::vector<std::string> changed;
  for (const auto& [name, value] : settings.items()) {
    const auto saved = checkpoint.settings.find(name);
    const bool is_there = saved != checkpoint.settings.end();
    if (is_there ? *saved == value : name != "data")
      continue;  // a younger field: its default is what was done
    const std::string difference = name + " = " + (is_there ? saved->get<std::string>() : "(nothing)") +
                                   ", not " + value.get<std::string>();
    if (std::ranges::find(changeable, name) == std::end(changeable))
      throw CheckpointError("the checkpoint of step " + std::to_string(checkpoint.step) + " was made with " +
                            difference);
    changed.push_back(difference);
  }
  return changed;
}

NamedTensors tensors_of(const torch::nn::Module& module) {
  NamedTensors tensors;
  for (const auto& parameter : module.named_parameters())
    tensors.emplace_back(parameter.key(), parameter.value());
  for (const auto& buffer : module.named_buffers()) tensors.emplace_back(buffer.key(), buffer.value());
  return tensors;
}

void restore(const NamedTensors& targets, const NamedTensors& source, const std::string& where) {
  std::map<std::string, Tensor> found(source.begin(), source.end());
  for (const auto& [name, target] : targets) {
    const auto place = found.find(name);
    if (place == found.end())
      throw CheckpointError(where + " does not fit this model: it has no tensor \"" + name + "\"");
    if (describe(place->second) != describe(target))
      throw CheckpointError(where + " does not fit this model: tensor \"" + name + "\" is " +
                            describe(place->second) + " where " + describe(target) + " is expected");
  }
  for (const auto& [name, target] : targets) found.erase(name);
  if (!found.empty())
    throw CheckpointError(where + " does not fit this model: it has a tensor \"" + found.begin()->first +
                          "\" too many");
  const at::NoGradGuard no_grad;
  std::map<std::string, Tensor> values(source.begin(), source.end());
  for (const auto& [name, target] : targets) Tensor(target).copy_(values.at(name));
}

}  // namespace hamgen::model
