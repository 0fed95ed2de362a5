#include "apps/generate.hpp"

#include <fmt/format.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/global_control.h>
#include <tbb/parallel_pipeline.h>

#include <atomic>
#include <exception>
#include <future>
#include <mutex>
#include <optional>
#include <string_view>

#include "apps/memory.hpp"
#include "apps/progress.hpp"
#include "apps/version.hpp"
#include "apps/yardsticks.hpp"
#include "dataset/commit.hpp"
#include "dataset/virtual_index.hpp"

namespace hamgen::apps {
namespace {

namespace fs = std::filesystem;
using simulators::Simulation;
using simulators::Split;

// Hashes finished shards and brings them to the disk, one at a time, beside the threads that make the next.
class Committer {
 public:
  Committer(fs::path out, unsigned threads)
      : out_(std::move(out)), policy_(threads > 1 ? std::launch::async : std::launch::deferred) {}

  void commit(dataset::ShardRecord record, dataset::hdf5::MemoryFile shard) {
    wait();
    pending_ = std::async(policy_, [this, record = std::move(record), file = std::move(shard)]() mutable {
      const auto bytes = file.image();
      record.bytes = bytes.size();
      record.sha256 = dataset::sha256(bytes);
      dataset::commit_file(out_ / record.file, bytes);
      return record;
    });
  }
  std::vector<dataset::ShardRecord> finish() {
    wait();
    return std::move(records_);
  }

 private:
  void wait() {
    if (pending_.valid()) records_.push_back(pending_.get());
  }
  fs::path out_;
  std::launch policy_;
  std::future<dataset::ShardRecord> pending_;
  std::vector<dataset::ShardRecord> records_;
};

// The ordered end of the pipeline: rows into shards, shards to the committer, sums for the manifest.
class SplitAssembly {
 public:
  SplitAssembly(const dataset::SplitHeader& header, std::uint64_t trajectories, std::uint64_t shard_size,
                const GenerateOptions& options)
      : header_(header),
        total_(trajectories),
        shard_size_(shard_size),
        committer_(options.out, options.threads),
        progress_(header.split, trajectories, options.quiet) {
    record_.name = header.split;
    record_.trajectories = trajectories;
    record_.index = header.split + ".h5";
  }

  void add(Product product) {
    if (!writer_) writer_.emplace(header_, std::min(shard_size_, total_ - done_));
    writer_->append(product.row());
    const auto& trajectory = product.trajectory;
    record_.redraws += trajectory.redraws;
    record_.tightenings += trajectory.tightenings;
    record_.max_energy_drift = std::max(record_.max_energy_drift, trajectory.energy_drift);
    record_.frames_out_of_view += product.out_of_view;
    record_.trajectories_out_of_view += product.out_of_view > 0;
    sums_.add(product.sums);
    ++done_;
    if (done_ % shard_size_ == 0 || done_ == total_) close_shard();
    progress_.advance();
  }
  dataset::SplitRecord finish() {
    record_.shards = committer_.finish();
    return std::move(record_);
  }
  const render::ChannelSums& sums() const { return sums_; }

 private:
  void close_shard() {
    const std::uint64_t shard = (done_ - 1) / shard_size_;
    dataset::ShardRecord record;
    record.file = fmt::format("{}/shard-{:05}.h5", header_.split, shard);
    record.first = static_cast<std::int64_t>(shard * shard_size_);
    record.last = static_cast<std::int64_t>(done_ - 1);
    committer_.commit(std::move(record), writer_->finish());
    writer_.reset();
  }

  const dataset::SplitHeader& header_;
  std::uint64_t total_, shard_size_, done_ = 0;
  std::optional<dataset::ShardWriter> writer_;
  Committer committer_;
  Progress progress_;
  dataset::SplitRecord record_;
  render::ChannelSums sums_;
};

// Keeps the first exception of any thread. A pipeline that is left by an exception drops what is under way
// without destroying it; one that runs dry does not.
class FirstFailure {
 public:
  bool happened() const { return happened_; }
  template <class Action>
  void guard(Action action) {
    if (happened_) return;
    try {
      action();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!happened_.exchange(true)) exception_ = std::current_exception();
    }
  }
  void rethrow() const {
    if (exception_) std::rethrow_exception(exception_);
  }

 private:
  std::mutex mutex_;
  std::atomic<bool> happened_{false};
  std::exception_ptr exception_;
};

void run_pipeline(const Config& config, const Simulation& simulation, Split split, std::int64_t trajectories,
                  unsigned threads, SplitAssembly& assembly) {
  using tbb::filter_mode;
  const auto canvas = render::Canvas::from(config.settings);
  const auto compression = static_cast<int>(config.settings.integer("compression"));
  tbb::enumerable_thread_specific<Producer> producers(
      [&] { return Producer(simulation, canvas, compression); });
  FirstFailure failure;
  std::int64_t next = 0;
  const auto number = [&](tbb::flow_control& flow) {
    if (next == trajectories || failure.happened()) flow.stop();
    return next++;
  };
  const auto make = [&](std::int64_t id) {
    Product product;
    failure.guard([&] { product = producers.local().make(split, id); });
    return product;
  };
  const auto add = [&](Product product) { failure.guard([&] { assembly.add(std::move(product)); }); };
  tbb::parallel_pipeline(2 * threads + 2,
                         tbb::make_filter<void, std::int64_t>(filter_mode::serial_in_order, number) &
                             tbb::make_filter<std::int64_t, Product>(filter_mode::parallel, make) &
                             tbb::make_filter<Product, void>(filter_mode::serial_in_order, add));
  failure.rethrow();
}

void make_directory(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    throw dataset::FileError("cannot create the directory " + path.string() + ": " + error.message());
}

void write_index(const fs::path& out, const dataset::SplitHeader& header,
                 const dataset::SplitRecord& record) {
  const auto index = dataset::make_virtual_index(header, record.shards);
  dataset::commit_file(out / record.index, index.image());
}

dataset::Manifest describe(const Config& config, const Simulation& simulation) {
  const auto size = static_cast<std::uint64_t>(config.settings.integer("image.size"));
  dataset::Manifest manifest;
  manifest.generator_version = version;
  manifest.git_commit = git_commit;
  manifest.system = config.system->name;
  manifest.hamiltonian = config.system->hamiltonian;
  manifest.config = to_json(config);
  manifest.frame_shape = {simulation.frames(), size, size, 3};
  return manifest;
}

}  // namespace

