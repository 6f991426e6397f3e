#include <array>
#include <matmq/image.hpp>
#include <opencv2/imgproc.hpp>

#include "image/codecs.hpp"

namespace matmq {
namespace {

/// The upper byte, as decoders make 8 bits of 16.
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

cv::Mat codec::rawAsWanted(const cv::Mat& raw, const DecodeOptions& options) {
  checkReduce(options.reduce);
  try {
    return reduced(inMode(raw, options.mode), options.reduce);
  } catch (const cv::Exception& error) {  // cv::resize has not every kind of matrix
    if (error.code == cv::Error::StsNoMem) throw std::bad_alloc();
    throw Error(ErrorCode::cannotDecode, "Expected a raw matrix that OpenCV can reduce but received " +
                                             typeName(raw.type()) + ": receive it without reduce");
  }
}

cv::Mat swapRedBlue(const cv::Mat& image) {
  const int channels = image.channels();
  if (channels != 3 && channels != 4) {
    throw Error(
        ErrorCode::invalidArgument,
        "Expected a matrix of 3 or 4 channels to exchange red and blue in but received " + typeName(image.type()));
  }
  cv::Mat swapped;
  const int depth = image.depth();
  if (depth == CV_8U || depth == CV_16U || depth == CV_32F) {  // the fast way has these depths alone
    cv::cvtColor(image, swapped, channels == 3 ? cv::COLOR_RGB2BGR : cv::COLOR_RGBA2BGRA);
    return swapped;
  }
  swapped.create(image.size(), image.type());
  constexpr std::array fromTo{0, 2, 1, 1, 2, 0, 3, 3};
  cv::mixChannels(&image, 1, &swapped, 1, fromTo.data(), static_cast<std::size_t>(channels));
  return swapped;
}

cv::Mat toRgba(const cv::Mat& image) {
  cv::Mat rgba;
  switch (image.type()) {
    case CV_8UC1:
      cv::cvtColor(image, rgba, cv::COLOR_GRAY2RGBA);
      return rgba;
    case CV_8UC3:
      cv::cvtColor(image, rgba, cv::COLOR_BGR2RGBA);
      return rgba;
    case CV_8UC4:
      cv::cvtColor(image, rgba, cv::COLOR_BGRA2RGBA);
      return rgba;
    default:
      throw Error(ErrorCode::cannotEncode,
                  "Expected CV_8UC1, CV_8UC3 or CV_8UC4 for RGBA but received " + typeName(image.type()));
  }
}

}  // namespace matmq
