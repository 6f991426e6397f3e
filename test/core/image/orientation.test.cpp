#include "support.hpp"

using support::Bytes;

namespace {

Bytes jpegWith(const Bytes& segments) {
  return support::insertAt(support::openCvEncodes(".jpg", support::picture(16, 24, CV_8UC3)), 2, segments);
}
Bytes exifSegment(const Bytes& exif) { return support::app1(std::string_view("Exif\0\0", 6), exif); }

}  // namespace

TEST_CASE("orientation: a JPEG is turned as with cv::imdecode, unless told not to, and never when unchanged") {
  for (int orientation = 0; orientation <= 9; ++orientation) {
    for (const bool littleEndian : {true, false}) {
      CAPTURE(orientation);
      CAPTURE(littleEndian);
      support::checkDecodesAsOpenCv(jpegWith(exifSegment(support::exifWith(orientation, littleEndian))));
    }
  }
}

TEST_CASE("orientation: it really turns") {
  const Bytes body = jpegWith(exifSegment(support::exifWith(6, true)));
  CHECK(matmq::decodeImage(support::view(body)).size() == cv::Size(24, 16));
  CHECK(matmq::decodeImage(support::view(body), {.mode = matmq::DecodeMode::color}).size() == cv::Size(16, 24));
  CHECK(matmq::decodeImage(support::view(body), {.mode = matmq::DecodeMode::color, .ignoreOrientation = true}).size() ==
        cv::Size(24, 16));
}

TEST_CASE("orientation: a PNG is turned as with cv::imdecode, wherever its eXIf stands") {
  const Bytes plain = support::openCvEncodes(".png", support::picture(16, 24, CV_8UC3));
  constexpr std::size_t iend = 12;
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const bool littleEndian : {true, false}) {
      const Bytes chunk = support::pngChunk("eXIf", support::exifWith(orientation, littleEndian));
      for (const std::size_t at : {support::afterIhdr, plain.size() - iend}) {
        CAPTURE(orientation);
        CAPTURE(at);
        support::checkDecodesAsOpenCv(support::insertAt(plain, at, chunk));
      }
    }
  }
  const Bytes turned =
      support::insertAt(plain, support::afterIhdr, support::pngChunk("eXIf", support::exifWith(6, true)));
  CHECK(matmq::decodeImage(support::view(turned), {.mode = matmq::DecodeMode::color}).size() == cv::Size(16, 24));
}

TEST_CASE("orientation: only the first APP1 counts, as with cv::imdecode") {
  const Bytes exif = exifSegment(support::exifWith(6, true));
  const Bytes other = exifSegment(support::exifWith(3, true));
  const Bytes xmp = support::app1(std::string_view("http://ns.adobe.com/xap/1.0/\0", 29), Bytes(50, ' '));
  for (const auto& [first, second] : {std::pair{exif, other}, {exif, xmp}, {xmp, exif}}) {
    support::checkDecodesAsOpenCv(jpegWith(support::join({first, second})));
  }
}

TEST_CASE("orientation: damaged EXIF is read as cv::imdecode reads it") {
  const Bytes whole = support::exifWith(6, true);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CAPTURE(size);
    support::checkDecodesAsOpenCv(
        jpegWith(exifSegment({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)})));
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int value : {0x00, 0x01, 0x7F, 0xFF}) {
      Bytes damaged = whole;
      damaged[at] = static_cast<std::uint8_t>(value);
      CAPTURE(at);
      CAPTURE(value);
      support::checkDecodesAsOpenCv(jpegWith(exifSegment(damaged)));
    }
  }
}
