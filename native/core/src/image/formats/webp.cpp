#include <webp/decode.h>
#include <webp/encode.h>

#include <climits>
#include <limits>
#include <opencv2/imgproc.hpp>

#include "image/codecs.hpp"
#include "image/format.hpp"
#include "image/limits.hpp"

namespace matmq::codec {
namespace {

/// The result of the encoder is memory of libwebp.
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

void checkLossless(const EncodeOptions& options) {
  if (!options.lossless) return;
  const bool losslessQuality = !options.quality || *options.quality > 100;
  if (*options.lossless == losslessQuality) return;
  throw Error(ErrorCode::invalidArgument,
              *options.lossless ? "Expected no WebP quality up to 100 beside lossless but received " +
                                      std::to_string(*options.quality)
                                : "Expected a WebP quality from 1 to 100 with lossless: false but received " +
                                      (options.quality ? std::to_string(*options.quality) : "none"));
}

/// What WebPEncodeLosslessBGR and ...BGRA do, but with the colours of pixels whose alpha is 0, which those replace.
std::size_t encodeLossless(const cv::Mat& image, int stride, std::uint8_t** encoded) {
  constexpr float defaultEffort = 70;  // libwebp's own
  WebPConfig config;
  WebPPicture picture;
  if (WebPConfigPreset(&config, WEBP_PRESET_DEFAULT, defaultEffort) == 0 || WebPPictureInit(&picture) == 0) return 0;
  config.lossless = 1;
  config.exact = 1;
  picture.use_argb = 1;
  picture.width = image.cols;
  picture.height = image.rows;
  const auto freePicture = [](WebPPicture* done) { WebPPictureFree(done); };
  const std::unique_ptr<WebPPicture, decltype(freePicture)> owner(&picture, freePicture);
  WebPMemoryWriter writer;
  WebPMemoryWriterInit(&writer);
  picture.writer = WebPMemoryWrite;
  picture.custom_ptr = &writer;
  const bool taken = (image.channels() == 4 ? WebPPictureImportBGRA(&picture, image.data, stride)
                                            : WebPPictureImportBGR(&picture, image.data, stride)) != 0;
  if (!taken || WebPEncode(&config, &picture) == 0) {
    WebPMemoryWriterClear(&writer);
    return 0;
  }
  *encoded = writer.mem;
  return writer.size;
}

}  // namespace

void checkWebpOptions(const EncodeOptions& options) {
  checkRange(options.quality, 1, std::numeric_limits<int>::max(), "WebP quality");
  checkLossless(options);
}

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
  if (!options.quality || *options.quality > 100) {  // `lossless` agrees: see checkLossless
    size = encodeLossless(source, stride, &encoded);
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
  // Grey is made from colour. Until libwebp is done it keeps 32 bits a pixel for a lossless image, and 8 bits a pixel
  // for the alpha of a lossy one.
  constexpr int lossless = 2;
  const std::uint64_t beside = (gray ? 1U : 0U) + (features.format == lossless ? 4U
                                                   : features.has_alpha != 0   ? 1U
                                                                               : 0U);
  const auto rows = static_cast<std::uint64_t>(features.height);  // both sides are below 2^24
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

CodecLibrary webpLibrary() {
  const int version = WebPGetEncoderVersion();  // a byte each for major, minor and revision
  return {"libwebp", std::to_string(version >> 16) + "." + std::to_string((version >> 8) & 0xFF) + "." +
                         std::to_string(version & 0xFF)};
}

}  // namespace matmq::codec
