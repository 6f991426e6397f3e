#include <webp/encode.h>

#include <climits>
#include <limits>
#include <opencv2/imgproc.hpp>

#include "image/codecs.hpp"
#include "image/format.hpp"

namespace matmq::codec {
namespace {

/// The result of the encoder is memory of libwebp.
struct WebPDeleter {
  void operator()(std::uint8_t* memory) const noexcept { WebPFree(memory); }
};

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

CodecLibrary webpLibrary() {
  const int version = WebPGetEncoderVersion();  // a byte each for major, minor and revision
  return {"libwebp", std::to_string(version >> 16) + "." + std::to_string((version >> 8) & 0xFF) + "." +
                         std::to_string(version & 0xFF)};
}

}  // namespace matmq::codec
