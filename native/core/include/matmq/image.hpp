// Matrices to bytes and back. Free functions without state, safe to call from any thread.
//
// Rules
// 1. Only libjpeg-turbo, libpng, libwebp, libtiff and our own BMP, PNM and raw code read bytes; OpenCV's imgcodecs is
//    never linked. libtiff is loaded when the first TIFF is encoded or decoded, and not before.
// 2. The exact magic bytes choose the decoder, never what the message claims, and only among the formats that the
//    program allows (ImageFormats): PNG, JPEG, WebP and BMP unless it names others.
// 3. Dimensions are read and checked against ImageLimits before any memory for pixels is allocated. A decode ends soon
//    after its time is over (ImageLimits::decodeTime) or its stop is requested.
// 4. Encoded bytes equal those of `cv::imencode` with the same format and options. Matrices are BGR or BGRA unless
//    EncodeOptions::channelOrder is `rgb`.
// 5. An option that the format does not have is refused, never ignored.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <matmq/bytes.hpp>
#include <matmq/error.hpp>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace matmq {

/// How an image travels. `raw` is the matrix itself (docs/wire-format.md), all others are files of that format. `pnm`
/// is written as PGM or PPM, by the channels of the matrix; for reading it means PBM, PGM and PPM.
enum class ImageFormat : std::uint8_t { png, jpeg, webp, bmp, raw, tiff, pnm, pgm, ppm };

/// A set of file formats: what may be decoded. PGM and PPM have the decoder of PNM and count as PNM.
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

/// The formats that are decoded unless the program names others.
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

/// Options of all encoders, each with the meaning it has for `cv::imwrite`. Their comments begin with the formats that
/// have them.
struct EncodeOptions {
  /// JPEG 0..100 (IMWRITE_JPEG_QUALITY, 95). WebP 1..100; above 100 is lossless (IMWRITE_WEBP_QUALITY, lossless).
  std::optional<int> quality{};
  /// JPEG: several scans, from coarse to fine (IMWRITE_JPEG_PROGRESSIVE, false).
  std::optional<bool> progressive{};
  /// JPEG: Huffman tables made for the image: smaller, slower (IMWRITE_JPEG_OPTIMIZE, false). Progressive implies it.
  std::optional<bool> optimize{};
  /// JPEG: a restart marker every so many MCUs, 0..65535; 0 is none (IMWRITE_JPEG_RST_INTERVAL, 0).
  std::optional<int> restartInterval{};
  /// JPEG (IMWRITE_JPEG_SAMPLING_FACTOR of OpenCV 4.7, 4:2:0). Of no effect on a grey image, which has no chroma.
  std::optional<ChromaSubsampling> chromaSubsampling{};
  /// PNG: zlib level 0..9 (IMWRITE_PNG_COMPRESSION). Unset: level 1 with the RLE strategy and the Sub filter, as
  /// OpenCV's default. Set: the standard strategy and a filter chosen for each row, unless the next two options differ.
  std::optional<int> compression{};
  /// PNG (IMWRITE_PNG_STRATEGY).
  std::optional<PngStrategy> strategy{};
  /// PNG (IMWRITE_PNG_FILTER of OpenCV 4.12).
  std::optional<PngFilter> filter{};
  /// WebP: true means the same as a quality above 100, and is the default; false needs a quality from 1 to 100.
  std::optional<bool> lossless{};
  /// Every format, raw included: with `rgb`, red and blue are exchanged before the matrix is encoded (or sent raw).
  ChannelOrder channelOrder = ChannelOrder::bgr;
};

