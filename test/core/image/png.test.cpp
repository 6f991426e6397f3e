#include <zlib.h>

#include <optional>

#include "support.hpp"

using matmq::ImageFormat;
using support::PngFile;

TEST_CASE("PNG: every type encodes to the bytes of cv::imencode and comes back whole") {
  for (const int type : {CV_8UC1, CV_8UC3, CV_8UC4, CV_16UC1, CV_16UC3, CV_16UC4}) {
    for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 50), cv::Size(50, 1), cv::Size(123, 45)}) {
      CAPTURE(matmq::typeName(type));
      CAPTURE(size.width);
      const cv::Mat image = support::picture(size.height, size.width, type);
      const support::Bytes ours = support::copy(matmq::encodeImage(image, ImageFormat::png));
      CHECK(ours == support::openCvEncodes(".png", image));
      CHECK(support::same(matmq::decodeImage(support::view(ours)), image));
      support::checkDecodesAsOpenCv(ours);
    }
  }
}

TEST_CASE("PNG: every compression level encodes to the bytes of cv::imencode") {
  const cv::Mat image = support::picture(61, 87, CV_8UC3);
  for (int level = 0; level <= 9; ++level) {
    CAPTURE(level);
    CHECK(support::copy(matmq::encodeImage(image, ImageFormat::png, {.compression = level})) ==
          support::openCvEncodes(".png", image, {cv::IMWRITE_PNG_COMPRESSION, level}));
  }
}

TEST_CASE("PNG: every strategy, with and without a level, encodes to the bytes of cv::imencode") {
  const cv::Mat image = support::picture(61, 87, CV_8UC3);
  for (const int strategy : {0, 1, 2, 3, 4}) {
    CAPTURE(strategy);
    const auto ours = static_cast<matmq::PngStrategy>(strategy);
    CHECK(support::copy(matmq::encodeImage(image, ImageFormat::png, {.strategy = ours})) ==
          support::openCvEncodes(".png", image, {cv::IMWRITE_PNG_STRATEGY, strategy}));
    CHECK(support::copy(matmq::encodeImage(image, ImageFormat::png, {.compression = 6, .strategy = ours})) ==
          support::openCvEncodes(".png", image, {cv::IMWRITE_PNG_COMPRESSION, 6, cv::IMWRITE_PNG_STRATEGY, strategy}));
  }
}

namespace {

/// The filter byte of every row, from the inflated IDAT chunks.
std::vector<int> filtersOf(const support::Bytes& png, std::size_t rowBytes, std::size_t rows) {
  support::Bytes packed;
  for (std::size_t at = 8; at + 8 <= png.size();) {
    const std::size_t length = static_cast<std::size_t>(png[at]) << 24 | static_cast<std::size_t>(png[at + 1]) << 16 |
                               static_cast<std::size_t>(png[at + 2]) << 8 | png[at + 3];
    const auto data = png.begin() + static_cast<std::ptrdiff_t>(at + 8);
    if (std::memcmp(&png[at + 4], "IDAT", 4) == 0) {
      packed.insert(packed.end(), data, data + static_cast<std::ptrdiff_t>(length));
    }
    at += length + 12;
  }
  support::Bytes pixels((rowBytes + 1) * rows);
  uLongf size = pixels.size();
  REQUIRE(uncompress(pixels.data(), &size, packed.data(), packed.size()) == Z_OK);
  REQUIRE(size == pixels.size());
  std::vector<int> filters;
  for (std::size_t y = 0; y < rows; ++y) filters.push_back(pixels[y * (rowBytes + 1)]);
  return filters;
}

}  // namespace

TEST_CASE("PNG: a filter is what every row of the file has, and the pixels stay what they are") {
  const cv::Mat image = support::picture(21, 87, CV_8UC3);
  for (const int filter : {0, 1, 2, 3, 4}) {
    for (const std::optional<int> level : {std::optional<int>(), std::optional<int>(6)}) {
      CAPTURE(filter);
      const support::Bytes png = support::copy(matmq::encodeImage(
          image, ImageFormat::png, {.compression = level, .filter = static_cast<matmq::PngFilter>(filter)}));
      CHECK(filtersOf(png, 87 * 3, 21) == std::vector<int>(21, filter));
      CHECK(support::same(matmq::decodeImage(support::view(png)), image));
    }
  }
  for (const matmq::PngFilter several : {matmq::PngFilter::fast, matmq::PngFilter::all}) {
    const support::Bytes png = support::copy(matmq::encodeImage(image, ImageFormat::png, {.filter = several}));
    for (const int filter : filtersOf(png, 87 * 3, 21)) CHECK(filter <= (several == matmq::PngFilter::fast ? 2 : 4));
    CHECK(support::same(matmq::decodeImage(support::view(png)), image));
  }
  CHECK(
      support::copy(matmq::encodeImage(image, ImageFormat::png, {.compression = 6, .filter = matmq::PngFilter::all})) ==
      support::openCvEncodes(".png", image, {cv::IMWRITE_PNG_COMPRESSION, 6}));
}

