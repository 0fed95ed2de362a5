#include "apps/inspect/verify.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <new>
#include <optional>
#include <set>

#include "apps/generate/finish.hpp"
#include "apps/inspect/regenerate.hpp"
#include "apps/shell/progress.hpp"
#include "apps/shell/threads.hpp"
#include "dataset/format/claim.hpp"
#include "dataset/shards/split_reader.hpp"
#include "dataset/shards/virtual_index.hpp"

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
    problems.push_back({file, error.what(), dataset::is_unreadable(error)});
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
    if (layout.element != dataset::Element::f64 || !shard.map().datasets.contains(layout.name)) continue;
    const auto values = read_column(shard, layout.name);
    const auto wrong = std::ranges::find_if(values, [](double value) { return !std::isfinite(value); });
    if (wrong == values.end()) continue;
    const auto row = static_cast<std::uint64_t>(wrong - values.begin()) / shard.numbers_per_row(layout.name);
    throw dataset::ShardError(fmt::format("{} of trajectory {} is {}", layout.name,
                                          static_cast<std::uint64_t>(shard.record().first) + row, *wrong));
  }
}

// How large the energies of each trajectory are.
class EnergySizes {
 public:
  EnergySizes(const ShardFile& shard, std::size_t dimension)
      : dimension_(dimension),
        numbers_(shard.numbers_per_row("q")),
        q_(read_column(shard, "q")),
        p_(read_column(shard, "p")),
        dq_dt_(read_column(shard, "dq_dt")),
        dp_dt_(read_column(shard, "dp_dt")) {}

  double of(std::size_t row) const {
    const auto part = [&](const std::vector<double>& all) {
      return simulators::Reals(all).subspan(row * numbers_, numbers_);
    };
    return simulators::energy_size(part(q_), part(p_), part(dq_dt_), part(dp_dt_), dimension_);
  }

 private:
  std::size_t dimension_, numbers_;
  std::vector<double> q_, p_, dq_dt_, dp_dt_;
};

// The certificates, from the energies, and against what the configuration allows.
void check_energies(const ShardFile& shard, const simulators::Simulation& simulation) {
  const auto energy = read_column(shard, "energy"), drift = read_column(shard, "energy_drift");
  const bool has_lost = shard.map().datasets.contains("energy_lost");
  require(has_lost == simulation.has_friction(),
          "whether it holds energy_lost does not go with its friction");
  const auto lost = has_lost ? read_column(shard, "energy_lost") : std::vector<double>();
  const double allowed = simulation.max_energy_drift();
  const std::size_t frames = shard.numbers_per_row("energy");
  const EnergySizes sizes(shard, simulation.dimension());
  double largest = 0;
  for (std::size_t row = 0; row < drift.size(); ++row) {
    const auto id = static_cast<std::uint64_t>(shard.record().first) + row;
    const auto lost_there = has_lost ? std::span(lost).subspan(row * frames, frames) : std::span(lost);
    const double size = sizes.of(row);
    require(simulators::energy_drift({&energy[row * frames], frames}, lost_there, size) == drift[row],
            fmt::format("the energy of trajectory {} does not have the drift that it says", id));
    require(drift[row] <= allowed, fmt::format("the energy of trajectory {} drifts by {}, and {} is allowed",
                                               id, drift[row], allowed));
    largest = std::max(largest, drift[row]);
  }
  require(largest == shard.record().statistics.max_energy_drift,
          "its record has another largest energy drift");
}

// Every value once more: the content's hash, and the sums over the pixels.
void check_content(const ShardFile& shard) {
  dataset::ShardStatistics sums;
  const std::string content = shard.content([&](std::span<const std::uint8_t> frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      sums.pixel_sum[i % 3] += frames[i];
      sums.pixel_sum_of_squares[i % 3] += std::uint64_t{frames[i]} * frames[i];
    }
    sums.pixels += frames.size() / 3;
  });
  require(content == shard.record().content, "its content does not have its hash");
  const dataset::ShardStatistics& said = shard.record().statistics;
  require(sums.pixel_sum == said.pixel_sum && sums.pixel_sum_of_squares == said.pixel_sum_of_squares &&
              sums.pixels == said.pixels,
          "its record has other sums over the pixels");
}

// What the dataset should be, by its own plan.
struct Expectation {
  Config config;
  Simulations simulations;
  explicit Expectation(Config given) : config(std::move(given)), simulations(config) {}
};

class Verifier {
 public:
  // The options outlive it.
  Verifier(const fs::path& dataset, const VerifyOptions& options) : dataset_(dataset), options_(options) {}

  Verification run() {
    examine(result_.problems, dataset::manifest_name, [&] { manifest_ = dataset::read_manifest(dataset_); });
    if (!manifest_) return std::move(result_);
    result_.files = 2;  // manifest and plan
    examine(result_.problems, dataset::plan_name, [&] {
      require(dataset::read_plan(dataset_).id == manifest_->plan.id, "it is not the plan of the manifest");
    });
    try {
      expected_.emplace(config_of(dataset_, manifest_->plan));
    } catch (const std::runtime_error& error) {
      result_.notes.push_back(fmt::format(
          "this program does not know the configuration ({}): only bytes were compared", error.what()));
    }
    if (expected_) examine(result_.problems, dataset::manifest_name, [&] { check_manifest(); });
    for (const auto& split : manifest_->splits) check_split(split);
    if (options_.regenerate) regenerate();
    note_strangers();
    return std::move(result_);
  }

