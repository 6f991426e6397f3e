#include <matmq/message.hpp>
#include <opencv2/imgproc.hpp>

#include "image/codecs.hpp"
#include "support.hpp"

using matmq::DecodeMode;
using matmq::codec::rawAsWanted;

TEST_CASE("a raw matrix that is wanted as it is stays where it is") {
  const cv::Mat color = support::picture(9, 7, CV_8UC3);
  CHECK(rawAsWanted(color, {}).data == color.data);
  CHECK(rawAsWanted(color, {.mode = DecodeMode::color}).data == color.data);
  const cv::Mat gray = support::picture(9, 7, CV_8UC1);
  CHECK(rawAsWanted(gray, {.mode = DecodeMode::grayscale}).data == gray.data);
  const cv::Mat other = support::picture(9, 7, CV_32FC(7));
  CHECK(rawAsWanted(other, {}).data == other.data);
}

TEST_CASE("a raw matrix is made 8-bit colour and grey as the same image in a file is") {
  for (const int type : {CV_8UC1, CV_8UC3, CV_8UC4, CV_16UC1, CV_16UC3, CV_16UC4}) {
    const cv::Mat raw = support::picture(61, 83, type);
    const support::Bytes png = support::copy(matmq::encodeImage(raw, matmq::ImageFormat::png));
    for (const DecodeMode mode : {DecodeMode::color, DecodeMode::grayscale}) {
      CAPTURE(matmq::typeName(type));
      const cv::Mat ours = rawAsWanted(raw, {.mode = mode});
      const cv::Mat file = matmq::decodeImage(support::view(png), {.mode = mode});
      REQUIRE(ours.type() == file.type());
      // Grey of colour is rounded differently by libpng and by OpenCV.
      CHECK(cv::norm(ours, file, cv::NORM_INF) <= (mode == DecodeMode::grayscale && raw.channels() > 1 ? 2 : 0));
    }
  }
  cv::Mat all(256, 256, CV_16UC1);
  for (int i = 0; i < 65536; ++i) all.at<std::uint16_t>(i / 256, i % 256) = static_cast<std::uint16_t>(i);
  const cv::Mat upper = rawAsWanted(all, {.mode = DecodeMode::grayscale});
  bool exact = true;
  for (int i = 0; i < 65536; ++i) exact = exact && upper.at<std::uint8_t>(i / 256, i % 256) == i >> 8;
  CHECK(exact);
}

TEST_CASE("a raw matrix that has no 8-bit colour says so, by name") {
  for (const int type : {CV_8SC3, CV_8UC2, CV_16SC1, CV_32SC1, CV_32FC3, CV_64FC1, CV_8UC(5)}) {
    for (const DecodeMode mode : {DecodeMode::color, DecodeMode::grayscale}) {
      const cv::Mat raw = support::picture(4, 4, type);
      CHECK(support::codeOf([&] { static_cast<void>(rawAsWanted(raw, {.mode = mode})); }) == "CANNOT_DECODE");
      CHECK(support::contains(support::messageOf([&] { static_cast<void>(rawAsWanted(raw, {.mode = mode})); }),
                              matmq::typeName(type)));
    }
  }
}

TEST_CASE("a raw matrix of every type is reduced, or says that it cannot be") {
  for (int depth = CV_8U; depth <= CV_64F; ++depth) {
    for (const int channels : {1, 2, 3, 4, 5, 17, 512}) {
      const cv::Mat raw = support::picture(17, 33, CV_MAKETYPE(depth, channels));
      CAPTURE(matmq::typeName(raw.type()));
      const std::string code = support::codeOf([&] {
        const cv::Mat small = rawAsWanted(raw, {.reduce = 4});
        CHECK(small.size() == cv::Size(8, 4));
        CHECK(small.type() == raw.type());
      });
      CHECK((code.empty() || code == "CANNOT_DECODE"));
      if (channels <= 4 && (depth == CV_8U || depth == CV_16U || depth == CV_32F)) CHECK(code.empty());
    }
  }
  CHECK(support::codeOf([] { static_cast<void>(rawAsWanted(cv::Mat(4, 4, CV_8UC1), {.reduce = 3})); }) ==
        "INVALID_ARGUMENT");
}
