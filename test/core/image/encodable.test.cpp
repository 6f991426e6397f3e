#include <algorithm>

#include "support.hpp"

using matmq::ImageFormat;
using support::codeOf;
using support::messageOf;

namespace {

std::string codeOfCheck(const cv::Mat& image, ImageFormat format, const matmq::EncodeOptions& options = {}) {
  return codeOf([&] { matmq::checkEncodable(image, format, options); });
}

constexpr std::array encoded{ImageFormat::png,  ImageFormat::jpeg, ImageFormat::webp, ImageFormat::bmp,
                             ImageFormat::tiff, ImageFormat::pnm,  ImageFormat::pgm,  ImageFormat::ppm};
constexpr std::array all{ImageFormat::png,  ImageFormat::jpeg, ImageFormat::webp, ImageFormat::bmp, ImageFormat::raw,
                         ImageFormat::tiff, ImageFormat::pnm,  ImageFormat::pgm,  ImageFormat::ppm};

}  // namespace

TEST_CASE("each format holds the types it should, and what passes the check is encoded") {
  for (int depth = CV_8U; depth <= CV_16F; ++depth) {
    for (int channels = 1; channels <= 6; ++channels) {
      const cv::Mat image(2, 3, CV_MAKETYPE(depth, channels), cv::Scalar::all(0));
      const bool one34 = channels == 1 || channels == 3 || channels == 4;
      const auto holds = [&](ImageFormat format) {
        switch (format) {
          case ImageFormat::png:
            return (depth == CV_8U || depth == CV_16U) && one34;
          case ImageFormat::jpeg:
            return depth == CV_8U && (channels == 1 || channels == 3);
          case ImageFormat::webp:
          case ImageFormat::bmp:
            return depth == CV_8U && one34;
          case ImageFormat::tiff:
            return (depth == CV_8U || depth == CV_16U || depth == CV_32F || depth == CV_64F) && one34;
          case ImageFormat::pnm:
            return (depth == CV_8U || depth == CV_16U) && (channels == 1 || channels == 3);
          case ImageFormat::pgm:
            return (depth == CV_8U || depth == CV_16U) && channels == 1;
          case ImageFormat::ppm:
            return (depth == CV_8U || depth == CV_16U) && channels == 3;
          case ImageFormat::raw:
            break;
        }
        return depth != CV_16F;
      };
      for (const ImageFormat format : all) {
        CAPTURE(static_cast<int>(format));
        CAPTURE(matmq::typeName(image.type()));
        CHECK(codeOfCheck(image, format) == (holds(format) ? "" : "CANNOT_ENCODE"));
        if (format == ImageFormat::raw) continue;
        CHECK(codeOf([&] { static_cast<void>(matmq::encodeImage(image, format)); }) ==
              (holds(format) ? "" : "CANNOT_ENCODE"));
      }
    }
  }
}

TEST_CASE("a refusal says what the format holds, what came, and what to do") {
  CHECK(messageOf([] { matmq::checkEncodable(cv::Mat(2, 3, CV_32FC3), ImageFormat::png); }) ==
        "Expected CV_8U or CV_16U with 1, 3 or 4 channels for PNG but received CV_32FC3: convert the matrix, or send "
        "it as 'raw'");
  CHECK(messageOf([] { matmq::checkEncodable(cv::Mat(2, 3, CV_8UC4), ImageFormat::jpeg); }) ==
        "Expected CV_8UC1 or CV_8UC3 for JPEG but received CV_8UC4: convert the matrix, or send it as 'raw'");
}

TEST_CASE("matrices without pixels and with three dimensions are invalid for every format") {
  const std::array<int, 3> sizes{2, 3, 4};
  const cv::Mat cube(3, sizes.data(), CV_8UC1);
  for (const ImageFormat format : all) {
    CHECK(codeOfCheck(cv::Mat(), format) == "INVALID_MATRIX");
    CHECK(codeOfCheck(cv::Mat(0, 3, CV_8UC1), format) == "INVALID_MATRIX");
    CHECK(codeOfCheck(cv::Mat(3, 0, CV_8UC1), format) == "INVALID_MATRIX");
    CHECK(codeOfCheck(cube, format) == "INVALID_MATRIX");
  }
  for (const ImageFormat format : encoded) {
    CHECK(codeOf([&] { static_cast<void>(matmq::encodeImage(cv::Mat(), format)); }) == "INVALID_MATRIX");
  }
}

