// Everything that a training stands on.
#pragma once

#include <memory>

#include "apps/fit/fit_data.hpp"
#include "apps/shell/threads.hpp"
#include "model/training/process_group.hpp"

namespace hamgen::apps {

// In the order it is built.
struct Setup {
  FitConfig config;
  Threads limit;
  at::Device device;
  std::shared_ptr<model::ProcessGroup> group;
  std::filesystem::path path;  // of the data
  FitData data;
  std::shared_ptr<model::Model> network;

  // The processes meet first: what one of them cannot do then ends all.
  Setup(FitConfig resolved, const std::filesystem::path& data_path, const model::Place& place)
      : config(std::move(resolved)),
        limit(limited(config.settings.integer("threads"))),
        device(config.settings.text("device")),
        group(std::make_shared<model::ProcessGroup>(
            place, device, std::chrono::seconds(config.settings.integer("timeout")))),
        path(data_path),
        data(config, path),
        network(made()) {}

  model::Share share() const { return {group->rank(), group->size()}; }

 private:
  std::shared_ptr<model::Model> made() {
    data.agree(*group, device);
    resolve_by_data(config, data.training().shape);
    return config.model->make(config.settings, data.training().shape);
  }
  // Before anything is computed: threads that begin later inherit how this one treats denormal numbers.
  static unsigned limited(std::int64_t threads) {
    model::set_arithmetic();
    at::set_num_threads(static_cast<int>(threads));
    return static_cast<unsigned>(threads);
  }
};

}  // namespace hamgen::apps
