#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <thread>

#include "tiff_files.hpp"

using matmq::DecodeMode;
using matmq::ImageFormat;
using support::Bytes;

namespace {

constexpr std::array types{CV_8UC1,  CV_8UC3,  CV_8UC4,  CV_16UC1, CV_16UC3, CV_16UC4,
                           CV_32FC1, CV_32FC3, CV_32FC4, CV_64FC1, CV_64FC3, CV_64FC4};

cv::Mat decoded(const Bytes& body, DecodeMode mode = DecodeMode::unchanged) {
  return matmq::decodeImage(support::view(body), {.mode = mode, .formats = support::withTiff});
}

/// Integers or fractions: bits at random may be numbers that are none.
cv::Mat pictureOf(int rows, int cols, int type) {
  if (CV_MAT_DEPTH(type) != CV_32F && CV_MAT_DEPTH(type) != CV_64F) return support::picture(rows, cols, type);
  cv::Mat image;
  support::picture(rows, cols, CV_MAKETYPE(CV_16S, CV_MAT_CN(type)))
      .convertTo(image, CV_MAT_DEPTH(type), 1.0 / 7, -0.25);
  return image;
}

std::string code(const Bytes& body, matmq::DecodeOptions options = {}) {
  options.formats = support::withTiff;
  return support::codeOfDecoding(body, options);
}

std::string message(const Bytes& body) {
  return support::messageOf([&] { static_cast<void>(decoded(body)); });
}

constexpr std::array unchangedOnly{DecodeMode::unchanged};

/// In these modes, as cv::imread has it: OpenCV 4.6 reads tiles that are not compressed from a file, but not from
/// memory.
void checkDecodesAsFile(const Bytes& body, std::span<const DecodeMode> modes) {
  const std::string path = "/tmp/matmq-tiff-" + std::to_string(getpid()) + ".tiff";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(body.data()), static_cast<std::streamsize>(body.size()));
  for (const DecodeMode mode : modes) {
    CAPTURE(static_cast<int>(mode));
    const cv::Mat theirs = cv::imread(path, support::openCvMode(mode));
    CHECK_FALSE(theirs.empty());
    CHECK(support::same(decoded(body, mode), theirs));
  }
  CHECK(std::remove(path.c_str()) == 0);
}

cv::Mat upperBytes(const cv::Mat& wide) {
  cv::Mat narrow(wide.size(), CV_8UC1);
  for (int y = 0; y < wide.rows; ++y) {
    for (int x = 0; x < wide.cols; ++x) {
      narrow.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(wide.at<std::uint16_t>(y, x) >> 8);
    }
  }
  return narrow;
}

}  // namespace

TEST_CASE("TIFF: every type encodes to the bytes of cv::imencode but for alpha, and comes back whole") {
  for (const int type : types) {
    for (const int width : {1, 2, 7, 64, 3000}) {
      CAPTURE(matmq::typeName(type));
      CAPTURE(width);
      const cv::Mat image = pictureOf(11, width, type);
      const Bytes ours = support::copy(matmq::encodeImage(image, ImageFormat::tiff));
      CHECK(support::same(decoded(ours), image));
      // OpenCV 4.6 cannot write these two, and loses precision in the third (LogLuv) unless it is told not to.
      if (type == CV_64FC3 || type == CV_64FC4 || type == CV_32FC3) continue;
      // Of four channels the fourth is said to be there (ExtraSamples): libvips insists on it, OpenCV does not say it.
      if (image.channels() != 4) CHECK(ours == support::openCvEncodes(".tiff", image));
      const bool floatingPoint = CV_MAT_DEPTH(type) == CV_32F || CV_MAT_DEPTH(type) == CV_64F;
      if (floatingPoint) {
        support::checkDecodesAsOpenCv(ours, support::withTiff, unchangedOnly);
      } else {
        support::checkDecodesAsOpenCv(ours, support::withTiff);
      }
    }
  }
}

TEST_CASE("TIFF: CV_32FC3 is stored without loss, and OpenCV reads it") {
  const cv::Mat image = pictureOf(11, 64, CV_32FC3);
  const Bytes ours = support::copy(matmq::encodeImage(image, ImageFormat::tiff));
  CHECK(support::same(cv::imdecode(ours, cv::IMREAD_UNCHANGED), image));
  const Bytes theirs = support::openCvEncodes(".tiff", image, {cv::IMWRITE_TIFF_COMPRESSION, 1});
  CHECK(support::same(decoded(theirs), image));
}

