#include "apps/verify.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <set>

#include "apps/planned_shards.hpp"
#include "apps/progress.hpp"
#include "apps/regenerate.hpp"
#include "apps/threads.hpp"
#include "dataset/commit.hpp"
#include "dataset/split_reader.hpp"
#include "dataset/virtual_index.hpp"

namespace hamgen::apps {
namespace {

namespace fs = std::filesystem;
using dataset::Manifest;
using dataset::ShardFile;
using dataset::ShardRecord;

// Runs a check; what it throws is a problem of the file.
template <class Check>
void examine(std::vector<Problem>& problems, const std::string& file, Check check) {
  try {
    check();
  } catch (const std::bad_alloc&) {  // says nothing about the file
    throw;
  } catch (const std::exception& error) {
    problems.push_back({file, error.what()});
  }
}

void require(bool is_so, const std::string& otherwise) {
  if (!is_so) throw dataset::ShardError(otherwise);
}

std::vector<double> read_column(const ShardFile& shard, const std::string& name) {
  std::vector<double> values(shard.map().trajectories * shard.numbers_per_row(name));
  shard.read_numbers(name, 0, shard.map().trajectories, values);
  return values;
}

void check_attributes(const ShardFile& shard, const Manifest& manifest) {
  const auto& attributes = shard.map().attributes;
  const std::string split = shard.record().file.substr(0, shard.record().file.find('/'));
  require(attributes.at("schema_version") == dataset::AttributeValue(dataset::schema_version) &&
              attributes.at("split") == dataset::AttributeValue(split),
          "its attributes are of another version or split");
  require(attributes.at("config") == dataset::AttributeValue(manifest.plan.config.dump()),
          "its configuration is not that of the manifest");
}

void check_numbers(const ShardFile& shard) {
  for (const auto& layout : dataset::shard_layout()) {
    if (layout.element != dataset::Element::f64 || !layout.is_per_trajectory()) continue;
    const auto values = read_column(shard, layout.name);
    const auto wrong = std::ranges::find_if(values, [](double value) { return !std::isfinite(value); });
    if (wrong == values.end()) continue;
    const auto row = static_cast<std::uint64_t>(wrong - values.begin()) / shard.numbers_per_row(layout.name);
    throw dataset::ShardError(fmt::format("{} of trajectory {} is {}", layout.name,
                                          static_cast<std::uint64_t>(shard.record().first) + row, *wrong));
  }
}

// The certificates, from the energies, and against what the configuration allows.
void check_energies(const ShardFile& shard) {
  const auto energy = read_column(shard, "energy"), drift = read_column(shard, "energy_drift");
  const std::size_t frames = shard.numbers_per_row("energy");
  const double allowed = std::get<double>(shard.map().attributes.at("max_energy_drift"));
  double largest = 0;
  for (std::size_t row = 0; row < drift.size(); ++row) {
    const auto id = static_cast<std::uint64_t>(shard.record().first) + row;
    require(simulators::energy_drift({&energy[row * frames], frames}) == drift[row],
            fmt::format("the energy of trajectory {} does not have the drift that it says", id));
    require(drift[row] <= allowed, fmt::format("the energy of trajectory {} drifts by {}, and {} is allowed",
                                               id, drift[row], allowed));
    largest = std::max(largest, drift[row]);
  }
  require(largest == shard.record().statistics.max_energy_drift,
          "its record has another largest energy drift");
}

class Verifier {
 public:
  Verifier(const fs::path& dataset, const VerifyOptions& options) : dataset_(dataset), options_(options) {}

  Verification run() {
    std::optional<Manifest> manifest;
    examine(result_.problems, dataset::manifest_name, [&] { manifest = dataset::read_manifest(dataset_); });
    if (!manifest) return std::move(result_);
    result_.files = 2;  // manifest and plan
    examine(result_.problems, dataset::plan_name, [&] {
      require(dataset::read_plan(dataset_).id == manifest->plan.id, "it is not the plan of the manifest");
    });
    examine(result_.problems, dataset::manifest_name, [&] { check_table(*manifest); });
    for (const auto& split : manifest->splits) check_split(*manifest, split);
    if (options_.regenerate && result_.problems.empty())
      regenerate_sample(dataset_, *manifest, options_, result_);
    note_strangers(*manifest);
    return std::move(result_);
  }

 private:
  // The shards that the configuration asks for, all of them and no others.
  void check_table(const Manifest& manifest) const {
    const Config config = config_of(dataset_, manifest.plan);
    std::size_t shards = 0;
    for (const auto& split : manifest.splits) shards += split.shards.size();
    const auto planned = planned_shards(config);
    require(planned.size() == shards,
            fmt::format("it lists {} shards, and its configuration asks for {}", shards, planned.size()));
    for (const PlannedShard& shard : planned) {
      const auto* const split = manifest.find(split_name(shard.split));
      require(split != nullptr && shard.number < split->shards.size() &&
                  split->shards[shard.number].first == shard.first &&
                  split->shards[shard.number].last == shard.last,
              shard.file() + " is not as its configuration asks for");
    }
  }

