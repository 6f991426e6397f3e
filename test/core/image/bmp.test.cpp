#include <optional>

#include "support.hpp"

using matmq::ImageFormat;
using support::Bytes;

namespace {

struct BmpFile {
  int width = 13;
  int height = 7;  // negative: the first row is the uppermost
  unsigned bits = 24;
  unsigned compression = 0;
  unsigned headerBytes = 40;
  unsigned colors = 0;
  bool grayPalette = false;
  std::vector<std::uint32_t> masks{};
};

Bytes writeBmp(const BmpFile& file) {
  const unsigned paletteColors = file.bits > 8 ? 0 : file.colors == 0 ? 1U << file.bits : file.colors;
  Bytes header;
  support::putLittle32(header, file.headerBytes);
  support::putLittle32(header, static_cast<std::uint32_t>(file.width));
  support::putLittle32(header, static_cast<std::uint32_t>(file.height));
  support::putLittle16(header, 1);
  support::putLittle16(header, file.bits);
  support::putLittle32(header, file.compression);
  for (int i = 0; i < 3; ++i) support::putLittle32(header, 0);
  support::putLittle32(header, file.colors);
  support::putLittle32(header, 0);
  for (const std::uint32_t mask : file.masks) support::putLittle32(header, mask);
  if (header.size() < file.headerBytes) header.resize(file.headerBytes);
  for (unsigned i = 0; i < paletteColors; ++i) {
    for (unsigned c = 0; c < 4; ++c)
      header.push_back(static_cast<std::uint8_t>(file.grayPalette ? 255 - i : i * (7 + 20 * c) + c));
  }
  Bytes pixelsAt;
  support::putLittle32(pixelsAt, static_cast<std::uint32_t>(14 + header.size()));
  const std::size_t pitch = (static_cast<std::size_t>(std::abs(file.width)) * file.bits + 31) / 32 * 4;
  const cv::Mat pixels = support::picture(std::abs(file.height), static_cast<int>(pitch), CV_8UC1);
  return support::join(
      {{'B', 'M', 0, 0, 0, 0, 0, 0, 0, 0}, pixelsAt, header, Bytes(pixels.data, pixels.data + pixels.total())});
}

}  // namespace

TEST_CASE("BMP: every type encodes to the bytes of cv::imencode and decodes as with cv::imdecode") {
  for (const int type : {CV_8UC1, CV_8UC3, CV_8UC4}) {
    for (int width = 1; width <= 9; ++width) {
      CAPTURE(matmq::typeName(type));
      CAPTURE(width);
      const cv::Mat image = support::picture(5, width, type);
      const Bytes ours = support::copy(matmq::encodeImage(image, ImageFormat::bmp));
      CHECK(ours == support::openCvEncodes(".bmp", image));
      support::checkDecodesAsOpenCv(ours);
      if (type != CV_8UC4) CHECK(support::same(matmq::decodeImage(support::view(ours)), image));
    }
  }
}

TEST_CASE("BMP: palettes of 1, 4 and 8 bits decode as with cv::imdecode, from below and from above") {
  for (const unsigned bits : {1U, 4U, 8U}) {
    for (const unsigned colors : {0U, 2U}) {
      for (const bool gray : {false, true}) {
        for (const int height : {7, -7}) {
          for (int width = 1; width <= 17; ++width) {
            CAPTURE(bits);
            CAPTURE(colors);
            CAPTURE(gray);
            CAPTURE(width);
            support::checkDecodesAsOpenCv(
                writeBmp({.width = width, .height = height, .bits = bits, .colors = colors, .grayPalette = gray}));
          }
        }
      }
    }
  }
}

TEST_CASE("BMP: 16, 24 and 32 bits decode as with cv::imdecode, from below and from above") {
  for (const int height : {7, -7}) {
    for (int width = 1; width <= 9; ++width) {
      for (const unsigned bits : {16U, 24U, 32U}) {
        for (const unsigned headerBytes : {40U, 108U, 124U}) {
          support::checkDecodesAsOpenCv(
              writeBmp({.width = width, .height = height, .bits = bits, .headerBytes = headerBytes}));
        }
      }
      support::checkDecodesAsOpenCv(
          writeBmp({.width = width, .height = height, .bits = 16, .compression = 3, .masks = {0xF800, 0x7E0, 0x1F}}));
      support::checkDecodesAsOpenCv(
          writeBmp({.width = width, .height = height, .bits = 16, .compression = 3, .masks = {0x7C00, 0x3E0, 0x1F}}));
      support::checkDecodesAsOpenCv(writeBmp(
          {.width = width, .height = height, .bits = 32, .compression = 3, .masks = {0xFF0000, 0xFF00, 0xFF}}));
      for (const std::uint32_t alpha : {0U, 0xFF000000U}) {
        support::checkDecodesAsOpenCv(writeBmp({.width = width,
                                                .height = height,
                                                .bits = 32,
                                                .compression = 3,
                                                .headerBytes = 108,
                                                .masks = {0xFF0000, 0xFF00, 0xFF, alpha}}));
      }
    }
  }
}