TEST_CASE("TIFF: a region of interest and RGB are encoded as they are meant") {
  const cv::Mat whole = support::picture(40, 40, CV_16UC3);
  const cv::Mat region = whole(cv::Rect(3, 5, 21, 17));
  CHECK(support::same(decoded(support::copy(matmq::encodeImage(region, ImageFormat::tiff))), region.clone()));
  const Bytes rgb =
      support::copy(matmq::encodeImage(region, ImageFormat::tiff, {.channelOrder = matmq::ChannelOrder::rgb}));
  CHECK(support::same(decoded(rgb), matmq::swapRedBlue(region)));
}

TEST_CASE("TIFF: compressions, predictors, byte orders, strips and tiles decode as with cv::imread") {
  for (const int compression : {1, 5, 8, 32773, 32946}) {
    for (const int bits : {8, 16}) {
      for (const int samples : {1, 3, 4}) {
        for (const bool bigEndian : {false, true}) {
          for (const std::uint32_t tile : {0U, 16U, 64U}) {
            CAPTURE(compression);
            CAPTURE(bits);
            CAPTURE(samples);
            CAPTURE(bigEndian);
            CAPTURE(tile);
            const bool differences = compression != 1 && compression != 32773;
            const Bytes body = support::writeTiff({.bits = bits,
                                                   .samples = samples,
                                                   .photometric = samples == 1 ? 1 : 2,
                                                   .compression = compression,
                                                   .predictor = differences ? 2 : 1,
                                                   .tile = tile,
                                                   .bigEndian = bigEndian});
            const bool rowsSlip = tile != 0 && bits == 16 && samples == 1;
            if (rowsSlip) {  // in libtiff 4.5, where OpenCV wants 8 bits of tiles that the edge of the image cuts
              checkDecodesAsFile(body, unchangedOnly);
              CHECK(support::same(decoded(body, DecodeMode::grayscale), upperBytes(decoded(body))));
            } else {
              checkDecodesAsFile(body, support::modes);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("TIFF: one strip, and strips that do not divide the image, decode as with cv::imdecode") {
  for (const std::uint32_t rows : {1U, 5U, 23U, 100U, 0xFFFFFFFFU}) {
    CAPTURE(rows);
    support::checkDecodesAsOpenCv(support::writeTiff({.samples = 3, .photometric = 2, .rowsPerStrip = rows}),
                                  support::withTiff);
  }
}

TEST_CASE("TIFF: few bits, white as zero, and palettes decode as with cv::imdecode") {
  for (const std::uint32_t width : {1U, 7U, 8U, 37U}) {
    for (const int photometric : {0, 1}) {
      support::checkDecodesAsOpenCv(support::writeTiff({.width = width, .bits = 1, .photometric = photometric}),
                                    support::withTiff);
      support::checkDecodesAsOpenCv(support::writeTiff({.width = width, .bits = 8, .photometric = photometric}),
                                    support::withTiff);
      support::checkDecodesAsOpenCv(support::writeTiff({.width = width, .bits = 16, .photometric = photometric}),
                                    support::withTiff);
    }
    for (const unsigned factor : {257U, 256U, 1U}) {
      CAPTURE(width);
      CAPTURE(factor);
      support::checkDecodesAsOpenCv(
          support::writeTiff({.width = width, .bits = 8, .photometric = 3, .paletteFactor = factor}),
          support::withTiff);
    }
  }
}

TEST_CASE("TIFF: a palette of 4 bits has the colours of its entries (OpenCV 4.6 does not read it)") {
  const std::uint32_t width = 7;
  const cv::Mat image = decoded(support::writeTiff({.width = width, .bits = 4, .photometric = 3, .paletteFactor = 1}));
  const cv::Mat packed = support::picture(23, 4, CV_8UC1);
  REQUIRE(image.type() == CV_8UC3);
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      const int index = packed.at<std::uint8_t>(y, x / 2) >> (x % 2 == 0 ? 4 : 0) & 15;
      const auto entry = [index](int factor) { return static_cast<std::uint8_t>(index * factor % 256); };
      CHECK(image.at<cv::Vec3b>(y, x) == cv::Vec3b(entry(47), entry(27), entry(7)));
    }
  }
}

TEST_CASE("TIFF: every kind of alpha decodes as with cv::imdecode") {
  for (const int bits : {8, 16}) {
    for (const int extra : {-1, 0, 1, 2}) {
      CAPTURE(bits);
      CAPTURE(extra);
      support::checkDecodesAsOpenCv(
          support::writeTiff({.bits = bits, .samples = 4, .photometric = 2, .extraSample = extra}), support::withTiff);
    }
  }
}

TEST_CASE("TIFF: all orientations decode as with cv::imdecode") {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const int bits : {8, 16}) {
      CAPTURE(orientation);
      CAPTURE(bits);
      support::checkDecodesAsOpenCv(
          support::writeTiff({.bits = bits, .samples = 3, .photometric = 2, .orientation = orientation}),
          support::withTiff);
    }
  }
}

TEST_CASE("TIFF: a reduced size is that of cv::imdecode") {
  const Bytes body = support::openCvEncodes(".tiff", support::picture(31, 45, CV_8UC3));
  const cv::Mat half =
      matmq::decodeImage(support::view(body), {.mode = DecodeMode::color, .reduce = 2, .formats = support::withTiff});
  CHECK(support::same(half, cv::imdecode(body, cv::IMREAD_REDUCED_COLOR_2)));
}

TEST_CASE("TIFF: what is not decoded is refused by name") {
  using support::contains;
  CHECK(contains(message(support::writeTiff({.samples = 3, .photometric = 2, .planar = 2})), "planes"));
  CHECK(contains(message(support::writeTiff({.bits = 16, .samples = 1, .photometric = 1, .sampleFormat = 2})),
                 "sample format 2"));
  CHECK(contains(message(support::writeTiff({.bits = 4, .photometric = 1})), "4 bits"));
  CHECK(contains(message(support::writeTiff({.bits = 32, .photometric = 1})), "32 bits"));
  CHECK(contains(message(support::writeTiff({.samples = 4, .photometric = 5})), "photometric interpretation 5"));
  CHECK(contains(message(support::writeTiff({.samples = 2, .photometric = 1, .extraSample = 1})), "1 TIFF sample"));
  CHECK(contains(message(support::openCvEncodes(".tiff", pictureOf(5, 5, CV_32FC3))), "compression 34676"));
  for (const std::uint32_t packing : {2U, 3U, 4U, 6U, 7U, 32809U, 34661U, 34925U, 50000U, 50001U}) {
    auto entries = support::plainEntries();
    entries[3].value = packing;
    CHECK(contains(message(support::rawTiff(entries, Bytes(1000))), "compression " + std::to_string(packing)));
  }
  const Bytes floats = support::openCvEncodes(".tiff", pictureOf(5, 5, CV_32FC1));
  for (const DecodeMode mode : {DecodeMode::color, DecodeMode::grayscale}) {
    CHECK(code(floats, {.mode = mode}) == "CANNOT_DECODE");
  }
}

TEST_CASE("TIFF: what it cannot hold is refused before libtiff is asked") {
  for (const int type : {CV_8SC1, CV_16SC3, CV_32SC1, CV_8UC2, CV_16UC(5)}) {
    const cv::Mat image(3, 3, type, cv::Scalar::all(0));
    CHECK(support::codeOf([&] { matmq::checkEncodable(image, ImageFormat::tiff); }) == "CANNOT_ENCODE");
  }
  const cv::Mat image(3, 3, CV_8UC1, cv::Scalar::all(0));
  CHECK(support::codeOf([&] { matmq::checkEncodable(image, ImageFormat::tiff, {.compression = 3}); }) ==
        "INVALID_ARGUMENT");
}

TEST_CASE("TIFF: many threads encode and decode at once") {
  const cv::Mat image = pictureOf(60, 80, CV_16UC3);
  std::atomic<int> whole = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 4; ++round) {
          Bytes body = support::copy(matmq::encodeImage(image, ImageFormat::tiff));
          if (support::same(decoded(body), image)) ++whole;
          std::fill(body.begin() + 8, body.begin() + 200, std::uint8_t{0xAA});
          if (code(body) == "CANNOT_DECODE") ++whole;  // what libtiff says of it is said of no other
        }
      });
    }
  }
  CHECK(whole == 8 * 4 * 2);
}

