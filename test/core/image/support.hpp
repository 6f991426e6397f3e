// What the codec tests share: matrices, files made by hand, and OpenCV's own codecs to compare with.
#pragma once

#include <doctest/doctest.h>
#include <png.h>

#include <array>
#include <chrono>
#include <cstring>
#include <ctime>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <matmq/image.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace support {

inline constexpr matmq::ImageFormats allFormats{matmq::ImageFormat::png,  matmq::ImageFormat::jpeg,
                                                matmq::ImageFormat::webp, matmq::ImageFormat::bmp,
                                                matmq::ImageFormat::tiff, matmq::ImageFormat::pnm};

using Bytes = std::vector<std::uint8_t>;

/// The CPU time of this thread: what a body costs, however busy the machine is.
inline std::chrono::nanoseconds cpuTime() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

inline std::span<const std::byte> view(const Bytes& bytes) { return std::as_bytes(std::span{bytes}); }
inline Bytes copy(const matmq::SharedBytes& bytes) {
  const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.view.data());
  return {begin, begin + bytes.size()};
}

inline Bytes readFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file, path);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline const std::array<std::string, 6>& photos() {
  static const std::array<std::string, 6> files{MATMQ_PHOTOS "/astronaut.png", MATMQ_PHOTOS "/chelsea.png",
                                                MATMQ_PHOTOS "/coffee.png",    MATMQ_PHOTOS "/hubble_deep_field.jpg",
                                                MATMQ_PHOTOS "/retina.jpg",    MATMQ_PHOTOS "/rocket.jpg"};
  return files;
}

/// A gradient with a little noise: it compresses, but no two rows are alike. The same for the same arguments.
inline cv::Mat picture(int rows, int cols, int type) {
  cv::Mat image(rows, cols, type);
  std::uint32_t state = 1;
  for (int y = 0; y < rows; ++y) {
    std::uint8_t* row = image.ptr(y);
    for (std::size_t x = 0; x < static_cast<std::size_t>(cols) * image.elemSize(); ++x) {
      state = state * 1664525U + 1013904223U;
      row[x] = static_cast<std::uint8_t>(static_cast<std::size_t>(y) * 3 + x * 2 + (state >> 28));
    }
  }
  return image;
}

inline bool same(const cv::Mat& a, const cv::Mat& b) {
  if (a.type() != b.type() || a.size() != b.size()) return false;
  for (int y = 0; y < a.rows; ++y) {
    if (std::memcmp(a.ptr(y), b.ptr(y), static_cast<std::size_t>(a.cols) * a.elemSize()) != 0) return false;
  }
  return true;
}

inline Bytes openCvEncodes(const char* extension, const cv::Mat& image, const std::vector<int>& parameters = {}) {
  Bytes bytes;
  REQUIRE(cv::imencode(extension, image, bytes, parameters));
  return bytes;
}

inline int openCvMode(matmq::DecodeMode mode) {
  switch (mode) {
    case matmq::DecodeMode::color:
      return cv::IMREAD_COLOR;
    case matmq::DecodeMode::grayscale:
      return cv::IMREAD_GRAYSCALE;
    case matmq::DecodeMode::unchanged:
      break;
  }
  return cv::IMREAD_UNCHANGED;
}

constexpr std::array modes{matmq::DecodeMode::unchanged, matmq::DecodeMode::color, matmq::DecodeMode::grayscale};

/// In every mode, with the orientation applied and ignored.
inline void checkDecodesAsOpenCv(const Bytes& body, matmq::ImageFormats formats = matmq::usualFormats,
                                 std::span<const matmq::DecodeMode> inModes = modes) {
  for (const matmq::DecodeMode mode : inModes) {
    for (const bool ignoreOrientation : {false, true}) {
      CAPTURE(static_cast<int>(mode));
      CAPTURE(ignoreOrientation);
      // With IMREAD_UNCHANGED (-1) all bits are set, and orientation is ignored anyway.
      const int flag = mode != matmq::DecodeMode::unchanged && ignoreOrientation ? cv::IMREAD_IGNORE_ORIENTATION : 0;
      const cv::Mat theirs = cv::imdecode(body, openCvMode(mode) | flag);
      REQUIRE_FALSE(theirs.empty());
      const cv::Mat ours =
          matmq::decodeImage(view(body), {.mode = mode, .ignoreOrientation = ignoreOrientation, .formats = formats});
      CHECK(matmq::typeName(ours.type()) == matmq::typeName(theirs.type()));
      CHECK(same(ours, theirs));
    }
  }
}

/// "" when nothing is thrown. Anything but an Error fails the test by leaving it.
template <class Function>
std::string codeOf(Function&& function) {
  try {
    function();
  } catch (const matmq::Error& error) {
    return std::string(error.codeName());
  }
  return "";
}

template <class Function>
std::string messageOf(Function&& function) {
  try {
    function();
  } catch (const matmq::Error& error) {
    return error.what();
  }
  return "";
}

inline std::string codeOfDecoding(const Bytes& body, const matmq::DecodeOptions& options = {}) {
  return codeOf([&] { static_cast<void>(matmq::decodeImage(view(body), options)); });
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline void putBig32(Bytes& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift & 0xFF));
}
inline void putLittle16(Bytes& out, std::uint32_t value) {
  for (int shift = 0; shift < 16; shift += 8) out.push_back(static_cast<std::uint8_t>(value >> shift & 0xFF));
}
inline void putLittle32(Bytes& out, std::uint32_t value) {
  putLittle16(out, value & 0xFFFF);
  putLittle16(out, value >> 16);
}

/// A PNG chunk with its length and CRC.
Bytes pngChunk(const char* name, const Bytes& data);

constexpr std::size_t afterIhdr = 8 + 25;  // where a PNG's second chunk begins

Bytes insertAt(const Bytes& body, std::size_t at, const Bytes& inserted);
/// All of them, one behind the other.
Bytes join(std::initializer_list<Bytes> parts);

/// The PNG with other dimensions in its header, and a CRC that says they are right.
Bytes pngClaiming(Bytes png, std::uint32_t width, std::uint32_t height);

/// What cv::imencode cannot write: palettes, few bits, transparent colours, interlacing, gamma.
struct PngFile {
  int width = 37;
  int height = 23;
  int bitDepth = 8;
  int colorType = PNG_COLOR_TYPE_RGB;
  int interlace = PNG_INTERLACE_NONE;
  bool transparency = false;
  double gamma = 0;
};
Bytes writePng(const PngFile& file);

/// An EXIF block (TIFF) whose one directory says how the image is turned.
Bytes exifWith(int orientation, bool littleEndian);
/// A JPEG segment APP1, which holds EXIF or XMP.
Bytes app1(std::string_view identifier, const Bytes& payload);

}  // namespace support
