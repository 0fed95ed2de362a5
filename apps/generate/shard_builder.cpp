#include "apps/generate/shard_builder.hpp"

#include <fmt/format.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_pipeline.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <future>
#include <mutex>
#include <optional>

#include "apps/generate/producer.hpp"
#include "apps/generate/redraws.hpp"
#include "apps/shell/progress.hpp"
#include "apps/shell/stop_signal.hpp"
#include "apps/shell/streams.hpp"
#include "apps/shell/version.hpp"
#include "dataset/files/commit.hpp"
#include "dataset/files/sha256.hpp"

namespace hamgen::apps {
namespace {

using simulators::Split;

// Hashes finished shards and brings them to the disk, one at a time, beside the threads that make the next.
class Committer {
 public:
  // Both outlive it.
  Committer(const Making& making, const Inventory& inventory)
      : making_(making),
        inventory_(inventory),
        policy_(making.threads > 1 ? std::launch::async : std::launch::deferred) {}

  void commit(dataset::ShardRecord record, dataset::hdf5::MemoryFile shard) {
    wait();
    pending_ = std::async(policy_, [this, record = std::move(record), file = std::move(shard)]() mutable {
      const auto bytes = file.image();
      record.bytes = bytes.size();
      record.sha256 = dataset::sha256(bytes);
      require_equal(record, inventory_, making_.plan);
      dataset::commit_file(making_.out / record.file, bytes);
      dataset::commit_file(making_.out / dataset::record_file_name(record.file),
                           record_text(record, making_.plan.id));
      return record;
    });
    if (policy_ == std::launch::deferred) wait();  // one thread: nothing to do it beside
  }
  std::vector<dataset::ShardRecord> finish() {
    wait();
    return std::move(records_);
  }

 private:
  void wait() {
    if (pending_.valid()) records_.push_back(pending_.get());
  }
  const Making& making_;
  const Inventory& inventory_;
  std::launch policy_;
  std::future<dataset::ShardRecord> pending_;
  std::vector<dataset::ShardRecord> records_;
};

dataset::ShardStatistics statistics_of(const Product& product) {
  const auto& trajectory = product.trajectory;
  return {.redraws = trajectory.redraws,
          .redraw_reasons = redraw_reasons(trajectory.redraw_reasons),
          .tightenings = trajectory.tightenings,
          .max_energy_drift = trajectory.energy_drift,
          .frames_out_of_view = product.out_of_view,
          .trajectories_out_of_view = product.out_of_view > 0 ? 1U : 0U,
          .pixel_sum = product.sums.sum,
          .pixel_sum_of_squares = product.sums.sum_of_squares,
          .pixels = product.sums.pixels};
}

// The ordered end of the pipeline: rows into shards, shards to the committer.
class Assembly {
 public:
  // All of them outlive it.
  Assembly(const dataset::SplitHeader& header, std::span<const PlannedShard> shards, const Making& making,
           const Inventory& inventory, Progress& progress)
      : header_(header),
        shards_(shards),
        making_(making),
        split_size_(std::ranges::find(making.config.splits, shards.front().split, &SplitConfig::split)->size),
        committer_(making, inventory),
        progress_(progress) {
    for (const dataset::ShardRecord& record : inventory.finished)
      if (record.file.starts_with(header.split + "/")) total_.add(record.statistics);
  }

  void add(Product product) {
    const PlannedShard& shard = shards_.front();
    if (!writer_) {
      record_ = {.file = shard.file(),
                 .sha256 = "",
                 .content = "",
                 .first = shard.first,
                 .last = shard.last,
                 .cpu = cpu_class(),
                 .statistics = {}};
      writer_.emplace(header_, record_.trajectories());
    }
    writer_->append(product.row());
    const auto statistics = statistics_of(product);
    record_.statistics.add(statistics);
    total_.add(statistics);
    if (product.trajectory.redraws > 0 && !making_.any_redraws)
      require_few_redraws(header_.split, split_size_, total_);
    if (product.trajectory.id == shard.last) close_shard();
    progress_.advance();
  }
  std::vector<dataset::ShardRecord> finish() { return committer_.finish(); }