TEST_CASE("TIFF: BigTIFF decodes as with cv::imdecode, in either byte order") {
  for (const bool bigEndian : {false, true}) {
    CAPTURE(bigEndian);
    support::checkDecodesAsOpenCv(support::writeTiff({.bigEndian = bigEndian, .bigTiff = true}), support::withTiff);
    support::checkDecodesAsOpenCv(support::writeTiff({.samples = 3, .photometric = 2, .bigTiff = true}),
                                  support::withTiff);
  }
}

TEST_CASE("TIFF: a BigTIFF that is cut, or lies about its directory, is refused") {
  Bytes body = support::writeTiff({.samples = 3, .photometric = 2, .bigTiff = true});
  const Bytes whole = body;
  body.resize(body.size() - 8);  // where the next directory is, nobody needs to know
  for (body.pop_back(); !body.empty(); body.pop_back())
    CHECK(support::codeOfDecoding(body, {.formats = support::withTiff}) != "");
  for (std::size_t at = 4; at < 16; ++at) {
    for (const unsigned value : {0U, 1U, 0x7FU, 0xFFU}) {
      body = whole;
      body[at] = static_cast<std::uint8_t>(value);
      if (body == whole) continue;
      CAPTURE(at);
      CHECK(support::codeOfDecoding(body, {.formats = support::withTiff}) == "CANNOT_DECODE");
    }
  }
}
