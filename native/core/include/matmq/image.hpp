// Matrices to bytes and back. Free functions without state, safe to call from any thread.
//
// Rules
// 1. Only libjpeg-turbo, libpng, libwebp, libtiff and our own BMP, PNM and raw code read bytes; OpenCV's imgcodecs is
//    never linked. libtiff is loaded when the first TIFF is encoded or decoded, and not before.
// 2. A decoder is chosen by the exact magic bytes, never by what the message claims, and only among the formats that
//    the program allows (ImageFormats): PNG, JPEG, WebP and BMP unless it names others.
// 3. Dimensions are read and held against ImageLimits before any memory for pixels is taken.
// 4. Encoded bytes are what `cv::imencode` of the same format and options makes; matrices are BGR or BGRA, and one that
//    is RGB or RGBA says so (EncodeOptions::channelOrder).
// 5. An option that the format does not have is refused, never ignored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <matmq/bytes.hpp>
#include <matmq/error.hpp>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace matmq {

/// How an image travels. `raw` is the matrix itself (docs/wire-format.md), all others are files of that format. `pnm`
/// is PGM or PPM, by the channels of the matrix; as what is read it is all three of Netpbm's (PBM, PGM and PPM).
enum class ImageFormat : std::uint8_t { png, jpeg, webp, bmp, raw, tiff, pnm, pgm, ppm };

/// A set of file formats: what may be decoded. PGM and PPM are told by one decoder and count as PNM.
class ImageFormats {
 public:
  constexpr ImageFormats(std::initializer_list<ImageFormat> formats) noexcept {
    for (const ImageFormat format : formats) add(format);
  }

  constexpr void add(ImageFormat format) noexcept { bits_ |= bit(format); }
  [[nodiscard]] constexpr bool contains(ImageFormat format) const noexcept { return (bits_ & bit(format)) != 0; }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  friend constexpr bool operator==(ImageFormats, ImageFormats) noexcept = default;

 private:
  static constexpr unsigned bit(ImageFormat format) noexcept {
    const bool netpbm = format == ImageFormat::pgm || format == ImageFormat::ppm;
    return 1U << static_cast<unsigned>(netpbm ? ImageFormat::pnm : format);
  }

  unsigned bits_ = 0;
};

/// What is decoded unless the program says more, or less.
inline constexpr ImageFormats usualFormats{ImageFormat::png, ImageFormat::jpeg, ImageFormat::webp, ImageFormat::bmp};

/// The order of the colours in a matrix of 3 or 4 channels. OpenCV's, and so MatMQ's everywhere else, is BGR(A).
enum class ChannelOrder : std::uint8_t { bgr, rgb };

/// How JPEG stores colour: at full size, or at half or a quarter of it across, down, or both.
enum class ChromaSubsampling : std::uint8_t { s444, s422, s420, s440, s411 };

/// zlib's strategy (IMWRITE_PNG_STRATEGY_*, with their values).
enum class PngStrategy : std::uint8_t { standard, filtered, huffmanOnly, rle, fixed };

/// The prediction of PNG's rows: one of the five (PNG specification, 9), or the best of some for each row. As
/// IMWRITE_PNG_FILTER_* of OpenCV 4.12.
enum class PngFilter : std::uint8_t { none, sub, up, average, paeth, fast, all };

/// Options of all encoders, each with the meaning it has for `cv::imwrite`, and of one format each except where it says
/// more.
struct EncodeOptions {
  /// JPEG 0..100 (IMWRITE_JPEG_QUALITY, 95). WebP 1..100; above 100 is lossless (IMWRITE_WEBP_QUALITY, lossless).
  std::optional<int> quality{};
  /// JPEG: several scans, from coarse to fine (IMWRITE_JPEG_PROGRESSIVE, false).
  std::optional<bool> progressive{};
  /// JPEG: Huffman tables made for the image: smaller, slower (IMWRITE_JPEG_OPTIMIZE, false; progressive always does).
  std::optional<bool> optimize{};
  /// JPEG: a restart marker every so many MCUs, 0..65535; 0 is none (IMWRITE_JPEG_RST_INTERVAL, 0).
  std::optional<int> restartInterval{};
  /// JPEG (IMWRITE_JPEG_SAMPLING_FACTOR of OpenCV 4.7, 4:2:0). Of no effect on a grey image, which has no chroma.
  std::optional<ChromaSubsampling> chromaSubsampling{};
  /// PNG: zlib level 0..9 (IMWRITE_PNG_COMPRESSION). Unset: level 1 with the RLE strategy and the Sub filter, as
  /// OpenCV's default. Set: the standard strategy and a filter chosen for each row, unless said otherwise.
  std::optional<int> compression{};
  /// PNG (IMWRITE_PNG_STRATEGY).
  std::optional<PngStrategy> strategy{};
  /// PNG (IMWRITE_PNG_FILTER of OpenCV 4.12).
  std::optional<PngFilter> filter{};
  /// WebP: true is what a quality above 100 is, and the default; false needs a quality from 1 to 100.
  std::optional<bool> lossless{};
  /// Every format, raw included: `rgb` has red and blue exchanged before the matrix is encoded (or sent raw).
  ChannelOrder channelOrder = ChannelOrder::bgr;
};

