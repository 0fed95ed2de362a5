// Which of the kernels' copies run here.
#pragma once

#include <vector>

#include "model/kernels/cpu_kernels.hpp"

namespace hamgen::model {

// Those that this CPU can run, from narrow to wide vectors; and the widest.
std::vector<const CpuKernels*> runnable_cpu_kernels();
const CpuKernels& cpu_kernels();

}  // namespace hamgen::model
