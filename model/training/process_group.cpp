#include "model/training/process_group.hpp"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#ifdef USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#include <torch/version.h>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "schemas/field.hpp"

namespace hamgen::model {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return value == nullptr ? "" : value;
}

int whole(const char* name, int low, int high) {
  const std::string text = variable(name);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    throw schemas::FieldError(std::string(name) + " = \"" + text +
                              "\" is not allowed: expected an integer from " + std::to_string(low) + " to " +
                              std::to_string(high));
  return value;
}

bool is_local(const std::string& address) {
  return address == "localhost" || address.starts_with("127.") || address == "::1";
}

}  // namespace

void prepare_environment() {
  setenv("NCCL_BLOCKING_WAIT", "1", 0);  // or the timeout would not count
}

Place place_from_environment() {
  constexpr int most = 100'000;
  Place place;
  if (const std::string address = variable("MASTER_ADDR"); !address.empty()) place.address = address;
  const bool is_torchrun = !variable("RANK").empty() || !variable("WORLD_SIZE").empty();
  const bool is_slurm = !is_torchrun && !variable("MASTER_ADDR").empty() && !variable("SLURM_PROCID").empty();
  if (!is_torchrun && !is_slurm) return place;
  place.size = whole(is_slurm ? "SLURM_NTASKS" : "WORLD_SIZE", 1, most);
  place.rank = whole(is_slurm ? "SLURM_PROCID" : "RANK", 0, place.size - 1);
  const char* const local = is_slurm ? "SLURM_LOCALID" : "LOCAL_RANK";
  place.local_rank = variable(local).empty() ? place.rank : whole(local, 0, most);
  if (!variable("LOCAL_WORLD_SIZE").empty())
    place.local_size = whole("LOCAL_WORLD_SIZE", 1, most);
  else if (!is_slurm && is_local(place.address))  // under Slurm a task sees its own cores only
    place.local_size = place.size;
  if (!variable("MASTER_PORT").empty())
    place.port = static_cast<std::uint16_t>(whole("MASTER_PORT", 1, 65535));
  place.has_agent_store = variable("TORCHELASTIC_USE_AGENT_STORE") == "True";
  if (!variable("TORCHELASTIC_RESTART_COUNT").empty())
    place.attempt = whole("TORCHELASTIC_RESTART_COUNT", 0, most);
  return place;
}

#if TORCH_VERSION_MAJOR >= 2
using Backend = c10d::Backend;
#else
using Backend = c10d::ProcessGroup;
#endif

struct ProcessGroup::Connection {
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<Backend> group;
  std::vector<c10::intrusive_ptr<c10d::Work>> pending;

  template <class Call>
  auto guarded(const Call& call) -> decltype(call()) {
    try {
      return call();
    } catch (const std::exception& error) {
      const auto* const of_torch = dynamic_cast<const c10::Error*>(&error);
      std::string text = of_torch != nullptr ? of_torch->what_without_backtrace() : error.what();
      text = text.substr(0, text.find('\n'));
      throw ProcessLostError("another process of this training is lost: " + text);
    }
  }
};

ProcessGroup::ProcessGroup(const Place& place, const at::Device& device, std::chrono::milliseconds timeout)
    : place_(place) {
  if (place.size == 1) return;
  std::signal(SIGPIPE, SIG_IGN);  // writing to a process that is gone is an error to report, not an end
  connection_ = std::make_unique<Connection>();
  connection_->guarded([&] {
    c10d::TCPStoreOptions options;
    options.port = place.port;
    options.isServer = place.rank == 0 && !place.has_agent_store;
    options.numWorkers = static_cast<std::size_t>(place.size);
    options.waitWorkers = false;
    options.timeout = timeout;
    connection_->store = c10::make_intrusive<c10d::TCPStore>(place.address, options);
    if (place.has_agent_store)
      connection_->store = c10::make_intrusive<c10d::PrefixStore>(
          "/worker/attempt_" + std::to_string(place.attempt), connection_->store);
    if (device.is_cuda()) {
#ifdef USE_C10D_NCCL
      const auto nccl = c10d::ProcessGroupNCCL::Options::create();
      nccl->timeout = timeout;
      connection_->group =
          c10::make_intrusive<c10d::ProcessGroupNCCL>(connection_->store, place.rank, place.size, nccl);
      return;
#endif
    }
    const auto gloo = c10d::ProcessGroupGloo::Options::create(timeout);
    const std::string interface = variable("GLOO_SOCKET_IFNAME");
    gloo->devices.push_back(!interface.empty() ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                            : is_local(place.address)
                                ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                : c10d::ProcessGroupGloo::createDefaultDevice());
    connection_->group =
        c10::make_intrusive<c10d::ProcessGroupGloo>(connection_->store, place.rank, place.size, gloo);
  });
}

ProcessGroup::ProcessGroup() = default;

ProcessGroup::~ProcessGroup() = default;

void ProcessGroup::begin_sum(Tensor x) {
  if (!connection_) return;
  connection_->guarded([&] {
    std::vector<Tensor> list{x};
    connection_->pending.push_back(connection_->group->allreduce(list));
  });
}

void ProcessGroup::wait() {
  if (!connection_) return;
  connection_->guarded([&] {
    for (const auto& work : connection_->pending) work->wait();
    connection_->pending.clear();
  });
}

void ProcessGroup::sum(Tensor x) {
  begin_sum(std::move(x));
  wait();
}

void ProcessGroup::broadcast(Tensor x) {
  if (!connection_) return;
  connection_->guarded([&] {
    std::vector<Tensor> list{x};
    connection_->group->broadcast(list)->wait();
  });
}

std::vector<Tensor> ProcessGroup::gather(const Tensor& x) {
  if (!connection_) return {x};
  return connection_->guarded([&] {
    std::vector<std::vector<Tensor>> all(1);
    for (int i = 0; i < place_.size; ++i) all[0].push_back(at::empty_like(x));
    std::vector<Tensor> list{x.contiguous()};
    connection_->group->allgather(all, list)->wait();
    return all[0];
  });
}

}  // namespace hamgen::model
