// Which formats are decoded is what the program says, and nothing else.
#include <unistd.h>

#include <cstdio>
#include <matmq/image_file.hpp>

#include "support.hpp"

using matmq::ImageFormat;
using matmq::ImageFormats;
using support::Bytes;

namespace {

const cv::Mat& image() {
  static const cv::Mat made = support::picture(9, 7, CV_8UC3);
  return made;
}

Bytes encoded(ImageFormat format) { return support::copy(matmq::encodeImage(image(), format)); }

constexpr std::array fileFormats{ImageFormat::png, ImageFormat::jpeg, ImageFormat::webp,
                                 ImageFormat::bmp, ImageFormat::tiff, ImageFormat::pnm};

}  // namespace

TEST_CASE("formats: each format is decoded if it is named, and refused if it is not") {
  for (const ImageFormat sent : fileFormats) {
    const Bytes body = encoded(sent);
    for (const ImageFormat allowed : fileFormats) {
      CAPTURE(matmq::formatName(sent));
      CAPTURE(matmq::formatName(allowed));
      CHECK(support::codeOfDecoding(body, {.formats = ImageFormats{allowed}}) ==
            (sent == allowed ? "" : "NOT_AN_IMAGE"));
    }
    const bool usual = matmq::usualFormats.contains(sent);
    CHECK(support::codeOfDecoding(body) == (usual ? "" : "NOT_AN_IMAGE"));
  }
}

TEST_CASE("formats: a refusal says what is allowed, what came, and how to allow it") {
  const std::string text =
      support::messageOf([] { static_cast<void>(matmq::decodeImage(support::view(encoded(ImageFormat::tiff)))); });
  CHECK(text ==
        "Expected a body that is a PNG, JPEG, WebP or BMP image but received one of the format 'tiff': name it in "
        "the option formats, if the sender is trusted");
  CHECK(support::codeOfDecoding(encoded(ImageFormat::png), {.formats = ImageFormats{}}) == "INVALID_ARGUMENT");
}

TEST_CASE("formats: bodies of other formats of OpenCV are refused, whatever is allowed") {
  constexpr ImageFormats all{ImageFormat::png, ImageFormat::jpeg, ImageFormat::webp,
                             ImageFormat::bmp, ImageFormat::tiff, ImageFormat::pnm};
  const auto text = [](std::string_view value) { return Bytes(value.begin(), value.end()); };
  Bytes dicom(200);
  std::memcpy(dicom.data() + 128, "DICM", 4);
  const std::vector<Bytes> bodies{text("\x76\x2F\x31\x01 OpenEXR"),
                                  dicom,
                                  text("<VRTDataset rasterXSize=\"1\" rasterYSize=\"1\"></VRTDataset>"),
                                  text("/etc/hostname"),
                                  text("/vsicurl/http://127.0.0.1/x.tif"),
                                  text("#?RADIANCE\n"),
                                  text("#?RGBE\n"),
                                  text("\x59\xA6\x6A\x95 Sun raster"),
                                  text("PF\n1 1\n-1.0\n1234"),
                                  text("Pf\n1 1\n-1.0\n1234"),
                                  text("P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\n1"),
                                  text("GIF89a"),
                                  text("NITF02.10"),
                                  text("%PDF-1.7"),
                                  text("\xFF\x4F\xFF\x51 JPEG 2000"),
                                  text("II"),
                                  text("MM"),
                                  text("P5")};
  for (const Bytes& body : bodies) CHECK(support::codeOfDecoding(body, {.formats = all}) == "NOT_AN_IMAGE");
}

TEST_CASE("formats: one that is known and not decoded is named") {
  using namespace std::string_literals;
  const std::vector<std::pair<std::string, const char*>> bodies{
      {"GIF89a\1\0"s, "GIF"},
      {"\0\0\0\x1c"s + "ftypavif", "AVIF"},
      {"\0\0\0\x18"s + "ftypheic", "HEIC"},
      {"\0\0\0\x18"s + "ftypmif1", "HEIC"},
      {"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"s, "SVG"},
      {"\xFF\x0A\xFA"s, "JPEG XL"},
  };
  for (const auto& [text, name] : bodies) {
    CAPTURE(name);
    const support::Bytes body(text.begin(), text.end());
    CHECK(support::codeOfDecoding(body) == "NOT_AN_IMAGE");
    CHECK(support::contains(
        support::messageOf([&, &bytes = body] { static_cast<void>(matmq::decodeImage(support::view(bytes))); }),
        "format "s + name + ", which is not decoded"));
  }
}

TEST_CASE("formats: a file may also be what its name says, unless the program says what it may be") {
  const auto inFolder = [](const char* name) {
    return std::string("/tmp/matmq-formats-") + std::to_string(getpid()) + name;
  };
  for (const char* extension : {".tiff", ".TIF", ".pnm", ".ppm"}) {
    const std::string path = inFolder(extension);
    matmq::writeImage(path, image());
    CHECK(support::same(matmq::readImage(path), image()));
    CHECK(support::codeOf([&] { static_cast<void>(matmq::readImage(path, {.formats = matmq::usualFormats})); }) ==
          "NOT_AN_IMAGE");
    CHECK(std::remove(path.c_str()) == 0);
  }
  const std::string disguised = inFolder(".png");
  matmq::writeImage(disguised, image(), ImageFormat::tiff);
  CHECK(support::codeOf([&] { static_cast<void>(matmq::readImage(disguised)); }) == "NOT_AN_IMAGE");
  CHECK(support::same(matmq::readImage(disguised, {.formats = ImageFormats{ImageFormat::tiff}}), image()));
  CHECK(std::remove(disguised.c_str()) == 0);
  const std::string bitmap = inFolder(".pbm");
  matmq::writeFile(bitmap, std::as_bytes(std::span{"P1\n1 1\n1", 8}));
  CHECK(matmq::readImage(bitmap).type() == CV_8UC1);
  CHECK(support::codeOf([&] { matmq::writeImage(bitmap, image()); }) == "UNKNOWN_FORMAT");
  CHECK(std::remove(bitmap.c_str()) == 0);
}
