// How much memory this process can have.
#pragma once

#include <cstdint>

namespace matmq {

/// The machine's memory, or what its cgroups leave of it (version 2 and 1), in bytes. Read anew with each call.
[[nodiscard]] std::uint64_t machineMemory();

}  // namespace matmq
