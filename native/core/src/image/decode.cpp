#include <algorithm>
#include <matmq/image.hpp>
#include <new>
#include <opencv2/imgproc.hpp>

#include "codecs.hpp"

namespace matmq {
namespace {

std::string firstBytes(std::span<const std::byte> body) {
  constexpr std::size_t shown = 8;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : body.first(std::min(body.size(), shown))) {
    text += ' ';
    text += digits[std::to_integer<std::size_t>(byte) >> 4];
    text += digits[std::to_integer<std::size_t>(byte) & 15];
  }
  return text;
}

[[noreturn]] void refuse(std::span<const std::byte> body) {
  const std::string received =
      body.empty() ? "an empty one" : std::to_string(body.size()) + " bytes that begin with" + firstBytes(body);
  throw Error(ErrorCode::notAnImage, "Expected a body that is a PNG, JPEG, WebP or BMP image but received " + received);
}

}  // namespace

void codec::checkReduce(int divisor) {
  if (divisor == 1 || divisor == 2 || divisor == 4 || divisor == 8) return;
  throw Error(ErrorCode::invalidArgument, "Expected 1, 2, 4 or 8 for reduce but received " + std::to_string(divisor));
}

cv::Mat codec::reduced(cv::Mat image, int divisor) {
  if (divisor == 1) return image;
  cv::Mat small;
  cv::resize(image, small, {std::max(image.cols / divisor, 1), std::max(image.rows / divisor, 1)}, 0, 0,
             cv::INTER_LINEAR_EXACT);
  return small;
}

cv::Mat decodeImage(std::span<const std::byte> body, const DecodeOptions& options) {
  codec::checkReduce(options.reduce);
  const auto format = formatOfMagic(body);
  if (!format) refuse(body);
  try {
    switch (*format) {
      case ImageFormat::png:
        return codec::decodePng(body, options);
      case ImageFormat::jpeg:
        return codec::decodeJpeg(body, options);
      case ImageFormat::webp:
        return codec::reduced(codec::decodeWebp(body, options), options.reduce);
      case ImageFormat::bmp:
        return codec::reduced(codec::decodeBmp(body, options), options.reduce);
      case ImageFormat::raw:
        break;
    }
  } catch (const cv::Exception& error) {  // matrices are allocated and turned by OpenCV; callers know only Error
    if (error.code == cv::Error::StsNoMem) throw std::bad_alloc();
    throw Error(ErrorCode::cannotDecode, error.err);
  }
  refuse(body);
}

}  // namespace matmq
