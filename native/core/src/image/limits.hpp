// The check of dimensions against ImageLimits, before memory is allocated for them.
#pragma once

#include <matmq/image.hpp>

namespace matmq::codec {

/// Every decoder needs some memory beside the pixels, which does not count up to here.
inline constexpr std::uint64_t freeWorkingBytes = 1024 * 1024;

/// Of an encoded image, as of OpenCV (CV_IO_MAX_IMAGE_WIDTH): decoders have work for each row, whatever its length.
inline constexpr std::uint64_t mostSide = std::uint64_t{1} << 20;

/// `what` is the format, for the message. `beside` is the memory that the decoder needs beside the pixels, in bytes:
/// above freeWorkingBytes it counts as decoded, too.
/// @throws Error LIMIT_EXCEEDED, which names the image and the limit; CANNOT_DECODE for a side of 0
///         or one that a matrix cannot have
void checkLimits(std::uint64_t rows, std::uint64_t cols, int type, const ImageLimits& limits, std::string_view what,
                 std::uint64_t beside = 0, std::uint64_t maxSide = mostSide);

}  // namespace matmq::codec
