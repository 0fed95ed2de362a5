// The processes that train one model together: equal copies of it, each with its share of every batch.
// LibTorch's c10d carries the sums: Gloo between CPUs, NCCL between GPUs where this LibTorch has it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/base/torch.hpp"

namespace hamgen::model {

// Another process has ended, or does not answer within the timeout. The last checkpoint is there to go on
// from.
class ProcessLostError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// This process among all of them, and where they meet.
struct Place {
  int rank = 0, size = 1;
  int local_rank = 0,
      local_size = 1;  // among those of this machine: which GPU to take, how to share its cores
  std::string address = "127.0.0.1";
  std::uint16_t port = 29500;
  bool has_agent_store = false;  // torchrun holds the meeting place itself
  int attempt = 0;               // of torchrun
};

// From RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT as torchrun sets them; where MASTER_ADDR is
// there without RANK, from SLURM_PROCID, SLURM_NTASKS and SLURM_LOCALID as srun sets them. Throws
// schemas::FieldError for a value that is none. Without any of them: one process.
Place place_from_environment();

// Sets what NCCL reads of the environment: the first thing that a program does, before there are threads.
void prepare_environment();

class ProcessGroup {
 public:
  ProcessGroup();  // of one process
  // Waits for all others. Throws ProcessLostError.
  ProcessGroup(const Place& place, const at::Device& device, std::chrono::milliseconds timeout);
  ~ProcessGroup();
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  int rank() const { return place_.rank; }
  int size() const { return place_.size; }
  bool is_first() const { return place_.rank == 0; }

  // Each process calls the same of these, in the same order; all throw ProcessLostError.
  void sum(Tensor x);                           // in place, over all processes
  void broadcast(Tensor x);                     // the first's
  std::vector<Tensor> gather(const Tensor& x);  // everyone's, of equal shapes, in order of rank
  // Begins a sum in place; wait() for it before x is read.
  void begin_sum(Tensor x);
  void wait();

 private:
  struct Connection;
  Place place_;
  std::unique_ptr<Connection> connection_;  // none for one process
};

}  // namespace hamgen::model