 private:
  void close_shard() {
    auto file = writer_->finish();
    record_.content = writer_->content();
    committer_.commit(std::move(record_), std::move(file));
    writer_.reset();
    shards_ = shards_.subspan(1);
  }

  const dataset::SplitHeader& header_;
  std::span<const PlannedShard> shards_;  // this one and those to come
  const Making& making_;
  std::int64_t split_size_;
  dataset::ShardStatistics total_;  // of the split, as far as it is there
  std::optional<dataset::ShardWriter> writer_;
  dataset::ShardRecord record_;
  Committer committer_;
  Progress& progress_;
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

void run_pipeline(const Making& making, std::span<const PlannedShard> shards, Assembly& assembly) {
  using tbb::filter_mode;
  const auto canvas = render::Canvas::from(making.config.settings);
  const auto compression = static_cast<int>(making.config.settings.integer("compression"));
  const Split split = shards.front().split;
  tbb::enumerable_thread_specific<Producer> producers(
      [&] { return Producer(making.simulations.of(split), canvas, compression); });
  FirstFailure failure;
  std::int64_t next = shards.front().first;
  const auto number = [&](tbb::flow_control& flow) {
    if (shards.empty() || failure.happened() || stop_requested()) {
      flow.stop();
      return next;
    }
    const std::int64_t id = next++;
    if (id == shards.front().last) {
      shards = shards.subspan(1);
      if (!shards.empty()) next = shards.front().first;
    }
    return id;
  };
  const auto make = [&](std::int64_t id) {
    Product product;
    failure.guard([&] { product = producers.local().make(split, id); });
    return product;
  };
  const auto add = [&](Product product) { failure.guard([&] { assembly.add(std::move(product)); }); };
  tbb::parallel_pipeline(2 * making.threads + 2,
                         tbb::make_filter<void, std::int64_t>(filter_mode::serial_in_order, number) &
                             tbb::make_filter<std::int64_t, Product>(filter_mode::parallel, make) &
                             tbb::make_filter<Product, void>(filter_mode::serial_in_order, add));
  failure.rethrow();
}

// Builds these shards of one split, in order; all, or fewer where a signal asked to stop.
std::vector<dataset::ShardRecord> build_shards(const Making& making, const Inventory& inventory,
                                               std::span<const PlannedShard> shards) {
  const auto header = split_header(making.config, making.simulations, making.plan, shards.front().split);
  dataset::make_directory(making.out / header.split);
  std::uint64_t trajectories = 0;
  for (const PlannedShard& shard : shards)
    trajectories += static_cast<std::uint64_t>(shard.last - shard.first + 1);
  Progress progress(header.split, trajectories, making.quiet);
  Assembly assembly(header, shards, making, inventory, progress);
  run_pipeline(making, shards, assembly);
  return assembly.finish();
}

}  // namespace

void complete(const Making& making, Inventory& inventory, std::vector<std::string>& found) {
  const std::size_t total = inventory.finished.size() + inventory.missing.size();
  if (!making.quiet && !inventory.finished.empty())
    tell(fmt::format("{} of {} shards are there already\n", inventory.finished.size(), total));
  restore_records(making.out, inventory, making.plan.id, found);
  for (const SplitConfig& split : making.config.splits) {
    std::vector<PlannedShard> shards;
    std::ranges::copy_if(inventory.missing, std::back_inserter(shards),
                         [&](const PlannedShard& shard) { return shard.split == split.split; });
    if (shards.empty()) continue;
    std::ranges::move(build_shards(making, inventory, shards), std::back_inserter(inventory.finished));
    if (stop_requested() && inventory.finished.size() < total)
      throw Interrupted(
          fmt::format("stopped by a signal; {} of {} shards are there. The same command goes on",
                      inventory.finished.size(), total));
  }
}

}  // namespace hamgen::apps
