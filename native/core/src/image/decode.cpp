#include <algorithm>
#include <matmq/image.hpp>
#include <new>
#include <opencv2/imgproc.hpp>
#include <string_view>
#include <vector>

#include "image/codecs.hpp"
#include "image/decode_work.hpp"
#include "image/format.hpp"
#include "image/other_formats.hpp"

namespace matmq {
namespace {

using codec::FormatInfo;

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
  std::vector<std::string> labels;
  for (const FormatInfo& info : codec::formatTable()) {
    if (info.matches != nullptr && formats.contains(info.format)) labels.emplace_back(info.label);
  }
  return codec::listed(labels, "or");
}

}  // namespace

void codec::refuseFormat(std::span<const std::byte> head, std::uint64_t size, ImageFormats allowed) {
  const FormatInfo* const format = findByMagic(head);
  std::string received =
      head.empty() ? "an empty one" : std::to_string(size) + " bytes that begin with" + firstBytes(head);
  if (format != nullptr) {
    received = "one of the format '" + std::string(format->name) + "': name it in the option formats, if " +
               "the sender is trusted";
  }
  if (const std::string_view other = otherFormat(head); !other.empty()) {
    received = "one of the format " + std::string(other) + ", which is not decoded: send it as PNG, JPEG or WebP";
  }
  throw Error(ErrorCode::notAnImage,
              "Expected a body that is a " + inWords(allowed) + " image but received " + received);
}

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

cv::Mat decodeImage(std::span<const std::byte> body, const DecodeOptions& options, bool* damaged) {
  codec::checkReduce(options.reduce);
  const ImageFormats allowed = options.formats.value_or(usualFormats);
  if (allowed.empty()) {
    throw Error(ErrorCode::invalidArgument, "Expected at least one of the ImageFormats in formats but received none");
  }
  const FormatInfo* format = codec::findByMagic(body);
  if (format == nullptr || !allowed.contains(format->format)) codec::refuseFormat(body, body.size(), allowed);
  try {
    codec::DecodeWork work(options);
    cv::Mat image = format->decode(body, options, work);
    if (damaged != nullptr) *damaged = work.damaged();
    return image;
  } catch (const cv::Exception& error) {  // OpenCV allocates and turns the matrices; callers know only Error
    if (error.code == cv::Error::StsNoMem) throw std::bad_alloc();
    throw Error(ErrorCode::cannotDecode, error.err);
  }
}

}  // namespace matmq
