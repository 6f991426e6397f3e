// What a hostile body may cost, and how it is measured.
#pragma once

#include <chrono>
#include <fstream>
#include <string>

namespace support {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::chrono::milliseconds soon{5000};
constexpr long little = 512 * 1024;  // KiB: a sanitizer keeps books of every byte taken, used or not
#else
constexpr std::chrono::milliseconds soon{100};
constexpr long little = 32 * 1024;  // KiB
#endif

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
