// One encoder and one decoder for each format, each in the file of its name; encode.cpp and decode.cpp choose.
//
// Rules
// 1. Encoders are given what `checkEncodable` has passed; decoders a body that begins with their magic, and nothing
// more.
// 2. A decoder calls `checkLimits` (limits.hpp) before it takes memory that grows with the image.
// 3. A body that ends early or contradicts itself is CANNOT_DECODE, where `cv::imdecode` may return half an image.
#pragma once

#include <matmq/image.hpp>

namespace matmq::codec {

[[nodiscard]] SharedBytes encodePng(const cv::Mat& image, const EncodeOptions& options);
[[nodiscard]] SharedBytes encodeJpeg(const cv::Mat& image, const EncodeOptions& options);
[[nodiscard]] SharedBytes encodeWebp(const cv::Mat& image, const EncodeOptions& options);
[[nodiscard]] SharedBytes encodeBmp(const cv::Mat& image, const EncodeOptions& options);
[[nodiscard]] SharedBytes encodeTiff(const cv::Mat& image, const EncodeOptions& options);
[[nodiscard]] SharedBytes encodePnm(const cv::Mat& image, const EncodeOptions& options);

[[nodiscard]] cv::Mat decodePng(std::span<const std::byte> body, const DecodeOptions& options);
[[nodiscard]] cv::Mat decodeJpeg(std::span<const std::byte> body, const DecodeOptions& options);
[[nodiscard]] cv::Mat decodeWebp(std::span<const std::byte> body, const DecodeOptions& options);
[[nodiscard]] cv::Mat decodeBmp(std::span<const std::byte> body, const DecodeOptions& options);
[[nodiscard]] cv::Mat decodeTiff(std::span<const std::byte> body, const DecodeOptions& options);
[[nodiscard]] cv::Mat decodePnm(std::span<const std::byte> body, const DecodeOptions& options);

/// The file size of a BMP of this matrix; more than 2^31-1 cannot be said in its header.
[[nodiscard]] std::uint64_t bmpFileSize(const cv::Mat& image) noexcept;

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

/// A raw matrix as the options want it: the same matrix, or a new one.
/// @throws Error CANNOT_DECODE when it has no 8-bit colour or grey; INVALID_ARGUMENT
[[nodiscard]] cv::Mat rawAsWanted(const cv::Mat& raw, const DecodeOptions& options);

/// The image at a fraction of its size, as cv::imdecode makes it of what is no JPEG.
[[nodiscard]] cv::Mat reduced(cv::Mat image, int divisor);

/// Whether the image is to be turned as its EXIF says.
[[nodiscard]] constexpr bool wantsOrientation(const DecodeOptions& options) noexcept {
  return options.mode != DecodeMode::unchanged && !options.ignoreOrientation;
}

}  // namespace matmq::codec