/// What a decode may take. More is an Error `LIMIT_EXCEEDED`; memory is refused before it is allocated.
struct ImageLimits {
  std::uint64_t pixels = 128ULL * 1024 * 1024;  ///< rows * cols
  /// rows * cols * bytes per pixel, and what the decoder needs beside them, if that is more than 1 MiB: the
  /// coefficients of a progressive JPEG (2 bytes for each sample), 4 bytes a pixel of a lossless WebP, two rows of a
  /// PNG, a row or tile of a TIFF.
  std::uint64_t decodedBytes = 512ULL * 1024 * 1024;
  /// Processor time of the thread that decodes: to wait for memory, or on a busy machine, does not count.
  std::chrono::milliseconds decodeTime{10'000};
};

/// What becomes of an image of which pixels are missing: `keep` makes them grey (128) where the size and at least one
/// row are there.
enum class DamagedImage : std::uint8_t { refuse, keep };

/// Which channels `decodeImage` makes; the names and meanings of OpenCV's IMREAD_*.
enum class DecodeMode : std::uint8_t { unchanged, color, grayscale };

/// How a body becomes a matrix. The mode and reduce apply to raw matrices, too: 8-bit colour and grey are made from
/// CV_8U and CV_16U with 1, 3 or 4 channels; any other type is CANNOT_DECODE then.
struct DecodeOptions {
  DecodeMode mode = DecodeMode::unchanged;
  /// `color` and `grayscale` turn the image as its EXIF tag says, as `cv::imdecode` does; `unchanged` never does.
  bool ignoreOrientation = false;
  /// 1, 2, 4 or 8: the sides are divided by it, as with IMREAD_REDUCED_*. A JPEG is decoded at that size (sides rounded
  /// up), which costs little more than its entropy decoding; other formats are decoded whole and then reduced (rounded
  /// down, at least 1).
  int reduce = 1;
  /// The formats to decode; a body of another is NOT_AN_IMAGE. Unset: `usualFormats`; those of the options for a
  /// Consumer; for readImage also the one that the extension of the path names.
  std::optional<ImageFormats> formats{};
  /// They apply to the size that the file has, before it is reduced.
  ImageLimits limits{};
  DamagedImage damaged = DamagedImage::refuse;
  /// Ends the decode soon after it was requested, with CANCELLED.
  std::stop_token stop{};
};

/// The format of a name in options, such as "png", "jpg" or "raw", or of the extension of a file, such as ".png", in
/// any case. imageFormats() has all names.
/// @throws Error UNKNOWN_FORMAT, with the list of names, for anything else.
[[nodiscard]] ImageFormat parseImageFormat(std::string_view name);
/// The `content_type` of a format: "image/png", ..., "application/x-cv-mat".
[[nodiscard]] std::string_view contentType(ImageFormat format) noexcept;
/// The format of a `content_type`, if it belongs to one.
[[nodiscard]] std::optional<ImageFormat> formatOfContentType(std::string_view contentType) noexcept;
/// The format with whose magic bytes `body` begins; nothing for anything else (a raw matrix has none). PGM and PPM are
/// `pnm`.
[[nodiscard]] std::optional<ImageFormat> formatOfMagic(std::span<const std::byte> body) noexcept;
/// The name of a format in options and messages: "png", "tiff", "pnm", ...
[[nodiscard]] std::string_view formatName(ImageFormat format) noexcept;
/// The names of the formats in the set, always in the same order.
[[nodiscard]] std::vector<std::string_view> formatNames(ImageFormats formats);

/// What a program or a binding can ask about a format.
struct ImageFormatFacts {
  ImageFormat format = ImageFormat::png;
  std::string_view name;                    ///< formatName
  std::string_view contentType;             ///< contentType
  std::span<const std::string_view> names;  ///< that parseImageFormat takes, without a dot
  bool decodable = false;                   ///< whether decodeImage decodes it (PGM and PPM as PNM)
  bool usual = false;                       ///< whether it is one of `usualFormats`
  bool compressed = false;                  ///< whether a short body may be a large image
};
/// All formats, in the order in which messages list them. The facts have static storage.
[[nodiscard]] std::span<const ImageFormatFacts> imageFormats() noexcept;

/// Checks, without encoding, that `format` can hold `image` and that `options` are in range.
/// @throws Error INVALID_MATRIX (empty, more than two dimensions), CANNOT_ENCODE (a depth, number of channels or side
///         that the format cannot have), INVALID_ARGUMENT (an option out of range, or of another format).
void checkEncodable(const cv::Mat& image, ImageFormat format, const EncodeOptions& options = {});

/// Encodes to a file image in memory. Any step is accepted (regions of interest).
/// @throws Error as checkEncodable; CANNOT_ENCODE when the library refuses; CODEC_MISSING (TIFF, without libtiff);
///         INVALID_ARGUMENT for `raw`, which is not encoded.
[[nodiscard]] SharedBytes encodeImage(const cv::Mat& image, ImageFormat format, const EncodeOptions& options = {});

/// Decodes what `options.formats` allows, by its magic bytes. 8-bit files give CV_8UC1, C3 (BGR) or C4 (BGRA), 16-bit
/// PNG, TIFF and PNM give CV_16U, TIFF of floating-point numbers CV_32F or CV_64F.
/// @param damaged set to whether pixels are missing; with DamagedImage::refuse none ever are
/// @throws Error NOT_AN_IMAGE (of no format that is allowed), LIMIT_EXCEEDED, CANNOT_DECODE (damaged or truncated),
///         CODEC_MISSING (TIFF, without libtiff), CANCELLED, INVALID_ARGUMENT.
[[nodiscard]] cv::Mat decodeImage(std::span<const std::byte> body, const DecodeOptions& options = {},
                                  bool* damaged = nullptr);

/// The bound of the memory that all decodes of the process take together while they are at work, in bytes; a quarter of
/// what the machine, or the cgroup of the process, has. Decodes wait for room. What a decode returned is the program's.
[[nodiscard]] std::uint64_t codecMemory();
inline constexpr std::uint64_t leastCodecMemory = 16ULL * 1024 * 1024;
/// Decodes at work go on. An image that takes more than that alone is LIMIT_EXCEEDED.
/// @throws Error INVALID_ARGUMENT below `leastCodecMemory`
void setCodecMemory(std::uint64_t bytes);

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
/// @throws Error CANNOT_DECODE unless rows and cols are positive, `type` names a type, and the body has exactly
///         rows*cols*elemSize bytes; LIMIT_EXCEEDED
[[nodiscard]] cv::Mat viewRaw(std::span<const std::byte> body, std::int64_t rows, std::int64_t cols,
                              std::string_view type, const ImageLimits& limits = {});

}  // namespace matmq
