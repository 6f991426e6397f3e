// What the encoders and decoders of all formats share. They are in formats/; encode.cpp and decode.cpp call those that
// the table of formats (format.hpp) names.
//
// Rules
// 1. A decoder calls `DecodeWork::admit` (decode_work.hpp) before it allocates memory that grows with the image.
// 2. A body that ends early or contradicts itself is CANNOT_DECODE, where `cv::imdecode` may return half an image; with
//    DamagedImage::keep it is what is there of it.
#pragma once

#include <map>
#include <matmq/image.hpp>
#include <optional>
#include <span>
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

/// The bytes of an image of `pixelBytes` after reduced(), which exist beside it; 0 for a divisor of 1.
[[nodiscard]] constexpr std::uint64_t reducedBytes(std::uint64_t pixelBytes, int divisor) noexcept {
  const auto by = static_cast<std::uint64_t>(divisor);
  return divisor == 1 ? 0 : pixelBytes / (by * by);
}

/// Whether the options ask for the image to be turned as its EXIF says.
[[nodiscard]] constexpr bool wantsOrientation(const DecodeOptions& options) noexcept {
  return options.mode != DecodeMode::unchanged && !options.ignoreOrientation;
}

/// NOT_AN_IMAGE, of a body of so many bytes that begins with these.
[[noreturn]] void refuseFormat(std::span<const std::byte> head, std::uint64_t size, ImageFormats allowed);

/// A raw matrix as the options want it: the same matrix, or a new one.
/// @throws Error CANNOT_DECODE when it has no 8-bit colour or grey; INVALID_ARGUMENT
[[nodiscard]] cv::Mat rawAsWanted(const cv::Mat& raw, const DecodeOptions& options);

/// The libraries that encode and decode, by name: their versions. Not libtiff, which is loaded later or never.
[[nodiscard]] std::map<std::string, std::string> codecLibraries();

}  // namespace matmq::codec
