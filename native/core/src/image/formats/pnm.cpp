// PBM, PGM and PPM, in text and in binary (P1 to P6), need no library. This writes and reads what OpenCV 4.6 does,
// except bodies that end early. PAM (P7) is not supported: OpenCV writes it with red and blue exchanged, so programs
// disagree.
#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "image/codecs.hpp"
#include "image/decode_work.hpp"
#include "image/gray.hpp"
#include "image/malloc_buffer.hpp"

namespace matmq::codec {
namespace {

using std::string_view_literals::operator""sv;

[[noreturn]] void damaged(const std::string& expected, const std::string& received) {
  throw Error(ErrorCode::cannotDecode, "Expected " + expected + " in a PNM image but received " + received +
                                           ": the body is damaged or truncated");
}

/// Reads the decimal numbers of a body, from the end of its magic bytes.
class Scanner {
 public:
  explicit Scanner(std::span<const std::byte> body) noexcept : body_(body) {}

  /// The next number after white space and comments, with at most `mostDigits` digits. The byte that ends it, a single
  /// white space in a valid body, is skipped unless `mostDigits` has ended the number.
  [[nodiscard]] unsigned number(unsigned mostDigits = std::numeric_limits<unsigned>::max()) {
    skipToNumber();
    unsigned value = 0;
    unsigned digits = 0;
    for (; at_ < body_.size() && isDigit(peek()) && digits < mostDigits; ++at_, ++digits) {
      value = value * 10 + static_cast<unsigned>(peek() - '0');
      constexpr unsigned most = std::numeric_limits<int>::max() / 10 - 1;  // more than any limit, and cannot overflow
      if (value > most) damaged("a number of at most " + std::to_string(most), "a larger one");
    }
    if (at_ < body_.size() && digits < mostDigits) ++at_;
    return value;
  }

  [[nodiscard]] std::span<const std::byte> rest() const noexcept { return body_.subspan(at_); }

 private:
  [[nodiscard]] char peek() const noexcept { return std::to_integer<char>(body_[at_]); }
  [[nodiscard]] static bool isDigit(char c) noexcept { return c >= '0' && c <= '9'; }

  void skipToNumber() {
    for (; at_ < body_.size(); ++at_) {
      if (isDigit(peek())) return;
      if (peek() == '#') {
        while (at_ < body_.size() && peek() != '\n' && peek() != '\r') ++at_;
        if (at_ == body_.size()) break;
      } else if (" \t\n\v\f\r"sv.find(peek()) == std::string_view::npos) {
        damaged("a number", "byte " + std::to_string(std::to_integer<unsigned>(body_[at_])));
      }
    }
    damaged("a number", "the end of the body");
  }

  std::span<const std::byte> body_;
  std::size_t at_ = 2;
};

struct Header {
  explicit Header(std::span<const std::byte> body, Scanner& scanner) {
    const auto kind = std::to_integer<unsigned>(body[1]) - '0';
    text = kind <= 3;
    bitmap = kind == 1 || kind == 4;
    channels = kind == 3 || kind == 6 ? 3 : 1;
    cols = scanner.number();
    rows = scanner.number();
    most = bitmap ? 1 : scanner.number();
    if (most == 0 || most > std::numeric_limits<std::uint16_t>::max()) {
      damaged("a largest value from 1 to 65535", std::to_string(most));
    }
    wide = most > std::numeric_limits<std::uint8_t>::max();
  }

  [[nodiscard]] int type() const noexcept { return CV_MAKETYPE(wide ? CV_16U : CV_8U, channels); }
  [[nodiscard]] std::size_t samples() const noexcept { return std::size_t{cols} * static_cast<std::size_t>(channels); }
  /// The least number of bytes of a row in the body.
  [[nodiscard]] std::size_t rowBytes() const noexcept {
    if (bitmap && !text) return (std::size_t{cols} + 7) / 8;
    return samples() *
           (text ? (bitmap ? 1U : 2U) : (wide ? 2U : 1U));  // in text a digit, and a space if it is no bitmap
  }

  unsigned cols = 0;
  unsigned rows = 0;
  unsigned most = 0;
  int channels = 1;
  bool text = false;
  bool bitmap = false;
  bool wide = false;
};

/// Reads rows of samples, one after the other.
class Rows {
 public:
  Rows(const Header& header, Scanner& scanner) : header_(header), scanner_(scanner), binary_(scanner.rest()) {}

  void read(std::uint16_t* out) {
    const std::size_t samples = header_.samples();
    if (header_.text) {
      for (std::size_t i = 0; i < samples; ++i) out[i] = textSample();
      return;
    }
    const auto* in = reinterpret_cast<const std::uint8_t*>(binary_.data());
    for (std::size_t i = 0; i < samples; ++i) {
      out[i] = header_.bitmap ? ((in[i / 8] >> (7 - i % 8) & 1) != 0 ? 0 : 255)
               : header_.wide ? static_cast<std::uint16_t>(in[i * 2] << 8 | in[i * 2 + 1])
                              : in[i];  // a smaller largest value is not scaled to 255, as OpenCV does it for text
    }
    binary_ = binary_.subspan(header_.rowBytes());
  }

 private:
  [[nodiscard]] std::uint16_t textSample() {
    if (header_.bitmap) return scanner_.number(1) != 0 ? 0 : 255;
    const unsigned value = std::min(scanner_.number(), header_.most);
    return static_cast<std::uint16_t>(header_.wide ? value : value * 255 / header_.most);
  }

