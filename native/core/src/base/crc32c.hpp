// CRC32C (Castagnoli, RFC 3720): the checksum over a message that travels in segments. ISA-L computes it, with the
// processor's own instructions where there are any.
#pragma once

#include <cstdint>

#include "base/slice.hpp"

namespace matmq {

/// The checksum of what `crc` is the checksum of, followed by `bytes`. Begin with 0.
[[nodiscard]] std::uint32_t crc32c(std::uint32_t crc, std::span<const std::byte> bytes) noexcept;
/// The same over the rows of a body where they lie.
[[nodiscard]] std::uint32_t crc32c(std::uint32_t crc, const Slice& slice) noexcept;

}  // namespace matmq
