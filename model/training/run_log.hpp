// The log of a training run: log.jsonl, one JSON object a line ("kind" and "step" first), and the same
// numbers and the sample pictures as a TensorBoard event file, which is always derived from the lines.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "dataset/format/manifest.hpp"
#include "model/training/event_file.hpp"

namespace hamgen::model {

inline constexpr const char* events_name = "events.out.tfevents.hamgen";

class RunLog {
 public:
  // Goes on with the log in `directory`: lines of later steps than `step`, and a last line that was cut off,
  // are dropped. Throws dataset::FileError.
  RunLog(std::filesystem::path directory, std::int64_t step);
  // `line` has "kind" (such as "train"), "step", "time" (seconds since 1970) and numbers; that of kind "samples"
  // has the "file" of a picture, within the run's directory.
  void write(const dataset::Json& line);

 private:
  void add_event(const dataset::Json& line);
  std::filesystem::path directory_, path_;
  std::ofstream lines_;
  std::unique_ptr<EventFile> events_;
};

// The lines of a log. Throws dataset::FileError where it cannot be read.
std::vector<dataset::Json> read_log(const std::filesystem::path& directory);

}  // namespace hamgen::model
