// The memory that the process can have.
#include "base/machine_memory.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <matmq/image.hpp>

TEST_CASE("the memory of this machine is known, and a quarter of it is for decodes") {
  const auto pages = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES));
  const std::uint64_t memory = matmq::machineMemory();
  CHECK(memory >= matmq::leastCodecMemory);
  CHECK(memory <= pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
  CHECK(matmq::codecMemory() == memory / 4);
}