  void check_split(const Manifest& manifest, const dataset::SplitRecord& split) {
    examine(result_.problems, split.index.file, [&] { dataset::check_index(dataset_, split); });
    result_.files += 1 + 2 * split.shards.size();
    result_.bytes += split.index.bytes;
    result_.shards += split.shards.size();
    result_.trajectories += split.trajectories();
    std::vector<std::vector<Problem>> problems(split.shards.size());
    Progress progress(split.name, split.shards.size(), options_.quiet);
    tbb::parallel_for(std::size_t{0}, split.shards.size(), [&](std::size_t i) {
      check_shard(manifest, split.shards[i], problems[i]);
      progress.advance();
    });
    for (std::size_t i = 0; i < problems.size(); ++i) {
      result_.bytes += split.shards[i].bytes;
      std::ranges::move(problems[i], std::back_inserter(result_.problems));
    }
  }

  void check_shard(const Manifest& manifest, const ShardRecord& record,
                   std::vector<Problem>& problems) const {
    const std::string record_file = dataset::record_file_name(record.file);
    examine(problems, record_file, [&] {
      require(dataset::read_record(dataset_, record.file, manifest.plan.id) == record,
              "it is not what the manifest says");
    });
    examine(problems, record.file, [&] {
      const ShardFile shard(dataset_, record, manifest.frame_shape, true);
      check_attributes(shard, manifest);
      check_numbers(shard);
      check_energies(shard);
      if (options_.full) require(shard.content() == record.content, "its content does not have its hash");
    });
  }

  // Files that no dataset has: of no harm, but nobody should take them for a part of it.
  void note_strangers(const Manifest& manifest) {
    std::set<std::string> known{dataset::manifest_name, dataset::plan_name, "preview.png", "preview.gif",
                                "portrait.png"};
    std::set<std::string> cpus;
    for (const auto& split : manifest.splits) {
      known.insert(split.index.file);
      for (const auto& shard : split.shards) {
        known.insert({shard.file, dataset::record_file_name(shard.file)});
        cpus.insert(shard.cpu);
      }
    }
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(dataset_, error)) {
      const std::string name = fs::relative(entry.path(), dataset_, error).string();
      if (!entry.is_directory(error) && !known.contains(name))
        result_.notes.push_back(name + " is not part of the dataset");
    }
    if (cpus.size() > 1)
      result_.notes.push_back(
          fmt::format("made on processors of {} classes ({}): equal to the last digits only", cpus.size(),
                      fmt::join(cpus, ", ")));
  }

  fs::path dataset_;
  const VerifyOptions& options_;
  Verification result_;
};

}  // namespace

Verification verify(const fs::path& dataset, const VerifyOptions& options) {
  const Threads limit(options.threads);
  if (!fs::is_directory(dataset)) throw dataset::FileError("there is no directory " + dataset.string());
  return Verifier(dataset, options).run();
}

std::string verification_text(const fs::path& dataset, const Verification& verification) {
  std::string text;
  for (const Problem& problem : verification.problems)
    text += fmt::format("  DAMAGED  {}: {}\n", problem.file, problem.what);
  for (const std::string& note : verification.notes) text += "  note     " + note + "\n";
  if (verification.regenerated > 0)
    text += fmt::format("  {} trajectories made again: {} equal to the last bit, {} within tolerance\n",
                        verification.regenerated, verification.regenerated_exactly,
                        verification.regenerated - verification.regenerated_exactly);
  const std::string looked = fmt::format("{} files, {}, {} shards, {} trajectories", verification.files,
                                         bytes_text(static_cast<double>(verification.bytes)),
                                         verification.shards, verification.trajectories);
  if (verification.problems.empty()) return fmt::format("{}: whole ({})\n{}", dataset.string(), looked, text);
  return fmt::format("{}: {} problem(s) ({})\n{}Mend it:  hamgen repair {}\n", dataset.string(),
                     verification.problems.size(), looked, text, dataset.string());
}

Json verification_json(const Verification& verification) {
  Json problems = Json::array();
  for (const Problem& problem : verification.problems)
    problems.push_back({{"file", problem.file}, {"what", problem.what}});
  return {{"problems", std::move(problems)},
          {"notes", verification.notes},
          {"files", verification.files},
          {"bytes", verification.bytes},
          {"shards", verification.shards},
          {"trajectories", verification.trajectories},
          {"regenerated", verification.regenerated},
          {"regenerated_exactly", verification.regenerated_exactly}};
}

}  // namespace hamgen::apps