 private:
  // Everything in the manifest but the yardsticks follows from plan and records. Indices are compared, too,
  // where this program made them: another HDF5 library might lay them out otherwise.
  void check_manifest() const {
    const auto planned = planned_shards(expected_->config);
    std::vector<ShardRecord> records;
    for (const auto& split : manifest_->splits)
      records.insert(records.end(), split.shards.begin(), split.shards.end());
    require(
        planned.size() == records.size(),
        fmt::format("it lists {} shards, and its configuration asks for {}", records.size(), planned.size()));
    for (std::size_t i = 0; i < planned.size(); ++i)
      require(records[i].file == planned[i].file() && records[i].first == planned[i].first &&
                  records[i].last == planned[i].last,
              planned[i].file() + " is not as its configuration asks for");
    std::map<std::string, dataset::hdf5::MemoryFile> indices;
    const Manifest again = describe({expected_->config, expected_->simulations, manifest_->plan, dataset_},
                                    std::move(records), indices);
    Json said = to_json(*manifest_), right = to_json(again);
    said.erase("yardsticks");
    for (const char* measured : {"position_noise", "turning_noise"})
      if (!said["frames"].contains(measured))
        right["frames"].erase(measured);  // older programs did not measure it
    if (!is_by_this_program())
      for (auto& [name, split] : right["splits"].items()) split["index"] = said["splits"][name]["index"];
    const auto found = dataset::differences(said, right);
    require(found.empty(), "it is not what its plan and its shards' records give: " + listed(found, 5));
  }

  bool is_by_this_program() const { return manifest_->plan.generator == this_generator(); }

  void check_split(const dataset::SplitRecord& split) {
    examine(result_.problems, split.index.file, [&] { dataset::check_index(dataset_, split.index); });
    result_.files += 1 + 2 * split.shards.size();
    result_.bytes += split.index.bytes;
    result_.shards += split.shards.size();
    result_.trajectories += split.trajectories();
    std::vector<std::vector<Problem>> problems(split.shards.size());
    Progress progress(split.name, split.shards.size(), options_.quiet);
    tbb::parallel_for(std::size_t{0}, split.shards.size(), [&](std::size_t i) {
      check_shard(split, split.shards[i], problems[i]);
      progress.advance();
    });
    for (std::size_t i = 0; i < problems.size(); ++i) {
      result_.bytes += split.shards[i].bytes;
      std::ranges::move(problems[i], std::back_inserter(result_.problems));
    }
  }

  void check_shard(const dataset::SplitRecord& split, const ShardRecord& record,
                   std::vector<Problem>& problems) const {
    const std::string record_file = dataset::record_file_name(record.file);
    examine(problems, record_file, [&] {
      require(dataset::read_record(dataset_, record.file, manifest_->plan.id) == record,
              "it is not what the manifest says");
    });
    examine(problems, record.file, [&] {
      const ShardFile shard(dataset_, record, manifest_->shape_of(split), true);
      check_attributes(shard, *manifest_);
      if (expected_) check_labels(split.name, shard);
      check_numbers(shard);
      if (expected_) check_energies(shard, expected_->simulations.of(split_named(split.name)));
      if (options_.full) check_content(shard);
    });
  }

  // Times, pixel grid and names are those of the configuration.
  void check_labels(const std::string& split, const ShardFile& shard) const {
    const auto header =
        split_header(expected_->config, expected_->simulations, manifest_->plan, split_named(split));
    for (const auto& [name, values] : shard.map().labels)
      for (const auto& [wanted, right] : header.labels())
        require(name != wanted || values == right, name + " is not what its configuration gives");
  }

  void regenerate() {
    if (!expected_ || !result_.problems.empty())
      result_.notes.push_back("nothing was simulated again, because of the above");
    else
      regenerate_sample(dataset_, *manifest_, options_, result_);
  }

  // Files that no dataset has: of no harm, but nobody should take them for a part of it.
  void note_strangers() {
    std::set<std::string> known{dataset::manifest_name, dataset::plan_name, "preview.png", "preview.gif",
                                "portrait.png"};
    std::set<std::string> cpus;
    for (const auto& split : manifest_->splits) {
      known.insert(split.index.file);
      for (const auto& shard : split.shards) {
        known.insert({shard.file, dataset::record_file_name(shard.file)});
        cpus.insert(shard.cpu);
      }
    }
    std::error_code error;
    const auto options = fs::directory_options::skip_permission_denied;
    for (auto entry = fs::recursive_directory_iterator(dataset_, options, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      const std::string name = entry->path().lexically_relative(dataset_).string();
      if (!entry->is_directory(error) && !known.contains(name))
        result_.notes.push_back(name + " is not part of the dataset");
    }
    if (cpus.size() > 1)
      result_.notes.push_back(
          fmt::format("made on processors of {} classes ({}): equal to the last digits only", cpus.size(),
                      fmt::join(cpus, ", ")));
  }

  fs::path dataset_;
  const VerifyOptions& options_;
  std::optional<Manifest> manifest_;
  std::optional<Expectation> expected_;
  Verification result_;
};

}  // namespace

Verification verify(const fs::path& dataset, const VerifyOptions& options) {
  const Threads limit(options.threads);
  dataset::require_dataset(dataset);
  return Verifier(dataset, options).run();
}

}  // namespace hamgen::apps
