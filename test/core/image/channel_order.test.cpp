#include <matmq/message.hpp>
#include <opencv2/imgproc.hpp>

#include "support.hpp"

using matmq::ChannelOrder;
using matmq::ImageFormat;

namespace {

constexpr matmq::EncodeOptions rgb{.channelOrder = ChannelOrder::rgb};

cv::Mat packed(const matmq::Payload& payload, const cv::Mat& like) {
  cv::Mat out(like.size(), like.type());
  for (std::size_t y = 0; y < payload.rows; ++y) {
    std::memcpy(out.ptr(static_cast<int>(y)), payload.data + y * payload.step, payload.rowBytes);
  }
  return out;
}

}  // namespace

TEST_CASE("red and blue change places, whatever the depth, and nothing else does") {
  for (int depth = CV_8U; depth <= CV_64F; ++depth) {
    for (const int channels : {3, 4}) {
      const int type = CV_MAKETYPE(depth, channels);
      CAPTURE(matmq::typeName(type));
      cv::Mat image(5, 7, type);
      cv::randu(image, 0, 100);
      const cv::Mat region = image(cv::Rect(1, 1, 4, 3));
      std::vector<cv::Mat> planes;
      cv::split(region, planes);
      std::swap(planes[0], planes[2]);
      cv::Mat expected;
      cv::merge(planes, expected);
      const cv::Mat swapped = matmq::swapRedBlue(region);
      CHECK(support::same(swapped, expected));
      CHECK(swapped.data != region.data);
      CHECK(support::same(matmq::swapRedBlue(swapped), region));
    }
  }
  CHECK(support::codeOf([] { static_cast<void>(matmq::swapRedBlue(cv::Mat(2, 2, CV_8UC2))); }) == "INVALID_ARGUMENT");
}

TEST_CASE("an RGB matrix encodes to what its BGR twin encodes to, in every format") {
  for (const int channels : {3, 4}) {
    const cv::Mat bgr = support::picture(31, 47, CV_8UC(channels));
    const cv::Mat source = matmq::swapRedBlue(bgr);
    for (const ImageFormat format : {ImageFormat::png, ImageFormat::jpeg, ImageFormat::webp, ImageFormat::bmp}) {
      if (format == ImageFormat::jpeg && channels == 4) continue;
      CAPTURE(static_cast<int>(format));
      CHECK(support::copy(matmq::encodeImage(source, format, rgb)) == support::copy(matmq::encodeImage(bgr, format)));
    }
  }
}

TEST_CASE("a raw RGB matrix is for a codec thread, a BGR or grey one goes as it lies") {
  const cv::Mat bgr = support::picture(31, 47, CV_16UC3);
  const cv::Mat source = matmq::swapRedBlue(bgr);
  const auto message = matmq::imageMessage(source, nullptr, ImageFormat::raw, rgb);
  REQUIRE(std::holds_alternative<matmq::ImageToEncode>(message.body));
  CHECK(std::get<std::string>(message.properties.headers.at("mat-type").value) == "CV_16UC3");
  const matmq::Payload body = matmq::encodedBody(std::get<matmq::ImageToEncode>(message.body));
  CHECK(support::same(packed(body, bgr), bgr));

  const cv::Mat gray = support::picture(31, 47, CV_8UC1);
  for (const auto& asItLies : {matmq::imageMessage(gray, nullptr, ImageFormat::raw, rgb),
                               matmq::imageMessage(bgr, nullptr, ImageFormat::raw, {})}) {
    CHECK(std::holds_alternative<matmq::Payload>(asItLies.body));
  }
}

TEST_CASE("RGBA for a canvas: grey three times, opaque unless there is an alpha channel") {
  const cv::Vec4b red(255, 0, 0, 255);
  CHECK(matmq::toRgba(cv::Mat(1, 1, CV_8UC3, cv::Scalar(0, 0, 255))).at<cv::Vec4b>(0) == red);
  CHECK(matmq::toRgba(cv::Mat(1, 1, CV_8UC4, cv::Scalar(0, 0, 255, 7))).at<cv::Vec4b>(0) == cv::Vec4b(255, 0, 0, 7));
  CHECK(matmq::toRgba(cv::Mat(1, 1, CV_8UC1, cv::Scalar(9))).at<cv::Vec4b>(0) == cv::Vec4b(9, 9, 9, 255));
  CHECK(support::codeOf([] { static_cast<void>(matmq::toRgba(cv::Mat(2, 2, CV_16UC3))); }) == "CANNOT_ENCODE");
}
