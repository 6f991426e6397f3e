#include <bit>
#include <matmq/image.hpp>

#include "image/limits.hpp"

namespace matmq {

// The wire is little-endian and the view is of the wire's bytes: a big-endian host would need a copy and a swap here.
static_assert(std::endian::native == std::endian::little);

cv::Mat viewRaw(std::span<const std::byte> body, std::int64_t rows, std::int64_t cols, std::string_view type,
                const ImageLimits& limits) {
  const auto cvType = parseTypeName(type);
  if (!cvType) {
    constexpr std::size_t shown = 64;  // the name comes from the network
    throw Error(ErrorCode::cannotDecode,
                "Expected an OpenCV type such as 'CV_8UC3' in the header mat-type but received '" +
                    std::string(type.substr(0, shown)) + (type.size() > shown ? "...'" : "'"));
  }
  if (rows <= 0 || cols <= 0) {
    throw Error(ErrorCode::cannotDecode,
                "Expected positive integers in the headers mat-rows and mat-cols but received " + std::to_string(rows) +
                    " and " + std::to_string(cols));
  }
  const auto height = static_cast<std::uint64_t>(rows);
  const auto width = static_cast<std::uint64_t>(cols);
  codec::checkLimits(height, width, *cvType, limits, "raw");
  // Sides below 2^31 and pixels of at most 4096 bytes: one division tells whether the product fits.
  const std::uint64_t pixelBytes = CV_ELEM_SIZE(*cvType);
  if (body.size() % pixelBytes != 0 || body.size() / pixelBytes != height * width) {
    throw Error(ErrorCode::cannotDecode, "Expected a body of " + std::to_string(rows) + " * " + std::to_string(cols) +
                                             " * " + std::to_string(pixelBytes) + " bytes for a raw " +
                                             typeName(*cvType) + " matrix but received " + std::to_string(body.size()) +
                                             " bytes: the headers and the body do not belong together");
  }
  // cv::Mat has no constructor for memory that is only read; whoever keeps the message keeps the view const.
  return {static_cast<int>(rows), static_cast<int>(cols), *cvType, const_cast<std::byte*>(body.data())};
}

}  // namespace matmq
