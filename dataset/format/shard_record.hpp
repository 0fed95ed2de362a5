// train/shard-00000.json: what a finished shard is. A shard without its record, or one that is not what its
// record says, does not count. The manifest's shard table is made of these records.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "dataset/format/sealed_json.hpp"

namespace hamgen::dataset {

// What a shard contributes to the numbers of its split. The sums are exact, so their order does not matter.
struct ShardStatistics {
  std::uint64_t redraws = 0;                                           // starts given up
  std::map<std::string, std::uint64_t> redraw_reasons;                 // why; empty in older datasets
  std::uint64_t tightenings = 0;                                       // integrations repeated
  double max_energy_drift = 0;                                         // the worst certificate
  std::uint64_t frames_out_of_view = 0, trajectories_out_of_view = 0;  // with a disc's centre outside
  std::array<std::uint64_t, 3> pixel_sum{}, pixel_sum_of_squares{};    // of `frames`, per channel, 0 to 255
  std::uint64_t pixels = 0;

  void add(const ShardStatistics& other);
  bool operator==(const ShardStatistics&) const = default;
};

struct ShardRecord {
  std::string file;  // relative to the dataset, "train/shard-00000.h5"
  std::uint64_t bytes = 0;
  std::string sha256;                // of the file
  std::string content;               // ContentHash (digest.hpp)
  std::int64_t first = 0, last = 0;  // trajectories, inclusive
  std::string cpu;                   // class of the processor, within which equal plans give equal bytes
  ShardStatistics statistics;

  std::uint64_t trajectories() const { return static_cast<std::uint64_t>(last - first + 1); }
  bool operator==(const ShardRecord&) const = default;
};

// "train/shard-00000.h5", and the name of its record.
std::string shard_file_name(const std::string& split, std::uint64_t number);
std::string record_file_name(const std::string& shard_file);

// Adds "redraw_reasons" where there are any.
void add_reasons(Json& json, const ShardStatistics& statistics);
// Without the split: the file's name tells it.
Json to_json(const ShardRecord& record);
// Throws ManifestError for ranges and sizes that cannot be, and a file that is not
// `split/shard-NUMBER.h5`; Json::exception for members that are missing or of the wrong type.
ShardRecord record_from_json(const Json& json, const std::string& split);

std::string record_text(const ShardRecord& record, const std::string& plan_id);
// The record of a shard, in the dataset of this plan. Throws FileError; ManifestError for a record that is
// damaged, or of another plan.
ShardRecord read_record(const std::filesystem::path& dataset, const std::string& shard_file,
                        const std::string& plan_id);

}  // namespace hamgen::dataset
