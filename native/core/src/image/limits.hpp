// Dimensions against ImageLimits, before anything is taken for them.
#pragma once

#include <matmq/image.hpp>

namespace matmq::codec {

/// @throws Error LIMIT_EXCEEDED, in words that name what was found and the limit; CANNOT_DECODE for a side of 0 or one
///         that a matrix cannot have. `what` is the format, for the message.
void checkLimits(std::uint64_t rows, std::uint64_t cols, int type, const ImageLimits& limits, std::string_view what);

}  // namespace matmq::codec
