#include "support.hpp"

using matmq::DecodeMode;
using matmq::ImageFormat;
using support::Bytes;

namespace {

constexpr matmq::ImageFormats withPnm{ImageFormat::pnm};

Bytes bytesOf(std::string_view text) { return {text.begin(), text.end()}; }

std::string code(const Bytes& body, matmq::DecodeOptions options = {}) {
  options.formats = withPnm;
  return support::codeOfDecoding(body, options);
}

Bytes binary(std::string_view header, std::size_t size) {
  const cv::Mat pixels = support::picture(1, static_cast<int>(size), CV_8UC1);
  return support::join({bytesOf(header), Bytes(pixels.data, pixels.data + size)});
}

/// Numbers from 0 to `most` + 1, which is one too many.
std::string numbers(int count, int most) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(i * 37 % (most + 2)) + (i % 5 == 4 ? "\n" : " ");
  return text;
}

}  // namespace

TEST_CASE("PNM: every type encodes to the bytes of cv::imencode and decodes as with cv::imdecode") {
  for (const int type : {CV_8UC1, CV_8UC3, CV_16UC1, CV_16UC3}) {
    for (int width = 1; width <= 9; ++width) {
      CAPTURE(matmq::typeName(type));
      CAPTURE(width);
      const cv::Mat image = support::picture(5, width, type);
      const bool gray = image.channels() == 1;
      const Bytes ours = support::copy(matmq::encodeImage(image, ImageFormat::pnm));
      CHECK(ours == support::openCvEncodes(".pnm", image));
      CHECK(ours == support::copy(matmq::encodeImage(image, gray ? ImageFormat::pgm : ImageFormat::ppm)));
      CHECK(support::same(matmq::decodeImage(support::view(ours), {.formats = withPnm}), image));
      support::checkDecodesAsOpenCv(ours, withPnm);
      const ImageFormat other = gray ? ImageFormat::ppm : ImageFormat::pgm;
      CHECK(support::codeOf([&] { matmq::checkEncodable(image, other); }) == "CANNOT_ENCODE");
    }
  }
}

TEST_CASE("PNM: text and bitmaps decode as with cv::imdecode") {
  for (const int width : {1, 7, 8, 9, 17}) {
    const std::string size = std::to_string(width) + " 3\n";
    CAPTURE(width);
    support::checkDecodesAsOpenCv(binary("P4\n" + size, static_cast<std::size_t>((width + 7) / 8 * 3)), withPnm);
    std::string bits;
    for (int i = 0; i < width * 3; ++i) bits += i % 3 == 0 ? "1" : i % 2 == 0 ? "0 " : "0";
    support::checkDecodesAsOpenCv(bytesOf("P1\n" + size + bits + "\n"), withPnm);
    for (const int most : {1, 7, 100, 255, 256, 1000, 65535}) {
      CAPTURE(most);
      const std::string header = "# a comment\n" + size + std::to_string(most) + "\n";
      support::checkDecodesAsOpenCv(bytesOf("P2\n" + header + numbers(width * 3, most) + "\n"), withPnm);
      support::checkDecodesAsOpenCv(bytesOf("P3\n" + header + numbers(width * 9, most) + "\n"), withPnm);
      const auto samples = static_cast<std::size_t>(width) * 3 * (most > 255 ? 2 : 1);
      support::checkDecodesAsOpenCv(binary("P5\n" + header, samples), withPnm);
      support::checkDecodesAsOpenCv(binary("P6\n" + header, samples * 3), withPnm);
    }
  }
}

TEST_CASE("PNM: white space and comments may be where Netpbm lets them be") {
  const cv::Mat expected = (cv::Mat_<std::uint8_t>(1, 3) << 1, 2, 3);
  for (const std::string_view text : {"P2 3 1 255 1 2 3", "P2\t3\r\n1\v255\f1   2\n\n3",
                                      "P2\n#x\n#\n3 #y\n1\n255\n1 2 3\n", "P2\n3 1\n255\n1 #z 9 9\n2 3"}) {
    CAPTURE(text);
    CHECK(support::same(matmq::decodeImage(support::view(bytesOf(text)), {.formats = withPnm}), expected));
  }
}

TEST_CASE("PNM: a body that contradicts itself is refused, and takes no memory") {
  for (const std::string_view text : {"P5",
                                      "P5\n",
                                      "P5\n#",
                                      "P5\n3",
                                      "P5\n3 1",
                                      "P5\n3 1 255",
                                      "P5\n3 1 255\n12",
                                      "P5\n-3 1 255\n123",
                                      "P5\n3 x 255\n123",
                                      "P5\n3 1 0\n123",
                                      "P5\n3 1 65536\n123456",
                                      "P5\n0 1 255\n123",
                                      "P5\n3 0 255\n123",
                                      "P5\n99999999999999999999 1 255\n123",
                                      "P6\n1 1 255\n12",
                                      "P4\n9 1\n1",
                                      "P1\n3 1\n1 0",
                                      "P1\n3 1\n1 0 x",
                                      "P2\n3 1\n255\n1 2 y",
                                      "P2\n3 1\n255\n1 2 #3",
                                      "P2\n3 1\n255\n1 2 4294967296",
                                      "P5\n10000 10000\n255\n123",
                                      "P6\n9000 9000\n65535\n123",
                                      "P1\n10000 10000\n1",
                                      "P2\n10000 10000\n255\n1"}) {
    CAPTURE(text);
    const std::string found = code(bytesOf(text));
    CHECK((found == "CANNOT_DECODE" || found == "NOT_AN_IMAGE"));
  }
  CHECK(code(bytesOf("P5\n200000000 200000000\n255\n1")) == "LIMIT_EXCEEDED");
  CHECK(code(bytesOf("P5\n3 1\n255\n123"), {.limits = {.pixels = 2}}) == "LIMIT_EXCEEDED");
  CHECK(code(bytesOf("P5\n3 1\n255\n123"), {.limits = {.decodedBytes = 2}}) == "LIMIT_EXCEEDED");
  CHECK(code(bytesOf("P5\n3 1\n255\n123"), {.mode = DecodeMode::color, .limits = {.decodedBytes = 8}}) ==
        "LIMIT_EXCEEDED");
}

TEST_CASE("PNM: a body that is cut anywhere is refused") {
  for (const std::string_view extension : {".pgm", ".ppm"}) {
    const cv::Mat image = support::picture(4, 5, extension == ".pgm" ? CV_16UC1 : CV_8UC3);
    const Bytes whole = support::openCvEncodes(std::string(extension).c_str(), image);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(size);
      const std::string found = code(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
      CHECK((found == "CANNOT_DECODE" || found == "NOT_AN_IMAGE"));
    }
  }
}
