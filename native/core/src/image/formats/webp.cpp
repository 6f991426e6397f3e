#include <webp/decode.h>
#include <webp/encode.h>

#include <climits>
#include <opencv2/imgproc.hpp>

#include "image/codecs.hpp"
#include "image/limits.hpp"

namespace matmq::codec {
namespace {

/// What the encoder hands out is libwebp's to free.
struct WebPDeleter {
  void operator()(std::uint8_t* memory) const noexcept { WebPFree(memory); }
};

[[noreturn]] void damaged(std::size_t size) {
  throw Error(ErrorCode::cannotDecode, "Expected a whole WebP image but received " + std::to_string(size) +
                                           " bytes that libwebp cannot decode: the body is damaged or truncated");
}

const std::uint8_t* bytesOf(std::span<const std::byte> body) noexcept {
  return reinterpret_cast<const std::uint8_t*>(body.data());
}

/// Said in the file's own header, so that a truncated file is told from a damaged one and never half decoded.
void checkWhole(std::span<const std::byte> body) {
  constexpr std::size_t riffHeader = 8;
  std::uint64_t size = riffHeader;
  for (std::size_t i = 0; i < 4; ++i) size += std::to_integer<std::uint64_t>(body[4 + i]) << (8 * i);
  if (size > body.size()) {
    throw Error(ErrorCode::cannotDecode, "Expected a WebP image of " + std::to_string(size) + " bytes but received " +
                                             std::to_string(body.size()) + ": the body is truncated");
  }
}

}  // namespace

SharedBytes encodeWebp(const cv::Mat& image, const EncodeOptions& options) {
  cv::Mat source = image;
  if (image.channels() == 1) {
    cv::cvtColor(image, source, cv::COLOR_GRAY2BGR);  // the format has no grey
  } else if (image.step[0] > INT_MAX) {
    source = image.clone();  // libwebp's strides are ints; a region of a matrix with 2 GiB rows is packed first
  }
  const int stride = static_cast<int>(source.step[0]);
  const bool alpha = source.channels() == 4;
  std::uint8_t* encoded = nullptr;
  std::size_t size = 0;
  if (!options.quality || *options.quality > 100) {  // checkEncodable holds `lossless` against it
    size = alpha ? WebPEncodeLosslessBGRA(source.data, source.cols, source.rows, stride, &encoded)
                 : WebPEncodeLosslessBGR(source.data, source.cols, source.rows, stride, &encoded);
  } else {
    const auto quality = static_cast<float>(*options.quality);
    size = alpha ? WebPEncodeBGRA(source.data, source.cols, source.rows, stride, quality, &encoded)
                 : WebPEncodeBGR(source.data, source.cols, source.rows, stride, quality, &encoded);
  }
  std::unique_ptr<std::uint8_t, WebPDeleter> owner(encoded);
  if (size == 0 || !owner) {
    throw Error(ErrorCode::cannotEncode, "Expected libwebp to encode a matrix of " + std::to_string(source.cols) +
                                             " x " + std::to_string(source.rows) +
                                             " but it refused: send it as '.png' or 'raw'");
  }
  const std::span<const std::uint8_t> view{owner.get(), size};
  return {std::shared_ptr<const void>(std::move(owner)), std::as_bytes(view)};
}

cv::Mat decodeWebp(std::span<const std::byte> body, const DecodeOptions& options) {
  checkWhole(body);
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytesOf(body), body.size(), &features) != VP8_STATUS_OK) damaged(body.size());
  if (features.has_animation != 0) {
    throw Error(ErrorCode::cannotDecode,
                "Expected a still WebP image but received an animated one: send its frames one by one");
  }
  if (features.width <= 0 || features.height <= 0) damaged(body.size());
  const bool gray = options.mode == DecodeMode::grayscale;
  const int type = decodedType(features.has_alpha != 0 ? CV_8UC4 : CV_8UC3, options.mode);
  const int fileType = gray ? CV_8UC3 : type;
  // Grey is made from colour, and libwebp holds a lossless image as 32 bits a pixel, or the alpha of a lossy one as 8,
  // until it is done.
  constexpr int lossless = 2;
  const std::uint64_t beside = (gray ? 1U : 0U) + (features.format == lossless ? 4U
                                                   : features.has_alpha != 0   ? 1U
                                                                               : 0U);
  const auto rows = static_cast<std::uint64_t>(features.height);  // both below 2^24
  const auto cols = static_cast<std::uint64_t>(features.width);
  checkLimits(rows, cols, fileType, options.limits, "WebP", rows * cols * beside);

  cv::Mat image(features.height, features.width, fileType);
  const std::size_t capacity = image.total() * image.elemSize();
  const int stride = static_cast<int>(image.step[0]);  // 16383 pixels of 4 bytes at most
  const std::uint8_t* decoded = fileType == CV_8UC4
                                    ? WebPDecodeBGRAInto(bytesOf(body), body.size(), image.data, capacity, stride)
                                    : WebPDecodeBGRInto(bytesOf(body), body.size(), image.data, capacity, stride);
  if (decoded == nullptr) damaged(body.size());
  if (gray) {
    cv::Mat grayscale;
    cv::cvtColor(image, grayscale, cv::COLOR_BGR2GRAY);
    return grayscale;
  }
  return image;
}

}  // namespace matmq::codec
