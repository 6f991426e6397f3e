// Dimensions against ImageLimits, before anything is taken for them.
#pragma once

#include <matmq/image.hpp>

namespace matmq::codec {

/// Every decoder takes some memory beside the pixels: up to here nobody counts it.
inline constexpr std::uint64_t freeWorkingBytes = 1024 * 1024;

/// @throws Error LIMIT_EXCEEDED, in words that name what was found and the limit; CANNOT_DECODE for a side of 0 or one
///         that a matrix cannot have. `what` is the format, for the message. `beside` is what the decoder takes beside
///         the pixels, in bytes: above freeWorkingBytes it counts as decoded, too.
void checkLimits(std::uint64_t rows, std::uint64_t cols, int type, const ImageLimits& limits, std::string_view what,
                 std::uint64_t beside = 0);

}  // namespace matmq::codec