  const Header& header_;
  Scanner& scanner_;
  std::span<const std::byte> binary_;
};

void putWide(const std::uint16_t* in, std::uint16_t* out, std::size_t cols, int channels) noexcept {
  if (channels == 1) {
    std::memcpy(out, in, cols * sizeof(std::uint16_t));
    return;
  }
  for (std::size_t x = 0; x < cols; ++x, in += 3, out += 3) {
    out[0] = in[2];
    out[1] = in[1];
    out[2] = in[0];
  }
}

void putNarrow(const Header& header, const std::uint16_t* in, std::uint8_t* out, bool gray) noexcept {
  const int shift = header.wide ? 8 : 0;
  const std::size_t second = header.channels == 3 ? 1 : 0;
  const std::size_t third = header.channels == 3 ? 2 : 0;
  for (std::size_t x = 0; x < header.cols; ++x, in += header.channels) {
    const int red = in[0] >> shift;
    const int green = in[second] >> shift;
    const int blue = in[third] >> shift;
    if (gray) {
      *out++ = grayOf(blue, green, red);
    } else {
      *out++ = static_cast<std::uint8_t>(blue);
      *out++ = static_cast<std::uint8_t>(green);
      *out++ = static_cast<std::uint8_t>(red);
    }
  }
}

/// False: the rest is missing, and damaged images are kept.
bool readRow(Rows& rows, std::uint16_t* out, DecodeWork& work, bool there, bool mayBeLost) {
  if (!there) {
    work.lost();
    return false;
  }
  try {
    rows.read(out);
    return true;
  } catch (const Error&) {  // a number that is none, in text
    if (!work.keepsDamaged() || !mayBeLost) throw;
    work.lost();
    return false;
  }
}

/// 16 bits are big-endian in the file.
void writeRow(const cv::Mat& image, int y, std::byte* out) noexcept {
  const std::uint8_t* in = image.ptr(y);
  const auto channels = static_cast<std::size_t>(image.channels());
  const std::size_t sampleBytes = image.elemSize1();
  for (std::size_t x = 0; x < static_cast<std::size_t>(image.cols); ++x) {
    for (std::size_t c = 0; c < channels; ++c) {
      const std::uint8_t* sample = in + (x * channels + (channels - 1 - c)) * sampleBytes;
      if (sampleBytes == 2) *out++ = std::byte{sample[1]};
      *out++ = std::byte{sample[0]};
    }
  }
}

}  // namespace

SharedBytes encodePnm(const cv::Mat& image, const EncodeOptions&) {
  const std::string header = std::string(image.channels() == 1 ? "P5" : "P6") + '\n' + std::to_string(image.cols) +
                             ' ' + std::to_string(image.rows) + '\n' + (image.depth() == CV_16U ? "65535" : "255") +
                             '\n';
  const std::size_t rowBytes = static_cast<std::size_t>(image.cols) * image.elemSize();
  const std::size_t size = header.size() + rowBytes * static_cast<std::size_t>(image.rows);
  MallocBuffer buffer(size);
  std::memcpy(buffer.data(), header.data(), header.size());
  std::byte* out = buffer.data() + header.size();
  for (int y = 0; y < image.rows; ++y, out += rowBytes) writeRow(image, y, out);
  return std::move(buffer).release(size);
}

cv::Mat decodePnm(std::span<const std::byte> body, const DecodeOptions& options, DecodeWork& work) {
  Scanner scanner(body);
  const Header header(body, scanner);
  const int type = decodedType(header.type(), options.mode);
  // A row of samples beside the pixels.
  const std::uint64_t rowSamples = header.samples() * sizeof(std::uint16_t);
  checkLimits(header.rows, header.cols, type, options.limits, "PNM", rowSamples);
  const std::size_t there = scanner.rest().size() + (header.text && !header.bitmap ? 1 : 0);  // none after the last
  const std::uint64_t rowsThere = there / header.rowBytes();
  if (header.rows > rowsThere && (!work.keepsDamaged() || rowsThere == 0)) {
    damaged(
        "at least " + std::to_string(header.rowBytes()) + " bytes for each of " + std::to_string(header.rows) + " rows",
        std::to_string(scanner.rest().size()) + " for all");
  }
  const std::uint64_t pixelBytes = std::uint64_t{header.rows} * header.cols * CV_ELEM_SIZE(type);
  work.admit(header.rows, header.cols, type, "PNM", rowSamples, reducedBytes(pixelBytes, options.reduce));
  cv::Mat image = pixelsFor(work, static_cast<int>(header.rows), static_cast<int>(header.cols), type);
  Rows rows(header, scanner);
  std::vector<std::uint16_t> row(header.samples());
  for (int y = 0; y < image.rows; ++y) {
    work.mustGoOn(header.samples());
    if (!readRow(rows, row.data(), work, static_cast<std::uint64_t>(y) < rowsThere, y > 0)) break;
    if (CV_MAT_DEPTH(type) == CV_16U) {
      putWide(row.data(), image.ptr<std::uint16_t>(y), header.cols, header.channels);
    } else {
      putNarrow(header, row.data(), image.ptr(y), type == CV_8UC1);
    }
  }
  return image;
}

}  // namespace matmq::codec
