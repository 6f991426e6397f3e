#include <array>
#include <matmq/image.hpp>
#include <opencv2/imgproc.hpp>

namespace matmq {
cv::Mat swapRedBlue(const cv::Mat& image) {
  const int channels = image.channels();
  if (channels != 3 && channels != 4) {
    throw Error(
        ErrorCode::invalidArgument,
        "Expected a matrix of 3 or 4 channels to exchange red and blue in but received " + typeName(image.type()));
  }
  cv::Mat swapped;
  const int depth = image.depth();
  if (depth == CV_8U || depth == CV_16U || depth == CV_32F) {  // cv::cvtColor has only these depths
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
