#include "model/training/run_log.hpp"

#include <iterator>
#include <span>

#include "dataset/files/commit.hpp"

namespace hamgen::model {
namespace {

using dataset::Json;

constexpr const char* lines_name = "log.jsonl";

}  // namespace

std::vector<Json> read_log(const std::filesystem::path& directory) {
  std::ifstream file(directory / lines_name);
  if (!file) throw dataset::FileError("cannot read " + (directory / lines_name).string());
  std::vector<Json> lines;
  for (std::string text; std::getline(file, text);) {
    Json line = Json::parse(text, nullptr, false);
    if (line.is_object() && line.contains("kind") && line.value("step", Json()).is_number_integer())
      lines.push_back(std::move(line));
  }
  return lines;
}

RunLog::RunLog(std::filesystem::path directory, std::int64_t step)
    : directory_(std::move(directory)), path_(directory_ / lines_name) {
  std::vector<Json> kept;
  std::string text;
  if (std::filesystem::exists(path_))
    for (Json& line : read_log(directory_))
      if (line["step"].get<std::int64_t>() <= step) {
        text += line.dump() + "\n";
        kept.push_back(std::move(line));
      }
  dataset::commit_file(path_, std::as_bytes(std::span(text)));
  lines_.open(path_, std::ios::app);
  events_ = std::make_unique<EventFile>(directory_ / events_name);
  for (const Json& line : kept) add_event(line);
  events_->flush();
}

void RunLog::write(const Json& line) {
  lines_ << line.dump() << std::endl;
  if (!lines_) throw dataset::FileError("cannot write " + path_.string());
  add_event(line);
  events_->flush();
}

void RunLog::add_event(const Json& line) {
  const auto kind = line.at("kind").get<std::string>();
  const auto step = line.at("step").get<std::int64_t>();
  const double time = line.value("time", 0.0);
  if (kind == "samples" && line.value("file", Json()).is_string()) {
    std::ifstream file(directory_ / line["file"].get<std::string>(), std::ios::binary);
    const std::string png{std::istreambuf_iterator<char>(file), {}};  // empty where the picture is gone
    events_->add_png("samples", png, step, time);
  }
  for (const auto& [name, value] : line.items())
    if (value.is_number() && name != "step" && name != "time")
      events_->add_scalar(kind + "/" + name, value.get<double>(), step, time);
}

}  // namespace hamgen::model
