#include "dataset/format/shard_record.hpp"

#include <algorithm>

#include "dataset/files/sha256.hpp"
#include "dataset/format/layout.hpp"

namespace hamgen::dataset {
namespace {

// "split/shard-00000.h5": this form and no other, so no name leads out of the dataset.
bool is_shard_file_of(const std::string& split, std::string_view file) {
  const std::string begin = split + "/shard-";
  constexpr std::string_view end = ".h5";
  if (!file.starts_with(begin) || !file.ends_with(end) || file.size() < begin.size() + end.size())
    return false;
  const std::string_view number = file.substr(begin.size(), file.size() - begin.size() - end.size());
  return number.size() >= 5 && number.size() <= 10 &&
         number.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string hash_from_json(const Json& json) {
  auto text = json.get<std::string>();
  if (!is_sha256(text)) throw ManifestError("\"" + text + "\" is not a SHA-256");
  return text;
}

std::array<std::uint64_t, 3> channels_from_json(const Json& json) {
  if (!json.is_array() || json.size() != 3) throw ManifestError(json.dump() + " is not a value per channel");
  return {whole_number(json[0]), whole_number(json[1]), whole_number(json[2])};
}

std::map<std::string, std::uint64_t> reasons_from_json(const Json& json, std::uint64_t redraws) {
  std::map<std::string, std::uint64_t> reasons;
  std::uint64_t total = 0;
  for (const auto& [reason, count] : json.items()) total += reasons[reason] = whole_number(count);
  if (total != redraws)
    throw ManifestError("redraw_reasons = " + json.dump() + " are not those of " + std::to_string(redraws) +
                        " redraws");
  return reasons;
}

ShardStatistics statistics_from_json(const Json& json) {
  ShardStatistics statistics;
  statistics.redraws = whole_number(json.at("redraws"));
  if (const auto found = json.find("redraw_reasons"); found != json.end())
    statistics.redraw_reasons = reasons_from_json(*found, statistics.redraws);
  statistics.tightenings = whole_number(json.at("tightenings"));
  json.at("max_energy_drift").get_to(statistics.max_energy_drift);
  statistics.frames_out_of_view = whole_number(json.at("out_of_view").at("frames"));
  statistics.trajectories_out_of_view = whole_number(json.at("out_of_view").at("trajectories"));
  statistics.pixels = whole_number(json.at("pixels").at("count"));
  statistics.pixel_sum = channels_from_json(json.at("pixels").at("sum"));
  statistics.pixel_sum_of_squares = channels_from_json(json.at("pixels").at("sum_of_squares"));
  return statistics;
}

}  // namespace

void ShardStatistics::add(const ShardStatistics& other) {
  redraws += other.redraws;
  for (const auto& [reason, count] : other.redraw_reasons) redraw_reasons[reason] += count;
  tightenings += other.tightenings;
  max_energy_drift = std::max(max_energy_drift, other.max_energy_drift);
  frames_out_of_view += other.frames_out_of_view;
  trajectories_out_of_view += other.trajectories_out_of_view;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    pixel_sum[channel] += other.pixel_sum[channel];
    pixel_sum_of_squares[channel] += other.pixel_sum_of_squares[channel];
  }
  pixels += other.pixels;
}

std::string shard_file_name(const std::string& split, std::uint64_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
  return split + "/shard-" + digits + ".h5";
}

std::string record_file_name(const std::string& shard_file) {
  return std::filesystem::path(shard_file).replace_extension(".json").string();
}

void add_reasons(Json& json, const ShardStatistics& statistics) {
  for (const auto& [reason, count] : statistics.redraw_reasons) json["redraw_reasons"][reason] = count;
}

Json to_json(const ShardRecord& record) {
  const ShardStatistics& s = record.statistics;
  Json json{
      {"file", record.file},
      {"bytes", record.bytes},
      {"sha256", record.sha256},
      {"content", record.content},
      {"first", record.first},
      {"last", record.last},
      {"cpu", record.cpu},
      {"redraws", s.redraws},
      {"tightenings", s.tightenings},
      {"max_energy_drift", s.max_energy_drift},
      {"out_of_view", {{"frames", s.frames_out_of_view}, {"trajectories", s.trajectories_out_of_view}}},
      {"pixels", {{"count", s.pixels}, {"sum", s.pixel_sum}, {"sum_of_squares", s.pixel_sum_of_squares}}}};
  add_reasons(json, s);
  return json;
}

ShardRecord record_from_json(const Json& json, const std::string& split) {
  ShardRecord record;
  json.at("file").get_to(record.file);
  record.bytes = whole_number(json.at("bytes"));
  record.sha256 = hash_from_json(json.at("sha256"));
  record.content = hash_from_json(json.at("content"));
  const std::uint64_t first = whole_number(json.at("first")), last = whole_number(json.at("last"));
  json.at("cpu").get_to(record.cpu);
  record.statistics = statistics_from_json(json);
  if (!is_shard_file_of(split, record.file))
    throw ManifestError("\"" + record.file + "\" is not the name of a shard of the " + split + " split");
  constexpr std::uint64_t most = 1'000'000'000'000;
  if (last < first || last > most)
    throw ManifestError(record.file + " cannot hold trajectories " + std::to_string(first) + " to " +
                        std::to_string(last));
  record.first = static_cast<std::int64_t>(first);
  record.last = static_cast<std::int64_t>(last);
  return record;
}

std::string record_text(const ShardRecord& record, const std::string& plan_id) {
  Json json{{"schema_version", schema_version}, {"plan", plan_id}};
  json.update(to_json(record));
  return seal(json);
}

ShardRecord read_record(const std::filesystem::path& dataset, const std::string& shard_file,
                        const std::string& plan_id) {
  ShardRecord record;
  read_sealed(dataset, record_file_name(shard_file), std::uint64_t{1} << 16, [&](const Json& json) {
    if (json.at("plan") != plan_id) throw ManifestError("it belongs to another plan");
    record = record_from_json(json, shard_file.substr(0, shard_file.find('/')));
    if (record.file != shard_file) throw ManifestError("it is the record of " + record.file);
  });
  return record;
}

}  // namespace hamgen::dataset
