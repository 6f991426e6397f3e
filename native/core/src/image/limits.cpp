#include "image/limits.hpp"

#include <limits>

namespace matmq::codec {
namespace {

std::string describe(std::uint64_t rows, std::uint64_t cols, std::string_view what) {
  return "received a " + std::string(what) + " image of " + std::to_string(cols) + " x " + std::to_string(rows);
}

}  // namespace

void checkLimits(std::uint64_t rows, std::uint64_t cols, int type, const ImageLimits& limits, std::string_view what,
                 std::uint64_t beside, std::uint64_t maxSide) {
  if (rows == 0 || cols == 0) {
    throw Error(ErrorCode::cannotDecode,
                "Expected an image with rows and columns but " + describe(rows, cols, what) + ": the body is damaged");
  }
  // Division, not multiplication: rows * cols may not fit 64 bits.
  if (rows > limits.pixels / cols) {
    throw Error(ErrorCode::limitExceeded, "Expected at most " + std::to_string(limits.pixels) + " pixels but " +
                                              describe(rows, cols, what) +
                                              ": raise limits.pixels if the sender is trusted");
  }
  if (rows > maxSide || cols > maxSide) {
    const bool noMatrix = rows > std::numeric_limits<int>::max() || cols > std::numeric_limits<int>::max();
    throw Error(noMatrix ? ErrorCode::cannotDecode : ErrorCode::limitExceeded,
                "Expected sides of at most " + std::to_string(maxSide) + " but " + describe(rows, cols, what));
  }
  const std::uint64_t pixelBytes = CV_ELEM_SIZE(type);
  // rows * cols fits: both sides are below 2^31.
  if (rows * cols > limits.decodedBytes / pixelBytes) {
    throw Error(ErrorCode::limitExceeded, "Expected at most " + std::to_string(limits.decodedBytes) +
                                              " decoded bytes but " + describe(rows, cols, what) + " as " +
                                              typeName(type) + ": raise limits.decodedBytes if the sender is trusted");
  }
  if (beside <= freeWorkingBytes) return;
  const std::uint64_t decoded = rows * cols * pixelBytes;
  if (beside > limits.decodedBytes - decoded) {
    throw Error(ErrorCode::limitExceeded, "Expected decoding to take at most " + std::to_string(limits.decodedBytes) +
                                              " bytes but " + describe(rows, cols, what) + ", which takes " +
                                              std::to_string(beside) + " beside its " + std::to_string(decoded) +
                                              ": raise limits.decodedBytes if the sender is trusted");
  }
}

}  // namespace matmq::codec