TEST_CASE("BMP: bit masks say which byte is which, in every mode") {
  const Bytes bgra =
      writeBmp({.bits = 32, .compression = 3, .headerBytes = 108, .masks = {0xFF0000, 0xFF00, 0xFF, 0xFF000000}});
  const Bytes argb =
      writeBmp({.bits = 32, .compression = 3, .headerBytes = 108, .masks = {0xFF00, 0xFF0000, 0xFF000000, 0xFF}});
  const cv::Mat expected = matmq::decodeImage(support::view(bgra));
  const cv::Mat swapped = matmq::decodeImage(support::view(argb));
  CHECK(support::same(swapped, cv::imdecode(argb, cv::IMREAD_UNCHANGED)));
  CHECK(swapped.at<cv::Vec4b>(2, 3)[0] == expected.at<cv::Vec4b>(2, 3)[3]);
  // OpenCV 4.6 ignores the masks in colour and turns red to blue; here the colours stay right.
  const cv::Mat color = matmq::decodeImage(support::view(argb), {.mode = matmq::DecodeMode::color});
  CHECK(color.at<cv::Vec3b>(2, 3)[2] == swapped.at<cv::Vec4b>(2, 3)[2]);
}

TEST_CASE("BMP: what is not decoded is refused by name") {
  const auto message = [](const BmpFile& file) {
    const Bytes body = writeBmp(file);
    CHECK(support::codeOfDecoding(body) == "CANNOT_DECODE");
    return support::messageOf([&] { static_cast<void>(matmq::decodeImage(support::view(body))); });
  };
  CHECK(support::contains(message({.bits = 4, .compression = 1}), "compression 1"));
  CHECK(support::contains(message({.bits = 8, .compression = 2}), "compression 2"));
  CHECK(support::contains(message({.bits = 24, .compression = 4}), "compression 4"));
  CHECK(support::contains(message({.bits = 2}), "2"));
  CHECK(support::contains(message({.bits = 64}), "64"));
  CHECK(support::contains(message({.bits = 16, .compression = 3, .masks = {1, 2, 4}}), "bit masks"));
  CHECK(support::contains(message({.bits = 32, .compression = 3, .masks = {1, 2, 4}}), "bit masks"));
  CHECK(support::contains(message({.bits = 8, .colors = 257}), "257"));
}

namespace {

/// A palette of 16 colours and these octets of runs.
Bytes writeRuns(unsigned bits, int width, int height, const Bytes& runs) {
  Bytes body = writeBmp({.width = width, .height = height, .bits = bits, .compression = bits == 8 ? 1U : 2U});
  const std::size_t pixelsAt = 14 + 40 + 4 * (std::size_t{1} << bits);
  body.resize(pixelsAt);
  body.insert(body.end(), runs.begin(), runs.end());
  return body;
}

}  // namespace

TEST_CASE("BMP: run lengths of 8 bits decode as with cv::imdecode: runs, literals, jumps, and what no run covers") {
  const Bytes rows = support::join({{5, 7, 0, 0},                    // a run that fills its row
                                    {2, 1, 0, 3, 4, 5, 6, 0, 0, 0},  // literals of an odd number
                                    {1, 9, 0, 2, 2, 1, 2, 3, 0, 0},  // a jump to the right and to the next row
                                    {5, 1, 5, 2, 0, 0},              // a row whose end is not said
                                    {3, 200, 0, 1}});                // the end of the image, early
  support::checkDecodesAsOpenCv(writeRuns(8, 5, 9, rows));
}

