#include "support.hpp"

using matmq::ImageFormat;

TEST_CASE("WebP: lossless is the default, with the bytes of cv::imencode") {
  for (const int type : {CV_8UC1, CV_8UC3, CV_8UC4}) {
    for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 50), cv::Size(123, 45)}) {
      CAPTURE(matmq::typeName(type));
      cv::Mat image = support::picture(size.height, size.width, type);
      // OpenCV's encoder changes the colours of transparent pixels; ours keeps them.
      if (type == CV_8UC4) cv::max(image, cv::Scalar(0, 0, 0, 1), image);
      const support::Bytes ours = support::copy(matmq::encodeImage(image, ImageFormat::webp));
      CHECK(ours == support::openCvEncodes(".webp", image));
      CHECK(ours == support::openCvEncodes(".webp", image, {cv::IMWRITE_WEBP_QUALITY, 101}));
      CHECK(ours == support::copy(matmq::encodeImage(image, ImageFormat::webp, {.quality = 101})));
      support::checkDecodesAsOpenCv(ours);
      if (type == CV_8UC3) CHECK(support::same(matmq::decodeImage(support::view(ours)), image));
    }
  }
}

TEST_CASE("WebP: every quality encodes to the bytes of cv::imencode") {
  for (const int type : {CV_8UC1, CV_8UC3, CV_8UC4}) {
    const cv::Mat image = support::picture(61, 87, type);
    for (const int quality : {1, 37, 80, 100}) {
      CAPTURE(matmq::typeName(type));
      CAPTURE(quality);
      const support::Bytes ours = support::copy(matmq::encodeImage(image, ImageFormat::webp, {.quality = quality}));
      CHECK(ours == support::openCvEncodes(".webp", image, {cv::IMWRITE_WEBP_QUALITY, quality}));
      support::checkDecodesAsOpenCv(ours);
    }
  }
}

TEST_CASE("WebP: a photo encodes to the bytes of cv::imencode and decodes as with cv::imdecode") {
  const cv::Mat photo = cv::imread(MATMQ_PHOTOS "/chelsea.png");
  REQUIRE_FALSE(photo.empty());
  const support::Bytes ours = support::copy(matmq::encodeImage(photo, ImageFormat::webp, {.quality = 80}));
  CHECK(ours == support::openCvEncodes(".webp", photo, {cv::IMWRITE_WEBP_QUALITY, 80}));
  support::checkDecodesAsOpenCv(ours);
}

TEST_CASE("WebP: a truncated body is told from a damaged one") {
  support::Bytes body = support::openCvEncodes(".webp", support::picture(20, 30, CV_8UC3));
  const std::string size = std::to_string(body.size());
  body.pop_back();
  const std::string message = support::messageOf([&] { static_cast<void>(matmq::decodeImage(support::view(body))); });
  CHECK(message == "Expected a WebP image of " + size + " bytes but received " + std::to_string(body.size()) +
                       ": the body is truncated");
}

TEST_CASE("WebP: an animation is refused by name") {
  support::Bytes body{'R', 'I', 'F',  'F', 44, 0, 0, 0, 'W', 'E', 'B', 'P', 'V', 'P', '8', 'X', 10, 0,
                      0,   0,   0x02, 0,   0,  0, 9, 0, 0,   9,   0,   0,   'A', 'N', 'I', 'M', 6,  0,
                      0,   0,   0,    0,   0,  0, 0, 0, 'A', 'N', 'M', 'F', 0,   0,   0,   0};
  CHECK(support::codeOfDecoding(body) == "CANNOT_DECODE");
  CHECK(support::contains(support::messageOf([&] { static_cast<void>(matmq::decodeImage(support::view(body))); }),
                          "animated"));
}

TEST_CASE("WebP: lossless keeps the colours of pixels that are transparent") {
  cv::Mat image = support::picture(33, 45, CV_8UC4);
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; x += 2) image.at<cv::Vec4b>(y, x)[3] = 0;
  }
  const support::Bytes body = support::copy(matmq::encodeImage(image, matmq::ImageFormat::webp));
  CHECK(support::same(matmq::decodeImage(support::view(body)), image));
}