TEST_CASE("sides that a format cannot express are refused, and the longest that it can pass") {
  const auto sized = [](int rows, int cols) { return cv::Mat(rows, cols, CV_8UC1, cv::Scalar(7)); };
  CHECK(codeOfCheck(sized(1, 65500), ImageFormat::jpeg) == "");
  CHECK(codeOfCheck(sized(1, 65501), ImageFormat::jpeg) == "CANNOT_ENCODE");
  CHECK(codeOfCheck(sized(65501, 1), ImageFormat::jpeg) == "CANNOT_ENCODE");
  CHECK(codeOfCheck(sized(16383, 1), ImageFormat::webp) == "");
  CHECK(codeOfCheck(sized(16384, 1), ImageFormat::webp) == "CANNOT_ENCODE");
  CHECK(codeOfCheck(sized(1, 16384), ImageFormat::webp) == "CANNOT_ENCODE");
  for (const ImageFormat format : {ImageFormat::jpeg, ImageFormat::webp}) {
    const int longest = format == ImageFormat::jpeg ? 65500 : 16383;
    CHECK(matmq::decodeImage(matmq::encodeImage(sized(1, longest), format).view).cols == longest);
    CHECK(matmq::decodeImage(matmq::encodeImage(sized(longest, 1), format).view).rows == longest);
  }
  CHECK(matmq::decodeImage(matmq::encodeImage(sized(1, 1 << 20), ImageFormat::png).view).cols == 1 << 20);

  // A BMP says its size in 31 bits. The rows lie on top of each other, so that no memory is taken.
  std::uint8_t pixels[4096 * 4] = {};
  cv::Mat large(1, 4096, CV_8UC4, pixels);
  large.rows = 131072;
  CHECK(codeOfCheck(large, ImageFormat::bmp) != "");
}

TEST_CASE("a step shorter than its row is invalid") {
  cv::Mat image(4, 10, CV_8UC3);
  image.step[0] = 29;
  CHECK(codeOfCheck(image, ImageFormat::raw) == "INVALID_MATRIX");
}

TEST_CASE("options out of range are refused") {
  const cv::Mat image(2, 3, CV_8UC3, cv::Scalar::all(0));
  for (const int quality : {-1, 101})
    CHECK(codeOfCheck(image, ImageFormat::jpeg, {.quality = quality}) == "INVALID_ARGUMENT");
  for (const int quality : {0, 100}) CHECK(codeOfCheck(image, ImageFormat::jpeg, {.quality = quality}) == "");
  for (const int quality : {-1, 0})
    CHECK(codeOfCheck(image, ImageFormat::webp, {.quality = quality}) == "INVALID_ARGUMENT");
  for (const int quality : {1, 100, 101}) CHECK(codeOfCheck(image, ImageFormat::webp, {.quality = quality}) == "");
  for (const int level : {-1, 10})
    CHECK(codeOfCheck(image, ImageFormat::png, {.compression = level}) == "INVALID_ARGUMENT");
  for (const int level : {0, 9}) CHECK(codeOfCheck(image, ImageFormat::png, {.compression = level}) == "");
  for (const int interval : {-1, 65536})
    CHECK(codeOfCheck(image, ImageFormat::jpeg, {.restartInterval = interval}) == "INVALID_ARGUMENT");
  for (const int interval : {0, 65535})
    CHECK(codeOfCheck(image, ImageFormat::jpeg, {.restartInterval = interval}) == "");
  CHECK(messageOf([&] { matmq::checkEncodable(image, ImageFormat::jpeg, {.quality = 101}); }) ==
        "Expected a JPEG quality from 0 to 100 but received 101");
  CHECK(messageOf([&] { matmq::checkEncodable(image, ImageFormat::webp, {.quality = 0}); }) ==
        "Expected a WebP quality of at least 1 but received 0");
}