TEST_CASE("BMP: run lengths of 4 bits decode as with cv::imdecode") {
  const Bytes rows = support::join({{7, 0x12, 0, 0},
                                    {0, 5, 0x12, 0x34, 0x50, 0, 2, 0x67, 0, 0},
                                    {4, 0xAB, 0, 0},
                                    {0, 2, 2, 0, 3, 0x12, 0, 0},
                                    {7, 0x34}});
  const Bytes whole = writeRuns(4, 7, 5, support::join({rows, {0, 1}}));
  support::checkDecodesAsOpenCv(whole);
  // OpenCV 4.6 does not heed the end of an image of 4 bits.
  const Bytes early = writeRuns(4, 7, 6, support::join({rows, {0, 0}, {0, 1}}));
  const cv::Mat image = matmq::decodeImage(support::view(early));
  CHECK(support::same(image.rowRange(1, 6), matmq::decodeImage(support::view(whole))));
  for (int x = 0; x < 7; ++x) CHECK(image.at<cv::Vec3b>(0, x) == cv::Vec3b(0, 1, 2));
}

TEST_CASE("BMP: runs beyond their row, or cut off, are refused") {
  for (const Bytes& runs : {Bytes{6, 1, 0, 1}, Bytes{0, 6, 1, 2, 3, 4, 5, 6, 0, 1}, Bytes{0, 2, 6, 0, 1, 1},
                            Bytes{0, 2, 0, 200, 1, 1}, Bytes{3, 1}, Bytes{0, 5, 1}, Bytes{}, Bytes{3}}) {
    CHECK(support::codeOfDecoding(writeRuns(8, 5, 3, runs)) == "CANNOT_DECODE");
  }
}

TEST_CASE("BMP: the short header of OS/2 decodes as with cv::imdecode") {
  for (const unsigned bits : {1U, 4U, 8U, 24U}) {
    CAPTURE(bits);
    const int width = 13;
    const int height = 5;
    Bytes header;
    support::putLittle32(header, 12);
    for (const unsigned value : {static_cast<unsigned>(width), static_cast<unsigned>(height), 1U, bits})
      support::putLittle16(header, value);
    const unsigned colors = bits > 8 ? 0 : 1U << bits;
    for (unsigned i = 0; i < colors; ++i) {
      for (unsigned c = 0; c < 3; ++c) header.push_back(static_cast<std::uint8_t>(i * (7 + 20 * c) + c));
    }
    Bytes pixelsAt;
    support::putLittle32(pixelsAt, static_cast<std::uint32_t>(14 + header.size()));
    const std::size_t pitch = (static_cast<std::size_t>(width) * bits + 31) / 32 * 4;
    const cv::Mat pixels = support::picture(height, static_cast<int>(pitch), CV_8UC1);
    const Bytes body = support::join(
        {{'B', 'M', 0, 0, 0, 0, 0, 0, 0, 0}, pixelsAt, header, Bytes(pixels.data, pixels.data + pixels.total())});
    // OpenCV 4.6 turns these files grey where they are to stay as they are.
    for (const auto mode : {matmq::DecodeMode::color, matmq::DecodeMode::grayscale}) {
      const cv::Mat theirs = cv::imdecode(body, support::openCvMode(mode));
      CHECK(support::same(matmq::decodeImage(support::view(body), {.mode = mode}), theirs));
    }
    CHECK(matmq::decodeImage(support::view(body)).type() == CV_8UC3);
  }
}

TEST_CASE("BMP: sizes and offsets that lead outside the body are found") {
  for (const auto& [width, height] : {std::pair{0, 1},
                                      {1, 0},
                                      {-1, 1},
                                      {INT_MIN, 1},
                                      {1, INT_MIN},
                                      {14, 7},
                                      {13, 8},
                                      {INT_MAX, 1},
                                      {1, INT_MAX},
                                      {10000, 10000}}) {
    CAPTURE(width);
    CAPTURE(height);
    Bytes body = writeBmp({});
    const auto set = [&](std::size_t at, std::int64_t value) {
      for (std::size_t i = 0; i < 4; ++i)
        body[at + i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFF);
    };
    set(18, width);
    set(22, height);
    const std::string code = support::codeOfDecoding(body);
    CHECK((code == "CANNOT_DECODE" || code == "LIMIT_EXCEEDED"));
  }
  for (const std::size_t field : {std::size_t{10}, std::size_t{14}}) {  // where pixels begin; how long the header is
    for (const std::uint8_t high : {std::uint8_t{0x01}, std::uint8_t{0x7F}, std::uint8_t{0xFF}}) {
      Bytes body = writeBmp({});
      body[field + 3] = high;
      CHECK(support::codeOfDecoding(body) == "CANNOT_DECODE");
    }
  }
}
