#include <bit>
#include <limits>
#include <matmq/image.hpp>
#include <new>
#include <opencv2/imgproc.hpp>

#include "image/codecs.hpp"
#include "image/decode_work.hpp"
#include "image/limits.hpp"

namespace matmq {
namespace {

/// 8 bits of 16: the upper byte, as decoders do it.
cv::Mat upperBytes(const cv::Mat& image) {
  constexpr double scale = 1.0 / 256;
  constexpr double truncate = -0.5 + scale / 2;  // convertTo rounds
  cv::Mat out;
  image.convertTo(out, CV_8U, scale, truncate);
  return out;
}

cv::Mat inMode(const cv::Mat& image, DecodeMode mode) {
  if (mode == DecodeMode::unchanged) return image;
  const int channels = image.channels();
  const bool possible =
      (image.depth() == CV_8U || image.depth() == CV_16U) && (channels == 1 || channels == 3 || channels == 4);
  if (!possible) {
    throw Error(ErrorCode::cannotDecode,
                std::string("Expected a raw matrix of CV_8U or CV_16U with 1, 3 or 4 channels to make ") +
                    (mode == DecodeMode::color ? "colour" : "grey") + " of but received " + typeName(image.type()) +
                    ": receive it with the mode unchanged");
  }
  const cv::Mat narrow = image.depth() == CV_16U ? upperBytes(image) : image;
  const bool color = mode == DecodeMode::color;
  if (channels == (color ? 3 : 1)) return narrow;
  cv::Mat out;
  if (color) {
    cv::cvtColor(narrow, out, channels == 1 ? cv::COLOR_GRAY2BGR : cv::COLOR_BGRA2BGR);
  } else {
    cv::cvtColor(narrow, out, channels == 3 ? cv::COLOR_BGR2GRAY : cv::COLOR_BGRA2GRAY);
  }
  return out;
}

}  // namespace

// The bytes of the wire are little-endian and the matrix is a view of them: a big-endian host would need a swapped
// copy.
static_assert(std::endian::native == std::endian::little);

cv::Mat viewRaw(std::span<const std::byte> body, std::int64_t rows, std::int64_t cols, std::string_view type,
                const ImageLimits& limits) {
  const auto cvType = parseTypeName(type);
  if (!cvType) {
    constexpr std::size_t shown = 64;  // the name comes from the network
    throw Error(ErrorCode::cannotDecode,
                "Expected an OpenCV type such as 'CV_8UC3' in the header mat-type but received '" +
                    std::string(type.substr(0, shown)) + (type.size() > shown ? "...'" : "'"));
  }
  if (rows <= 0 || cols <= 0) {
    throw Error(ErrorCode::cannotDecode,
                "Expected positive integers in the headers mat-rows and mat-cols but received " + std::to_string(rows) +
                    " and " + std::to_string(cols));
  }
  const auto height = static_cast<std::uint64_t>(rows);
  const auto width = static_cast<std::uint64_t>(cols);
  codec::checkLimits(height, width, *cvType, limits, "raw", 0, std::numeric_limits<int>::max());
  // Sides are below 2^31 and pixels have at most 4096 bytes: after one division no product overflows.
  const std::uint64_t pixelBytes = CV_ELEM_SIZE(*cvType);
  if (body.size() % pixelBytes != 0 || body.size() / pixelBytes != height * width) {
    throw Error(ErrorCode::cannotDecode, "Expected a body of " + std::to_string(rows) + " * " + std::to_string(cols) +
                                             " * " + std::to_string(pixelBytes) + " bytes for a raw " +
                                             typeName(*cvType) + " matrix but received " + std::to_string(body.size()) +
                                             " bytes: the headers and the body do not belong together");
  }
  // cv::Mat has no constructor for const memory; callers do not write to the view.
  return {static_cast<int>(rows), static_cast<int>(cols), *cvType, const_cast<std::byte*>(body.data())};
}

cv::Mat codec::rawAsWanted(const cv::Mat& raw, const DecodeOptions& options) {
  checkReduce(options.reduce);
  if (options.mode == DecodeMode::unchanged && options.reduce == 1) return raw;
  DecodeWork work(options);
  // The 8 bits of 16, the colours or grey of them, and the reduced ones: none is larger than three of the matrix.
  constexpr std::uint64_t mostCopies = 3;
  work.reserve(mostCopies * raw.total() * raw.elemSize());
  try {
    return reduced(inMode(raw, options.mode), options.reduce);
  } catch (const cv::Exception& error) {  // cv::resize does not accept every type
    if (error.code == cv::Error::StsNoMem) throw std::bad_alloc();
    throw Error(ErrorCode::cannotDecode, "Expected a raw matrix that OpenCV can reduce but received " +
                                             typeName(raw.type()) + ": receive it without reduce");
  }
}

}  // namespace matmq
