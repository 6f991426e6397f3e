// Why a body is not taken, in one place for those that come whole and those in segments.
#pragma once

#include <cstdint>
#include <matmq/error.hpp>

namespace matmq {

/// LIMIT_EXCEEDED: above limits.messageBytes.
[[nodiscard]] Error bodyTooLarge(std::uint64_t limit, std::uint64_t size, bool segmented);
/// LIMIT_EXCEEDED: the system has no memory for it.
[[nodiscard]] Error noMemoryForBody(std::uint64_t size);

}  // namespace matmq
