#include <matmq/version.hpp>

#include "image/codecs.hpp"
#include "support.hpp"

using matmq::ImageFormat;
using support::codeOf;

TEST_CASE("a format is known by every name programs write, in any case") {
  for (const auto& [name, format] : {std::pair{"png", ImageFormat::png},
                                     {".png", ImageFormat::png},
                                     {".PNG", ImageFormat::png},
                                     {".jpg", ImageFormat::jpeg},
                                     {"jpg", ImageFormat::jpeg},
                                     {".JPEG", ImageFormat::jpeg},
                                     {"jpeg", ImageFormat::jpeg},
                                     {".webp", ImageFormat::webp},
                                     {"WebP", ImageFormat::webp},
                                     {".bmp", ImageFormat::bmp},
                                     {"bmp", ImageFormat::bmp},
                                     {".tiff", ImageFormat::tiff},
                                     {"TIF", ImageFormat::tiff},
                                     {".pnm", ImageFormat::pnm},
                                     {"pgm", ImageFormat::pgm},
                                     {".PPM", ImageFormat::ppm},
                                     {"raw", ImageFormat::raw},
                                     {"RAW", ImageFormat::raw}}) {
    CAPTURE(name);
    CHECK(matmq::parseImageFormat(name) == format);
  }
}

TEST_CASE("an unknown format is refused with the list of those that are known") {
  for (const auto* name : {"", ".", "gif", ".pbm", ".raw", "png ", "..png", "image/png"}) {
    CAPTURE(name);
    CHECK(codeOf([&] { static_cast<void>(matmq::parseImageFormat(name)); }) == "UNKNOWN_FORMAT");
  }
  const std::string message = support::messageOf([] { static_cast<void>(matmq::parseImageFormat(".gif")); });
  CHECK(message ==
        "Expected '.png', '.jpg', '.jpeg', '.webp', '.bmp', '.tiff', '.pnm', '.pgm', '.ppm' or 'raw' for the image "
        "format "
        "but received '.gif'");
  CHECK(support::messageOf([] { static_cast<void>(matmq::parseImageFormat(std::string(1 << 20, 'x'))); }).size() < 300);
}

TEST_CASE("a format and its content type lead to each other") {
  for (const ImageFormat format :
       {ImageFormat::png, ImageFormat::jpeg, ImageFormat::webp, ImageFormat::bmp, ImageFormat::raw, ImageFormat::tiff,
        ImageFormat::pnm, ImageFormat::pgm, ImageFormat::ppm}) {
    CHECK(matmq::formatOfContentType(matmq::contentType(format)) == format);
  }
  CHECK(matmq::contentType(ImageFormat::jpeg) == "image/jpeg");
  CHECK(matmq::contentType(ImageFormat::raw) == "application/x-cv-mat");
  CHECK(matmq::formatOfContentType("Image/PNG") == ImageFormat::png);
  CHECK(matmq::formatOfContentType("image/png; charset=binary") == ImageFormat::png);
  CHECK_FALSE(matmq::formatOfContentType("text/plain"));
  CHECK_FALSE(matmq::formatOfContentType("image/pngx"));
  CHECK_FALSE(matmq::formatOfContentType(""));
}

TEST_CASE("a body is known by its exact magic bytes alone") {
  const auto of = [](const support::Bytes& body) { return matmq::formatOfMagic(support::view(body)); };
  const cv::Mat image = support::picture(5, 7, CV_8UC3);
  CHECK(of(support::openCvEncodes(".png", image)) == ImageFormat::png);
  CHECK(of(support::openCvEncodes(".jpg", image)) == ImageFormat::jpeg);
  CHECK(of(support::openCvEncodes(".webp", image)) == ImageFormat::webp);
  CHECK(of(support::openCvEncodes(".bmp", image)) == ImageFormat::bmp);
  CHECK(of(support::openCvEncodes(".tiff", image)) == ImageFormat::tiff);
  CHECK(of({'M', 'M', 0, 42}) == ImageFormat::tiff);
  CHECK(of(support::openCvEncodes(".ppm", image)) == ImageFormat::pnm);
  CHECK(of({'P', '1', ' '}) == ImageFormat::pnm);
  CHECK_FALSE(of({'P', '7', '\n'}));
  CHECK_FALSE(of({'P', '5', '1'}));
  CHECK_FALSE(of({'P', '5'}));
  CHECK_FALSE(of({'I', 'I', 0, 42}));
  CHECK(of({'I', 'I', 43, 0}) == ImageFormat::tiff);  // BigTIFF: its decoder says so
  CHECK_FALSE(of({'I', 'I', 44, 0}));
  CHECK_FALSE(of({'I', 'M', 42, 0}));
  CHECK_FALSE(of({}));
  CHECK_FALSE(of({'B'}));
  CHECK_FALSE(of({0xFF, 0xD8}));
  CHECK_FALSE(of({0xFF, 0xD8, 0x00}));
  CHECK_FALSE(of({0x89, 'P', 'N', 'G', '\r', '\n', 0x1A}));
  CHECK_FALSE(of({0x89, 'P', 'N', 'G', '\n', '\n', 0x1A, '\n'}));
  CHECK_FALSE(of({'R', 'I', 'F', 'F', 4, 0, 0, 0, 'W', 'E', 'B'}));
  CHECK_FALSE(of({'R', 'I', 'F', 'F', 4, 0, 0, 0, 'W', 'A', 'V', 'E'}));
}

TEST_CASE("the facts about every format agree with the functions that give one of them") {
  const auto formats = matmq::imageFormats();
  CHECK(formats.size() == 9);
  for (const matmq::ImageFormatFacts& facts : formats) {
    CAPTURE(facts.name);
    CHECK(facts.name == matmq::formatName(facts.format));
    CHECK(facts.contentType == matmq::contentType(facts.format));
    CHECK_FALSE(facts.names.empty());
    for (const std::string_view name : facts.names) CHECK(matmq::parseImageFormat(name) == facts.format);
    CHECK(matmq::parseImageFormat(facts.name) == facts.format);
    CHECK(facts.decodable == (facts.format != ImageFormat::raw));
    CHECK(facts.usual == matmq::usualFormats.contains(facts.format));
  }
}

TEST_CASE("a set of formats has one name for each, and PGM and PPM are PNM") {
  using Names = std::vector<std::string_view>;
  CHECK(matmq::formatNames(matmq::usualFormats) == Names{"png", "jpeg", "webp", "bmp"});
  CHECK(matmq::formatNames({ImageFormat::ppm, ImageFormat::pgm, ImageFormat::tiff}) == Names{"tiff", "pnm"});
  CHECK(matmq::formatNames({}).empty());
}

TEST_CASE("the libraries of the formats have versions") {
  const auto libraries = matmq::codec::codecLibraries();
  const auto all = matmq::libraryVersions();
  CHECK(libraries.size() == 3);
  for (const auto* name : {"libjpeg-turbo", "libpng", "libwebp"}) {
    CAPTURE(name);
    REQUIRE(libraries.contains(name));
    CHECK(libraries.at(name) == all.at(name));
  }
}