/// What a decoder may take. Exceeding it is an Error `LIMIT_EXCEEDED`, found before memory is taken.
struct ImageLimits {
  std::uint64_t pixels = 128ULL * 1024 * 1024;  ///< rows * cols
  /// rows * cols * bytes per pixel, and what the decoder takes beside them, if that is more than 1 MiB: the
  /// coefficients
  /// of a progressive JPEG (2 bytes for each sample), 4 bytes a pixel of a lossless WebP, two rows of a PNG, a row or
  /// tile of a TIFF.
  std::uint64_t decodedBytes = 512ULL * 1024 * 1024;
};

/// Which channels `decodeImage` makes; the names and meanings of OpenCV's IMREAD_*.
enum class DecodeMode : std::uint8_t { unchanged, color, grayscale };

/// How a body becomes a matrix. A raw one obeys mode and reduce, too: 8-bit colour and grey are made of CV_8U and
/// CV_16U with 1, 3 or 4 channels, anything else is CANNOT_DECODE then.
struct DecodeOptions {
  DecodeMode mode = DecodeMode::unchanged;
  /// `color` and `grayscale` turn the image as its EXIF tag says, as `cv::imdecode` does; `unchanged` never does.
  bool ignoreOrientation = false;
  /// 1, 2, 4 or 8: the sides are divided by it, as with IMREAD_REDUCED_*. A JPEG is decoded at that size (sides rounded
  /// up), which leaves little but its entropy decoding to do; other formats are decoded whole and then reduced
  /// (rounded down, at least 1).
  int reduce = 1;
  /// The formats to decode; a body of another is NOT_AN_IMAGE. Unset: `usualFormats`; those of the options for a
  /// Consumer; for a file that is read by its name also the one that its extension names.
  std::optional<ImageFormats> formats{};
  /// They hold for the size the file has, before it is reduced.
  ImageLimits limits{};
};

/// Reads a name as programs write it: ".png", "png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff",
/// ".pnm", ".pgm", ".ppm", "raw"; case does not matter.
/// @throws Error UNKNOWN_FORMAT, with the list of names, for anything else.
[[nodiscard]] ImageFormat parseImageFormat(std::string_view name);
/// The `content_type` of a format: "image/png", ..., "application/x-cv-mat".
[[nodiscard]] std::string_view contentType(ImageFormat format) noexcept;
/// The format of a `content_type`, if it is one of ours.
[[nodiscard]] std::optional<ImageFormat> formatOfContentType(std::string_view contentType) noexcept;
/// The format whose magic bytes `body` begins with; nothing for anything else (a raw matrix has no magic).
/// PGM and PPM are `pnm`.
[[nodiscard]] std::optional<ImageFormat> formatOfMagic(std::span<const std::byte> body) noexcept;
/// The name to say in `formats` and in messages: "png", "tiff", "pnm", ...
[[nodiscard]] std::string_view formatName(ImageFormat format) noexcept;

/// Checks, without encoding, that `format` can hold `image` and that `options` are in range.
/// @throws Error INVALID_MATRIX (empty, more than two dimensions), CANNOT_ENCODE (depth or channels the format has not,
///         a side it cannot express), INVALID_ARGUMENT (an option out of range, or of another format).
void checkEncodable(const cv::Mat& image, ImageFormat format, const EncodeOptions& options = {});

/// Encodes to a file image in memory. Any step is accepted (regions of interest).
/// @throws Error as checkEncodable; CANNOT_ENCODE when the library refuses; CODEC_MISSING (TIFF, without libtiff).
/// `raw` is not encoded: INVALID_ARGUMENT.
[[nodiscard]] SharedBytes encodeImage(const cv::Mat& image, ImageFormat format, const EncodeOptions& options = {});

/// Decodes by magic what `options.formats` allows. 8-bit files give CV_8UC1, C3 (BGR) or C4 (BGRA), 16-bit PNG, TIFF
/// and PNM give CV_16U, TIFF of floating-point numbers CV_32F or CV_64F.
/// @throws Error NOT_AN_IMAGE (no magic that is allowed), LIMIT_EXCEEDED, CANNOT_DECODE (damaged or truncated),
///         CODEC_MISSING (TIFF, without libtiff), INVALID_ARGUMENT.
[[nodiscard]] cv::Mat decodeImage(std::span<const std::byte> body, const DecodeOptions& options = {});

/// The same pixels with red and blue exchanged, in memory of their own.
/// @throws Error INVALID_ARGUMENT unless it has 3 or 4 channels
[[nodiscard]] cv::Mat swapRedBlue(const cv::Mat& image);

/// 8-bit R, G, B, A of an 8-bit grey, BGR or BGRA matrix, as canvases want it; opaque where it has no alpha.
/// @throws Error CANNOT_ENCODE for any other
[[nodiscard]] cv::Mat toRgba(const cv::Mat& image);

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
