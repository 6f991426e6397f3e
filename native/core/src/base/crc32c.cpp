#include "base/crc32c.hpp"

#include <isa-l/crc.h>

#include <algorithm>

namespace matmq {
namespace {

constexpr std::size_t longestRun = std::size_t{1} << 30;  // ISA-L counts in int

}  // namespace

std::uint32_t crc32c(std::uint32_t crc, std::span<const std::byte> bytes) noexcept {
  // ISA-L has the bare polynomial division; RFC 3720 inverts the register before and after.
  crc = ~crc;
  while (!bytes.empty()) {
    const auto run = bytes.first(std::min(bytes.size(), longestRun));
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): it only reads
    auto* const data = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(run.data()));
    crc = ::crc32_iscsi(data, static_cast<int>(run.size()), crc);
    bytes = bytes.subspan(run.size());
  }
  return ~crc;
}

std::uint32_t crc32c(std::uint32_t crc, const Slice& slice) noexcept {
  slice.forEachRun(0, slice.size, [&crc](std::span<const std::byte> run) {
    crc = crc32c(crc, run);
    return true;
  });
  return crc;
}

}  // namespace matmq
