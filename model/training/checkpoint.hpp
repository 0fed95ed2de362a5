// What a training run needs to go on bit for bit, as one safetensors file: parameters and buffers (GECO's
// state among them) by their own names, the optimiser's moments and averages, the sums of the log's current
// interval, and as metadata the step, the trainer's state and every setting, with a fingerprint of the data.
// Random numbers, schedules and the place in the data need no state: they follow from settings and step.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "dataset/format/manifest.hpp"
#include "model/training/safetensors.hpp"

namespace hamgen::model {

class CheckpointError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Checkpoint {
  std::int64_t step = 0;   // steps done
  dataset::Json state;     // of the trainer: best validation and the like
  dataset::Json settings;  // {path: value as text}, all that the run depends on
  NamedTensors tensors;
};

// step-00001000.safetensors in a directory of which only the newest `kept` remain.
std::filesystem::path save_checkpoint(const std::filesystem::path& directory, const Checkpoint& checkpoint,
                                      std::size_t kept = 3);
// Throws CheckpointError, SafetensorsError for a file that is damaged, or no checkpoint of this schema.
Checkpoint load_checkpoint(const std::filesystem::path& file);
struct RefusedFile {
  std::filesystem::path file;
  std::string reason;
};
// The newest that can be read; newer ones that cannot are told in `refused`. Throws CheckpointError where
// none can.
Checkpoint load_newest_checkpoint(const std::filesystem::path& directory, std::vector<RefusedFile>& refused);
// "threads = 1, not 2" for every setting of where a run computes and how long it is that the checkpoint has
// otherwise: with those it may go on, if not bit for bit. Throws CheckpointError that names the first other
// setting that differs.
std::vector<std::string> check_settings(const dataset::Json& settings, const Checkpoint& checkpoint);

// All parameters and buffers of a module, by name.
NamedTensors tensors_of(const torch::nn::Module& module);
// Copies tensors of equal names, types and shapes into `targets`. Throws CheckpointError for one that is
// missing, of another kind, or too many: nothing has changed then.
void restore(const NamedTensors& targets, const NamedTensors& source, const std::string& where);

}  // namespace hamgen::model