TEST_CASE("PNG: photos and what does not compress at all encode to the bytes of cv::imencode") {
  std::vector<cv::Mat> images{cv::Mat(200, 300, CV_8UC3), cv::Mat(400, 300, CV_16UC4)};
  for (cv::Mat& noise : images) cv::randu(noise, 0, 65535);
  for (const std::string& photo : support::photos()) images.push_back(cv::imread(photo));
  for (const cv::Mat& image : images) {
    REQUIRE_FALSE(image.empty());
    const matmq::SharedBytes ours = matmq::encodeImage(image, ImageFormat::png);
    CHECK(support::copy(ours) == support::openCvEncodes(".png", image));
    CHECK(support::same(matmq::decodeImage(ours.view), image));
  }
}

TEST_CASE("PNG: photos decode as with cv::imdecode") {
  for (const std::string& photo : support::photos()) {
    CAPTURE(photo);
    support::checkDecodesAsOpenCv(support::readFile(photo));
  }
}

TEST_CASE("PNG: every colour type, bit depth, transparency, interlacing and gamma decodes as with cv::imdecode") {
  struct Kind {
    int colorType;
    std::vector<int> bitDepths;
    bool mayBeTransparent;
  };
  for (const Kind& kind :
       {Kind{PNG_COLOR_TYPE_GRAY, {1, 2, 4, 8, 16}, true}, Kind{PNG_COLOR_TYPE_RGB, {8, 16}, true},
        Kind{PNG_COLOR_TYPE_PALETTE, {1, 2, 4, 8}, true}, Kind{PNG_COLOR_TYPE_GRAY_ALPHA, {8, 16}, false},
        Kind{PNG_COLOR_TYPE_RGB_ALPHA, {8, 16}, false}}) {
    for (const int bitDepth : kind.bitDepths) {
      for (const int interlace : {PNG_INTERLACE_NONE, PNG_INTERLACE_ADAM7}) {
        for (const bool transparency : {false, true}) {
          for (const double gamma : {0.0, 1.0, 0.45455}) {
            if (transparency && !kind.mayBeTransparent) continue;
            CAPTURE(kind.colorType);
            CAPTURE(bitDepth);
            CAPTURE(interlace);
            CAPTURE(transparency);
            CAPTURE(gamma);
            support::checkDecodesAsOpenCv(support::writePng({.bitDepth = bitDepth,
                                                             .colorType = kind.colorType,
                                                             .interlace = interlace,
                                                             .transparency = transparency,
                                                             .gamma = gamma}));
          }
        }
      }
    }
  }
}

TEST_CASE("PNG: interlaced images smaller than a pass decode as with cv::imdecode") {
  for (int side = 1; side <= 9; ++side) {
    CAPTURE(side);
    support::checkDecodesAsOpenCv(
        support::writePng({.width = side, .height = 10 - side, .interlace = PNG_INTERLACE_ADAM7}));
  }
}

TEST_CASE("PNG: chunks that change no pixel are passed over") {
  const support::Bytes plain = support::openCvEncodes(".png", support::picture(9, 9, CV_8UC3));
  support::Bytes body = plain;
  for (const char* name :
       {"tEXt", "zTXt", "iTXt", "pHYs", "tIME", "bKGD", "sPLT", "iCCP", "hIST", "oFFs", "pCAL", "sCAL", "prIv"}) {
    body = support::insertAt(body, support::afterIhdr, support::pngChunk(name, support::Bytes(100, 'x')));
  }
  CHECK(support::same(matmq::decodeImage(support::view(body)), matmq::decodeImage(support::view(plain))));
}

TEST_CASE("PNG: an ancillary chunk with a wrong checksum is left out, a critical one refused") {
  const cv::Mat image = support::picture(23, 31, CV_8UC3);
  const support::Bytes whole = support::openCvEncodes(".png", image);
  constexpr std::ptrdiff_t behindHeader = 8 + 25;
  for (const char* name : {"tEXt", "iTXt", "tIME", "gAMA", "zzZz"}) {
    CAPTURE(name);
    support::Bytes body = whole;
    support::Bytes chunk{0, 0, 0, 4};
    chunk.insert(chunk.end(), name, name + 4);
    chunk.insert(chunk.end(), {'a', 0, 'b', 'c', 1, 2, 3, 4});
    body.insert(body.begin() + behindHeader, chunk.begin(), chunk.end());
    CHECK(support::same(matmq::decodeImage(support::view(body)), image));
  }
  for (const char* name : {"IHDR", "IDAT"}) {
    CAPTURE(name);
    support::Bytes body = whole;
    const auto at = std::search(body.begin(), body.end(), name, name + 4);
    REQUIRE(at != body.end());
    const std::size_t length = static_cast<std::size_t>(at[-2]) << 8 | at[-1];
    at[static_cast<std::ptrdiff_t>(4 + length)] ^= 1;
    CHECK(support::codeOfDecoding(body) == "CANNOT_DECODE");
  }
}

TEST_CASE("PNG: sides are limited as those of cv::imdecode, however few pixels there are") {
  support::Bytes body = support::openCvEncodes(".png", support::picture(2, 1, CV_8UC1));
  body[20] = 0;
  body[21] = 0x20;  // 2^21 rows
  CHECK(support::codeOfDecoding(body) == "LIMIT_EXCEEDED");
}
