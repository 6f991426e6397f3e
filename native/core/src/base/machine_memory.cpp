#include "base/machine_memory.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

namespace matmq {
namespace {

constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();

/// The number in a file of a cgroup; "max", and what is no number, is no limit.
std::uint64_t numberIn(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::uint64_t number = none;
  return stream >> number ? number : none;
}

/// The least limit of a group and of those that it is in. In a container the path of the group is that of the host, of
/// which only the end, or nothing, is there.
std::uint64_t limitOf(const std::filesystem::path& mounted, std::filesystem::path group, const char* file) {
  std::uint64_t least = numberIn(mounted / file);
  for (group = group.relative_path(); !group.empty(); group = group.parent_path())
    least = std::min(least, numberIn(mounted / group / file));
  return least;
}

/// As cgroups(7) says of /proc/self/cgroup: lines of "number:controllers:path"; version 2 has number 0 and no
/// controllers.
std::uint64_t cgroupLimit() {
  std::uint64_t least = none;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = ',' + line.substr(first + 1, second - first - 1) + ',';
    const std::string path = line.substr(second + 1);
    if (controllers == ",,") {
      for (const char* file : {"memory.max", "memory.high"})
        least = std::min(least, limitOf("/sys/fs/cgroup", path, file));
    }
    if (controllers.find(",memory,") != std::string::npos)
      least = std::min(least, limitOf("/sys/fs/cgroup/memory", path, "memory.limit_in_bytes"));
  }
  return least;
}

}  // namespace

std::uint64_t machineMemory() {
  const auto pages = static_cast<std::uint64_t>(std::max(::sysconf(_SC_PHYS_PAGES), 1L));
  const auto pageBytes = static_cast<std::uint64_t>(std::max(::sysconf(_SC_PAGESIZE), 1L));
  return std::min(pages * pageBytes, cgroupLimit());
}

}  // namespace matmq
