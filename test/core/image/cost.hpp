// What a hostile body may cost, and how it is measured.
#pragma once

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>

namespace support {

/// Under a sanitizer, or under Valgrind (test/faults/valgrind.test.ts says so): all takes longer, and books are kept of
/// every byte taken, used or not.
inline bool instrumented() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return std::getenv("MATMQ_TEST_INSTRUMENTED") != nullptr;
#endif
}

inline const std::chrono::milliseconds soon{instrumented() ? 5000 : 100};
inline const long little = (instrumented() ? 512 : 32) * 1024;  ///< KiB

/// How much more memory a piece of work had at its height than before it, in KiB.
template <class Work>
long memoryOf(Work&& work) {
  std::ofstream("/proc/self/clear_refs") << 5;  // the height begins anew
  const auto height = [] {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
    }
    return 0L;
  };
  const long before = height();
  work();
  return height() - before;
}

}  // namespace support
