#include <opencv2/imgproc.hpp>

#include "support.hpp"

using matmq::DecodeMode;
using matmq::ImageFormat;
using support::Bytes;

namespace {

int reducedFlag(DecodeMode mode, int divisor) {
  const int color = mode == DecodeMode::color ? 1 : 0;
  return color | divisor << 3;  // IMREAD_REDUCED_GRAYSCALE_2 is 16
}

void checkReducesAsOpenCv(const Bytes& body) {
  for (const DecodeMode mode : {DecodeMode::color, DecodeMode::grayscale}) {
    for (const int divisor : {2, 4, 8}) {
      for (const bool ignore : {false, true}) {
        CAPTURE(static_cast<int>(mode));
        CAPTURE(divisor);
        const cv::Mat theirs =
            cv::imdecode(body, reducedFlag(mode, divisor) | (ignore ? cv::IMREAD_IGNORE_ORIENTATION : 0));
        REQUIRE_FALSE(theirs.empty());
        const cv::Mat ours =
            matmq::decodeImage(support::view(body), {.mode = mode, .ignoreOrientation = ignore, .reduce = divisor});
        CHECK(ours.size() == theirs.size());
        CHECK(support::same(ours, theirs));
      }
    }
  }
}

Bytes encoded(ImageFormat format, const cv::Mat& image) { return support::copy(matmq::encodeImage(image, format)); }

}  // namespace

TEST_CASE("a reduced JPEG has the pixels of cv::imdecode, whatever its sides") {
  for (int width = 8; width <= 40; width += 3) {
    for (const int height : {8, 9, 15, 31, 64}) {
      CAPTURE(width);
      CAPTURE(height);
      checkReducesAsOpenCv(encoded(ImageFormat::jpeg, support::picture(height, width, CV_8UC3)));
      checkReducesAsOpenCv(encoded(ImageFormat::jpeg, support::picture(height, width, CV_8UC1)));
    }
  }
}

TEST_CASE("a reduced JPEG of every subsampling and progressive has the pixels of cv::imdecode") {
  const cv::Mat image = support::picture(61, 83, CV_8UC3);
  for (const matmq::ChromaSubsampling subsampling :
       {matmq::ChromaSubsampling::s444, matmq::ChromaSubsampling::s422, matmq::ChromaSubsampling::s420,
        matmq::ChromaSubsampling::s440, matmq::ChromaSubsampling::s411}) {
    for (const bool progressive : {false, true}) {
      checkReducesAsOpenCv(support::copy(matmq::encodeImage(
          image, ImageFormat::jpeg, {.progressive = progressive, .chromaSubsampling = subsampling})));
    }
  }
}

TEST_CASE("a small reduced JPEG has the sides of cv::imdecode") {
  for (int side = 1; side < 8; ++side) {
    const Bytes body = encoded(ImageFormat::jpeg, support::picture(side, side, CV_8UC3));
    for (const int divisor : {2, 4, 8}) {
      CHECK(matmq::decodeImage(support::view(body), {.reduce = divisor}).size() ==
            cv::imdecode(body, reducedFlag(DecodeMode::color, divisor)).size());
    }
  }
}

TEST_CASE("photos, turned by EXIF too, are reduced as by cv::imdecode") {
  for (const std::string& photo : support::photos()) checkReducesAsOpenCv(support::readFile(photo));
  const Bytes jpeg = encoded(ImageFormat::jpeg, support::picture(40, 63, CV_8UC3));
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Bytes exif = support::app1(std::string_view("Exif\0\0", 6), support::exifWith(orientation, true));
    checkReducesAsOpenCv(support::insertAt(jpeg, 2, exif));
  }
}

TEST_CASE("other formats are reduced as by cv::imdecode, after they are decoded") {
  for (const ImageFormat format : {ImageFormat::png, ImageFormat::webp, ImageFormat::bmp}) {
    for (const int type : {CV_8UC1, CV_8UC3, CV_8UC4}) {
      for (const cv::Size size : {cv::Size(8, 8), cv::Size(61, 83), cv::Size(64, 17)}) {
        checkReducesAsOpenCv(encoded(format, support::picture(size.height, size.width, type)));
      }
    }
  }
}

TEST_CASE("unchanged keeps the type when it is reduced, and something is left of the smallest image") {
  for (const int type : {CV_8UC1, CV_8UC3, CV_8UC4, CV_16UC1, CV_16UC3, CV_16UC4}) {
    const Bytes body = encoded(ImageFormat::png, support::picture(17, 33, type));
    const cv::Mat image = matmq::decodeImage(support::view(body), {.reduce = 4});
    CHECK(image.type() == type);
    CHECK(image.size() == cv::Size(8, 4));
  }
  const Bytes dot = encoded(ImageFormat::png, support::picture(1, 3, CV_8UC3));
  CHECK(matmq::decodeImage(support::view(dot), {.reduce = 8}).size() == cv::Size(1, 1));
}

TEST_CASE("another divisor is refused") {
  const Bytes body = encoded(ImageFormat::png, support::picture(1, 3, CV_8UC3));
  for (const int divisor : {-2, 0, 3, 16})
    CHECK(support::codeOfDecoding(body, {.reduce = divisor}) == "INVALID_ARGUMENT");
}

TEST_CASE("limits hold for the size before it is reduced") {
  const Bytes body = encoded(ImageFormat::jpeg, support::picture(100, 100, CV_8UC3));
  CHECK(support::codeOfDecoding(body, {.reduce = 8, .limits = {.pixels = 9999}}) == "LIMIT_EXCEEDED");
  CHECK(support::codeOfDecoding(body, {.reduce = 8, .limits = {.pixels = 10000}}) == "");
  CHECK(support::codeOfDecoding(body, {.reduce = 8, .limits = {.decodedBytes = 29999}}) == "LIMIT_EXCEEDED");
}
