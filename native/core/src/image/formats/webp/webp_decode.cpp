// Decodes WebP through libwebp, a part of the body after the other, so that a decode can end early, and the rows of a
// damaged image can be kept. Of an animated file, the first frame.
#include <webp/decode.h>

#include <algorithm>
#include <memory>
#include <new>
#include <opencv2/imgproc.hpp>

#include "image/codecs.hpp"
#include "image/decode_work.hpp"
#include "image/formats/webp/webp_container.hpp"

namespace matmq::codec {
namespace {

/// Bytes that libwebp gets at a time, at least; and a fifth of what it has then, because it begins anew with the last
/// rows, or with the whole header, when it had not enough. A short body may make a large picture, within one call:
/// 0.1 s for 16 million pixels.
constexpr std::size_t partBytes = 16'384;
constexpr std::size_t growth = 4;

/// The memory of libwebp for the Huffman tables of a lossless picture, or of lossless alpha, at most. Each group of
/// them belongs to a tile of 4 x 4 pixels or more, and takes 20 bits of the file or more.
std::uint64_t mostTables(std::uint64_t rows, std::uint64_t cols, std::uint64_t bodyBytes) noexcept {
  constexpr std::uint64_t mostGroups = 65'536;
  constexpr std::uint64_t groupBytes = 6144;
  const std::uint64_t tiles = ((rows + 3) / 4) * ((cols + 3) / 4);
  return std::min({mostGroups, tiles, bodyBytes * 8 / 20 + 1}) * groupBytes;
}

struct DecoderDeleter {
  void operator()(WebPIDecoder* decoder) const noexcept { WebPIDelete(decoder); }
};

[[noreturn]] void damaged(std::size_t size) {
  throw Error(ErrorCode::cannotDecode, "Expected a whole WebP image but received " + std::to_string(size) +
                                           " bytes that libwebp cannot decode: the body is damaged or truncated");
}

const std::uint8_t* bytesOf(std::span<const std::byte> body) noexcept {
  return reinterpret_cast<const std::uint8_t*>(body.data());
}

/// The header has the size of the file, so that the error for a truncated file differs from that for a damaged one.
void checkWhole(std::span<const std::byte> body) {
  constexpr std::size_t riffHeader = 8;
  std::uint64_t size = riffHeader;
  for (std::size_t i = 0; i < 4; ++i) size += std::to_integer<std::uint64_t>(body[4 + i]) << (8 * i);
  if (size > body.size()) {
    throw Error(ErrorCode::cannotDecode, "Expected a WebP image of " + std::to_string(size) + " bytes but received " +
                                             std::to_string(body.size()) + ": the body is truncated");
  }
}

/// Decodes into `out`, which has the size of the picture, and 3 or 4 channels. False: only some rows of it are there,
/// and `rows` says how many.
bool decodeInto(std::span<const std::byte> bytes, cv::Mat& out, DecodeWork& work, int& rows) {
  const std::size_t size =
      static_cast<std::size_t>(out.rows - 1) * out.step[0] + static_cast<std::size_t>(out.cols) * out.elemSize();
  const std::unique_ptr<WebPIDecoder, DecoderDeleter> decoder(
      WebPINewRGB(out.channels() == 4 ? MODE_BGRA : MODE_BGR, out.data, size, static_cast<int>(out.step[0])));
  if (!decoder) throw std::bad_alloc();
  VP8StatusCode status = VP8_STATUS_SUSPENDED;
  for (std::size_t there = 0; there < bytes.size() && status == VP8_STATUS_SUSPENDED;) {
    there = std::min(there + std::max(partBytes, there / growth), bytes.size());
    status = WebPIUpdate(decoder.get(), bytesOf(bytes), there);
    constexpr std::uint64_t lookAtOnce = 65'536;
    work.mustGoOn(lookAtOnce);
  }
  if (status == VP8_STATUS_OK) return true;
  if (status == VP8_STATUS_OUT_OF_MEMORY) throw std::bad_alloc();
  if (WebPIDecGetRGB(decoder.get(), &rows, nullptr, nullptr, nullptr) == nullptr) rows = 0;
  return false;
}

WebPBitstreamFeatures featuresOf(std::span<const std::byte> bytes, std::size_t bodySize) {
  WebPBitstreamFeatures features;
  const bool known = WebPGetFeatures(bytesOf(bytes), bytes.size(), &features) == VP8_STATUS_OK;
  if (!known || features.width <= 0 || features.height <= 0 || features.has_animation != 0) damaged(bodySize);
  return features;
}

}  // namespace

cv::Mat decodeWebp(std::span<const std::byte> body, const DecodeOptions& options, DecodeWork& work) {
  if (!work.keepsDamaged()) checkWhole(body);
  const WebpFrame frame = firstWebpFrame(body);
  const bool animated = frame.canvasWidth != 0;
  const WebPBitstreamFeatures features = featuresOf(frame.bytes, body.size());
  const int width = animated ? frame.canvasWidth : features.width;
  const int height = animated ? frame.canvasHeight : features.height;
  if (animated && (features.width != frame.width || features.height != frame.height)) damaged(body.size());
  // What a frame leaves of its canvas is transparent, where the file has alpha, or black.
  constexpr std::byte alphaFlag{16};
  constexpr std::size_t flags = 20;
  const bool alpha = animated ? (body[flags] & alphaFlag) != std::byte{0} : features.has_alpha != 0;

  const bool gray = options.mode == DecodeMode::grayscale;
  const int type = decodedType(alpha ? CV_8UC4 : CV_8UC3, options.mode);
  const int fileType = gray ? CV_8UC3 : type;
  // Grey is made from colour. Until libwebp is done it keeps 32 bits a pixel for a lossless image, and 8 bits a pixel
  // for the alpha of a lossy one.
  constexpr int lossless = 2;
  const std::uint64_t beside = (gray ? 1U : 0U) + (features.format == lossless ? 4U
                                                   : features.has_alpha != 0   ? 1U
                                                                               : 0U);
  const auto rows = static_cast<std::uint64_t>(height);  // both sides are at most 2^24
  const auto cols = static_cast<std::uint64_t>(width);
  const bool hasTables = features.format == lossless || features.has_alpha != 0;
  const std::uint64_t tables = !hasTables ? 0 : mostTables(rows, cols, frame.bytes.size());
  const std::uint64_t reduced = reducedBytes(rows * cols * CV_ELEM_SIZE(type), options.reduce);
  // No limit counts the tables: few files have many. Where there is less memory than they may need, one decodes alone.
  checkLimits(rows, cols, fileType, options.limits, "WebP", rows * cols * beside);
  const std::uint64_t needed = rows * cols * (CV_ELEM_SIZE(fileType) + beside) + reduced;
  work.reserve(std::max(needed, std::min(needed + tables, codecMemory())));

  cv::Mat image = pixelsFor(work, height, width, fileType);
  if (animated) image.setTo(cv::Scalar::all(0));
  cv::Mat picture = image(cv::Rect(frame.left, frame.top, features.width, features.height));
  if (animated && work.keepsDamaged()) fillMissing(picture);
  int done = 0;
  if (!decodeInto(frame.bytes, picture, work, done)) {
    if (!work.keepsDamaged() || done == 0) damaged(body.size());
    work.lost();
  }
  if (!gray) return image;
  cv::Mat grayscale;
  cv::cvtColor(image, grayscale, cv::COLOR_BGR2GRAY);
  return grayscale;
}

}  // namespace matmq::codec
