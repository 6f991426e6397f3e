#include <opencv2/imgproc.hpp>

#include "support.hpp"

using matmq::ImageFormat;
using support::Bytes;

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

namespace {

void put(Bytes& out, std::initializer_list<unsigned> numbers, int bytes) {
  for (const unsigned number : numbers)
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
}

void putName(Bytes& out, std::string_view name) { out.insert(out.end(), name.begin(), name.end()); }

struct Place {
  unsigned left = 0;
  unsigned top = 0;
};

/// An animated file of one frame, which the WebP container specification describes.
Bytes animation(const cv::Mat& picture, cv::Size canvas, Place at, bool alpha, cv::Size said) {
  const Bytes file = support::openCvEncodes(".webp", picture);
  const Bytes frame(file.begin() + 12, file.end());
  Bytes out;
  putName(out, "RIFF");
  put(out, {4 + 18 + 14 + 24 + static_cast<unsigned>(frame.size())}, 4);
  putName(out, "WEBPVP8X");
  put(out, {10, alpha ? 0x12U : 0x02U}, 4);
  put(out, {static_cast<unsigned>(canvas.width - 1), static_cast<unsigned>(canvas.height - 1)}, 3);
  putName(out, "ANIM");
  put(out, {6, 0xFF00FF00U}, 4);  // a background, which no reader draws
  put(out, {0}, 2);
  putName(out, "ANMF");
  put(out, {16 + static_cast<unsigned>(frame.size())}, 4);
  put(out, {at.left / 2, at.top / 2, static_cast<unsigned>(said.width - 1), static_cast<unsigned>(said.height - 1)}, 3);
  put(out, {100}, 3);
  out.push_back(0);
  out.insert(out.end(), frame.begin(), frame.end());
  return out;
}

}  // namespace

TEST_CASE("WebP: the first frame of an animation lies on its canvas, which is transparent or black") {
  const cv::Mat color = support::picture(20, 30, CV_8UC3);
  const cv::Mat whole = matmq::decodeImage(support::view(animation(color, {30, 20}, {}, false, {30, 20})));
  CHECK(support::same(whole, color));

  const cv::Mat onBlack = matmq::decodeImage(support::view(animation(color, {50, 40}, {10, 6}, false, {30, 20})));
  cv::Mat expected = cv::Mat::zeros(40, 50, CV_8UC3);
  color.copyTo(expected(cv::Rect(10, 6, 30, 20)));
  CHECK(support::same(onBlack, expected));

  const cv::Mat clear = matmq::decodeImage(support::view(animation(color, {50, 40}, {10, 6}, true, {30, 20})));
  cv::Mat opaque;
  cv::cvtColor(color, opaque, cv::COLOR_BGR2BGRA);
  expected = cv::Mat::zeros(40, 50, CV_8UC4);
  opaque.copyTo(expected(cv::Rect(10, 6, 30, 20)));
  CHECK(support::same(clear, expected));
}

TEST_CASE("WebP: an animation whose frame leaves its canvas, or says another size than it has, is damaged") {
  const cv::Mat color = support::picture(20, 30, CV_8UC3);
  CHECK(support::codeOfDecoding(animation(color, {50, 40}, {30, 6}, false, {30, 20})) == "CANNOT_DECODE");
  CHECK(support::codeOfDecoding(animation(color, {50, 40}, {10, 30}, false, {30, 20})) == "CANNOT_DECODE");
  CHECK(support::codeOfDecoding(animation(color, {50, 40}, {10, 6}, false, {30, 21})) == "CANNOT_DECODE");
  Bytes body = animation(color, {30, 20}, {}, false, {30, 20});
  for (std::size_t size = 12; size + 1 < body.size(); ++size) {
    CHECK(support::codeOfDecoding(Bytes(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size))) ==
          "CANNOT_DECODE");
  }
}

TEST_CASE("WebP: lossless keeps the colours of pixels that are transparent") {
  cv::Mat image = support::picture(33, 45, CV_8UC4);
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; x += 2) image.at<cv::Vec4b>(y, x)[3] = 0;
  }
  const support::Bytes body = support::copy(matmq::encodeImage(image, matmq::ImageFormat::webp));
  CHECK(support::same(matmq::decodeImage(support::view(body)), image));
}
