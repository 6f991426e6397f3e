// Matrices to bytes and back. Free functions without state, safe to call from any thread.
//
// Rules
// 1. Only libjpeg-turbo, libpng, libwebp and our own BMP and raw code read bytes; OpenCV's imgcodecs is never linked.
// 2. A decoder is chosen by the exact magic bytes, never by what the message claims.
// 3. Dimensions are read and held against ImageLimits before any memory for pixels is taken.
// 4. Encoded bytes are what `cv::imencode` of the same format and options makes; matrices are BGR or BGRA.
#pragma once

#include <cstddef>
#include <cstdint>
#include <matmq/bytes.hpp>
#include <matmq/error.hpp>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace matmq {

/// How an image travels. `raw` is the matrix itself (docs/wire-format.md), all others are files of that format.
enum class ImageFormat : std::uint8_t { png, jpeg, webp, bmp, raw };

/// Options of all encoders, each with the meaning it has for `cv::imwrite`; an encoder reads its own.
struct EncodeOptions {
  /// JPEG 0..100 (IMWRITE_JPEG_QUALITY, 95). WebP 1..100; above 100 is lossless (IMWRITE_WEBP_QUALITY, lossless).
  std::optional<int> quality{};
  /// PNG zlib level 0..9 (IMWRITE_PNG_COMPRESSION). Unset: level 1 with the RLE strategy and the Sub filter, as
  /// OpenCV's default.
  std::optional<int> compression{};
};

/// What a decoder may take. Exceeding it is an Error `LIMIT_EXCEEDED`, found before memory is taken.
struct ImageLimits {
  std::uint64_t pixels = 128ULL * 1024 * 1024;        ///< rows * cols
  std::uint64_t decodedBytes = 512ULL * 1024 * 1024;  ///< rows * cols * bytes per pixel
};

/// Which channels `decodeImage` makes; the names and meanings of OpenCV's IMREAD_*.
enum class DecodeMode : std::uint8_t { unchanged, color, grayscale };

struct DecodeOptions {
  DecodeMode mode = DecodeMode::unchanged;
  /// `color` and `grayscale` turn the image as its EXIF tag says, as `cv::imdecode` does; `unchanged` never does.
  bool ignoreOrientation = false;
  ImageLimits limits{};
};

/// Reads a name as programs write it: ".png", "png", ".jpg", ".jpeg", ".webp", ".bmp", "raw"; case does not matter.
/// @throws Error UNKNOWN_FORMAT, with the list of names, for anything else.
[[nodiscard]] ImageFormat parseImageFormat(std::string_view name);
/// The `content_type` of a format: "image/png", ..., "application/x-cv-mat".
[[nodiscard]] std::string_view contentType(ImageFormat format) noexcept;
/// The format of a `content_type`, if it is one of ours.
[[nodiscard]] std::optional<ImageFormat> formatOfContentType(std::string_view contentType) noexcept;
/// The format whose magic bytes `body` begins with; nothing for anything else (a raw matrix has no magic).
[[nodiscard]] std::optional<ImageFormat> formatOfMagic(std::span<const std::byte> body) noexcept;

/// Checks, without encoding, that `format` can hold `image` and that `options` are in range.
/// @throws Error INVALID_MATRIX (empty, more than two dimensions), CANNOT_ENCODE (depth or channels the format has not,
///         a side it cannot express), INVALID_ARGUMENT (option out of range).
void checkEncodable(const cv::Mat& image, ImageFormat format, const EncodeOptions& options = {});

/// Encodes to a file image in memory. Any step is accepted (regions of interest).
/// @throws Error as checkEncodable; CANNOT_ENCODE when the library refuses. `raw` is not encoded: INVALID_ARGUMENT.
[[nodiscard]] SharedBytes encodeImage(const cv::Mat& image, ImageFormat format, const EncodeOptions& options = {});

/// Decodes PNG, JPEG, WebP or BMP by magic. 8-bit files give CV_8UC1, C3 (BGR) or C4 (BGRA), 16-bit PNG gives CV_16U.
/// @throws Error NOT_AN_IMAGE (no known magic), LIMIT_EXCEEDED, CANNOT_DECODE (damaged or truncated).
[[nodiscard]] cv::Mat decodeImage(std::span<const std::byte> body, const DecodeOptions& options = {});

/// The name of an OpenCV type, "CV_8UC3"; channels above 4 as "CV_8UC(7)", as OpenCV writes them on the wire.
[[nodiscard]] std::string typeName(int type);
/// The OpenCV type of a name, with or without parentheses round the channels; nothing if it is no type.
[[nodiscard]] std::optional<int> parseTypeName(std::string_view name) noexcept;

/// A view (no copy) of a raw matrix body.
/// @throws Error CANNOT_DECODE unless rows and cols are positive, type is one, and the body has exactly
/// rows*cols*elemSize bytes;
///         LIMIT_EXCEEDED.
[[nodiscard]] cv::Mat viewRaw(std::span<const std::byte> body, std::int64_t rows, std::int64_t cols,
                              std::string_view type, const ImageLimits& limits = {});

}  // namespace matmq