TEST_CASE("an option that the format does not have is refused by name") {
  const cv::Mat image(2, 3, CV_8UC3, cv::Scalar::all(0));
  const cv::Mat gray(2, 3, CV_8UC1, cv::Scalar::all(0));
  const std::vector<std::pair<matmq::EncodeOptions, std::vector<ImageFormat>>> owned{
      {{.quality = 90}, {ImageFormat::jpeg, ImageFormat::webp}},
      {{.progressive = false}, {ImageFormat::jpeg}},
      {{.optimize = true}, {ImageFormat::jpeg}},
      {{.restartInterval = 0}, {ImageFormat::jpeg}},
      {{.chromaSubsampling = matmq::ChromaSubsampling::s444}, {ImageFormat::jpeg}},
      {{.compression = 1}, {ImageFormat::png}},
      {{.strategy = matmq::PngStrategy::rle}, {ImageFormat::png}},
      {{.filter = matmq::PngFilter::up}, {ImageFormat::png}},
      {{.lossless = true}, {ImageFormat::webp}},
      {{.channelOrder = matmq::ChannelOrder::rgb}, {all.begin(), all.end()}},
  };
  for (std::size_t i = 0; i < owned.size(); ++i) {
    const auto& [options, owners] = owned[i];
    CAPTURE(i);
    for (const ImageFormat format : all) {
      CAPTURE(static_cast<int>(format));
      const bool owns = std::ranges::find(owners, format) != owners.end();
      CHECK(codeOfCheck(format == ImageFormat::pgm ? gray : image, format, options) ==
            (owns ? "" : "INVALID_ARGUMENT"));
    }
  }
  CHECK(messageOf([&] { matmq::checkEncodable(image, ImageFormat::png, {.quality = 90}); }) ==
        "Expected no option 'quality' for PNG but received one: it belongs to JPEG and WebP");
  CHECK(messageOf([&] { matmq::checkEncodable(image, ImageFormat::raw, {.compression = 1}); }) ==
        "Expected no option 'compression' for raw but received one: it belongs to PNG");
}

TEST_CASE("WebP: lossless and the quality must agree") {
  const cv::Mat image(2, 3, CV_8UC3, cv::Scalar::all(0));
  const auto code = [&](const matmq::EncodeOptions& options) { return codeOfCheck(image, ImageFormat::webp, options); };
  CHECK(code({.quality = 101, .lossless = true}) == "");
  CHECK(code({.quality = 80, .lossless = false}) == "");
  CHECK(code({.quality = 80, .lossless = true}) == "INVALID_ARGUMENT");
  CHECK(code({.quality = 101, .lossless = false}) == "INVALID_ARGUMENT");
  CHECK(code({.lossless = false}) == "INVALID_ARGUMENT");
  CHECK(support::copy(matmq::encodeImage(image, ImageFormat::webp, {.lossless = true})) ==
        support::copy(matmq::encodeImage(image, ImageFormat::webp)));
}

TEST_CASE("an order of channels needs a matrix that can have one") {
  const matmq::EncodeOptions rgb{.channelOrder = matmq::ChannelOrder::rgb};
  CHECK(codeOfCheck(cv::Mat(2, 3, CV_32FC(5)), ImageFormat::raw, rgb) == "INVALID_ARGUMENT");
  for (const int channels : {1, 2, 3, 4})
    CHECK(codeOfCheck(cv::Mat(2, 3, CV_32FC(channels)), ImageFormat::raw, rgb) == "");
}

TEST_CASE("a raw matrix is not encoded") {
  CHECK(codeOf([] { static_cast<void>(matmq::encodeImage(cv::Mat(2, 3, CV_8UC3), ImageFormat::raw)); }) ==
        "INVALID_ARGUMENT");
}

TEST_CASE("a region of interest encodes as its copy does") {
  for (const ImageFormat format : encoded) {
    const cv::Mat whole = support::picture(60, 80, format == ImageFormat::pgm ? CV_8UC1 : CV_8UC3);
    const cv::Mat region = whole(cv::Rect(7, 9, 41, 33));
    REQUIRE_FALSE(region.isContinuous());
    CAPTURE(static_cast<int>(format));
    CHECK(support::copy(matmq::encodeImage(region, format)) ==
          support::copy(matmq::encodeImage(region.clone(), format)));
  }
}
