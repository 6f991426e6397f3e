#include <algorithm>
#include <array>
#include <matmq/image.hpp>
#include <new>
#include <opencv2/imgproc.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "image/codecs.hpp"

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

/// "PNG, JPEG, WebP or BMP"
std::string inWords(ImageFormats formats) {
  constexpr std::array words{std::pair{ImageFormat::png, "PNG"},   std::pair{ImageFormat::jpeg, "JPEG"},
                             std::pair{ImageFormat::webp, "WebP"}, std::pair{ImageFormat::bmp, "BMP"},
                             std::pair{ImageFormat::tiff, "TIFF"}, std::pair{ImageFormat::pnm, "PNM"}};
  std::vector<std::string_view> list;
  for (const auto& [format, word] : words) {
    if (formats.contains(format)) list.emplace_back(word);
  }
  std::string text;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) text += i + 1 == list.size() ? " or " : ", ";
    text += list[i];
  }
  return text;
}

[[noreturn]] void refuse(std::span<const std::byte> body, std::optional<ImageFormat> format, ImageFormats allowed) {
  std::string received =
      body.empty() ? "an empty one" : std::to_string(body.size()) + " bytes that begin with" + firstBytes(body);
  if (format) {
    received = "one of the format '" + std::string(formatName(*format)) + "': name it in the option formats, if " +
               "the sender is trusted";
  }
  throw Error(ErrorCode::notAnImage,
              "Expected a body that is a " + inWords(allowed) + " image but received " + received);
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
  const ImageFormats allowed = options.formats.value_or(usualFormats);
  if (allowed.empty()) {
    throw Error(ErrorCode::invalidArgument, "Expected at least one of the ImageFormats in formats but received none");
  }
  const auto format = formatOfMagic(body);
  if (!format || !allowed.contains(*format)) refuse(body, format, allowed);
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
      case ImageFormat::tiff:
        return codec::reduced(codec::decodeTiff(body, options), options.reduce);
      case ImageFormat::pnm:
        return codec::reduced(codec::decodePnm(body, options), options.reduce);
      case ImageFormat::pgm:  // told by their magic as PNM
      case ImageFormat::ppm:
      case ImageFormat::raw:
        break;
    }
  } catch (const cv::Exception& error) {  // matrices are allocated and turned by OpenCV; callers know only Error
    if (error.code == cv::Error::StsNoMem) throw std::bad_alloc();
    throw Error(ErrorCode::cannotDecode, error.err);
  }
  refuse(body, std::nullopt, allowed);
}

}  // namespace matmq