const char* split_name(Split split) {
  return split == Split::train ? "train" : "test";
}

dataset::SplitHeader split_header(const Config& config, const Simulation& simulation, Split split) {
  const auto& system = simulation.system();
  const auto& settings = config.settings;
  const auto size = static_cast<std::size_t>(settings.integer("image.size"));
  dataset::SplitHeader header;
  header.split = split_name(split);
  header.attributes = {{"schema_version", dataset::schema_version},
                       {"system", config.system->name},
                       {"hamiltonian", config.system->hamiltonian},
                       {"reference", config.system->reference},
                       {"split", header.split},
                       {"config", to_json(config).dump()},
                       {"seed", settings.integer("seed")},
                       {"generator", "hamgen"},
                       {"generator_version", version},
                       {"git_commit", git_commit},
                       {"solver", settings.text("integrator.method")},
                       {"absolute_tolerance", settings.real("integrator.absolute_tolerance")},
                       {"relative_tolerance", settings.real("integrator.relative_tolerance")},
                       {"max_energy_drift", simulation.max_energy_drift()}};
  header.time = simulation.times();
  header.x = render::column_x(size, simulation.nominal_view().half_width);
  header.y = render::row_y(size, simulation.nominal_view().half_width);
  header.coordinates = system.coordinate_names();
  for (const auto& label : system.parameter_labels()) {
    header.parameters.push_back(label.name);
    header.parameter_units.push_back(label.unit);
  }
  header.position_unit = system.position_unit();
  header.momentum_unit = system.momentum_unit();
  return header;
}

namespace {

// Files that hamgen itself leaves in a dataset; everything else is the user's.
bool is_shard_file(std::string_view name) {
  constexpr std::string_view prefix = "shard-";
  if (!name.starts_with(prefix)) return false;
  name.remove_prefix(prefix.size());
  const auto end_of_number = name.find_first_not_of("0123456789");
  return end_of_number != 0 && end_of_number != name.npos &&
         (name.substr(end_of_number) == ".h5" || name.substr(end_of_number) == ".h5.partial");
}

void remove_dataset(const fs::path& out) {
  fs::remove(out / "manifest.json");  // first: from here on it is not a finished dataset
  for (const char* name : {"train.h5", "test.h5", "preview.png", "preview.gif", "portrait.png"})
    fs::remove(out / name);
  for (const char* split : {"train", "test"}) {
    if (!fs::is_directory(out / split)) continue;
    std::vector<fs::path> shards;
    for (const auto& entry : fs::directory_iterator(out / split))
      if (is_shard_file(entry.path().filename().string())) shards.push_back(entry.path());
    for (const fs::path& shard : shards) fs::remove(shard);
    if (fs::is_empty(out / split)) fs::remove(out / split);
  }
}

}  // namespace

void prepare_directory(const fs::path& out, bool force) try {
  if (fs::exists(out) && !fs::is_directory(out))
    throw dataset::FileError("cannot write to " + out.string() + ": it is a file, not a directory");
  if (fs::exists(out) && !fs::is_empty(out)) {
    if (!force)
      throw dataset::FileError(out.string() +
                               " exists and is not empty: choose another --out, or --force to replace it");
    remove_dataset(out);
  }
  fs::create_directories(out);
} catch (const fs::filesystem_error& error) {
  throw dataset::FileError("cannot use " + out.string() +
                           " as the output directory: " + error.code().message());
}

dataset::Manifest generate(const Config& config, const GenerateOptions& options) {
  keep_freed_memory();
  const tbb::global_control parallelism(tbb::global_control::max_allowed_parallelism, options.threads);
  const Simulation simulation(*config.system, config.settings);
  dataset::Manifest manifest = describe(config, simulation);
  const auto shard_size = static_cast<std::uint64_t>(config.settings.integer("shard_size"));
  for (const auto& [split, size] :
       {std::pair{Split::train, config.train_size()}, std::pair{Split::test, config.test_size()}}) {
    if (size == 0) continue;
    const auto header = split_header(config, simulation, split);
    make_directory(options.out / header.split);
    SplitAssembly assembly(header, static_cast<std::uint64_t>(size), shard_size, options);
    run_pipeline(config, simulation, split, size, options.threads, assembly);
    manifest.splits.push_back(assembly.finish());
    write_index(options.out, header, manifest.splits.back());
    if (split == Split::test) continue;
    for (std::size_t channel = 0; channel < 3; ++channel) {
      manifest.channel_mean.push_back(assembly.sums().mean(channel));
      manifest.channel_std.push_back(assembly.sums().standard_deviation(channel));
    }
  }
  manifest.has_yardsticks = config.test_size() > 0;
  if (manifest.has_yardsticks) manifest.yardsticks = measure_yardsticks(config, simulation, options.quiet);
  dataset::write_manifest(options.out, manifest);
  return manifest;
}

}  // namespace hamgen::apps
