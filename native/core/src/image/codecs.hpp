// What the encoders and decoders of all formats share. They are in formats/; encode.cpp and decode.cpp call those that
// the table of formats (format.hpp) names.
//
// Rules
// 1. A decoder calls `checkLimits` (limits.hpp) before it allocates memory that grows with the image.
// 2. A body that ends early or contradicts itself is CANNOT_DECODE, where `cv::imdecode` may return half an image.
#pragma once

#include <map>
#include <matmq/image.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace matmq::codec {

/// @throws Error INVALID_ARGUMENT if there is a value outside `least` to `most`; the largest int is no upper limit
void checkRange(const std::optional<int>& option, int least, int most, std::string_view what);

/// The type `decodeImage` makes from a file whose own type is `fileType`.
[[nodiscard]] constexpr int decodedType(int fileType, DecodeMode mode) noexcept {
  switch (mode) {
    case DecodeMode::color:
      return CV_8UC3;
    case DecodeMode::grayscale:
      return CV_8UC1;
    case DecodeMode::unchanged:
      break;
  }
  return fileType;
}

/// @throws Error INVALID_ARGUMENT unless it is 1, 2, 4 or 8
void checkReduce(int divisor);

/// The image at a fraction of its size, as cv::imdecode makes it for every format but JPEG.
[[nodiscard]] cv::Mat reduced(cv::Mat image, int divisor);

/// Whether the options ask for the image to be turned as its EXIF says.
[[nodiscard]] constexpr bool wantsOrientation(const DecodeOptions& options) noexcept {
  return options.mode != DecodeMode::unchanged && !options.ignoreOrientation;
}

/// A raw matrix as the options want it: the same matrix, or a new one.
/// @throws Error CANNOT_DECODE when it has no 8-bit colour or grey; INVALID_ARGUMENT
[[nodiscard]] cv::Mat rawAsWanted(const cv::Mat& raw, const DecodeOptions& options);

/// The libraries that encode and decode, by name: their versions. Not libtiff, which is loaded later or never.
[[nodiscard]] std::map<std::string, std::string> codecLibraries();

}  // namespace matmq::codec
