// Decoding JPEG through libjpeg, whose errors are longjmps. (jpeg_encode.cpp encodes.)
//
// Rules
// 1. setjmp stands only in the `noexcept` members of Reader, which have no locals with destructors and call nothing
//    that throws. Whatever owns memory lives outside the jump.
// 2. Callbacks that libjpeg calls have no such locals either, and report failure by the jump.
// 3. A Reader lives for one image. One that is used again keeps its Huffman and quantisation tables, and a file that
//    leaves its own out (frames of Motion-JPEG cameras do) would be decoded with those of the message before.
#include <array>
#include <csetjmp>
#include <cstdio>
// jpeglib.h does not include what it needs.
#include <jpeglib.h>
// libjpeg's messages, by which warnings are told apart.
#include <jerror.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "image/codecs.hpp"
#include "image/limits.hpp"
#include "image/orientation.hpp"

namespace matmq::codec {
namespace {

/// Goes from marker to marker. Bytes between them (entropy-coded data, or garbage) are passed over, as libjpeg does.
class Markers {
 public:
  explicit Markers(std::span<const std::byte> body) noexcept : rest_(body) {}

  struct Marker {
    unsigned code;
    std::span<const std::byte> payload;
  };

  [[nodiscard]] std::optional<Marker> next() noexcept {
    while (!rest_.empty()) {
      const void* found = std::memchr(rest_.data(), 0xFF, rest_.size());
      if (found == nullptr) return std::nullopt;
      rest_ = rest_.subspan(static_cast<std::size_t>(static_cast<const std::byte*>(found) - rest_.data()));
      while (!rest_.empty() && rest_.front() == std::byte{0xFF}) rest_ = rest_.subspan(1);
      if (rest_.empty()) return std::nullopt;
      const auto code = std::to_integer<unsigned>(rest_.front());
      rest_ = rest_.subspan(1);
      if (code == 0 || code == tem || (code >= restart0 && code <= restart7))
        continue;  // no marker, or one without a length
      if (code == start || code == end) return Marker{code, {}};
      if (rest_.size() < 2) return std::nullopt;
      const std::size_t length = std::to_integer<std::size_t>(rest_[0]) << 8 | std::to_integer<std::size_t>(rest_[1]);
      if (length < 2 || length > rest_.size()) return std::nullopt;
      const Marker marker{code, rest_.subspan(2, length - 2)};
      rest_ = rest_.subspan(length);
      return marker;
    }
    return std::nullopt;
  }

  static constexpr unsigned tem = 0x01;
  static constexpr unsigned baseline = 0xC0;
  static constexpr unsigned extended = 0xC1;
  static constexpr unsigned progressive = 0xC2;
  static constexpr unsigned restart0 = 0xD0;
  static constexpr unsigned restart7 = 0xD7;
  static constexpr unsigned start = 0xD8;
  static constexpr unsigned end = 0xD9;
  static constexpr unsigned scan = 0xDA;
  static constexpr unsigned app1 = 0xE1;

 private:
  std::span<const std::byte> rest_;
};

/// OpenCV takes the first APP1 for EXIF, whatever it is, so an XMP block before the EXIF hides it; so do we.
int orientationOf(std::span<const std::byte> body) noexcept {
  constexpr std::size_t identifier = 6;  // "Exif\0\0"
  Markers markers(body);
  while (const auto marker = markers.next()) {
    if (marker->code == Markers::scan || marker->code == Markers::end) break;
    if (marker->code != Markers::app1) continue;
    return marker->payload.size() > identifier ? exifOrientation(marker->payload.subspan(identifier)) : 1;
  }
  return 1;
}

/// Scans of a progressive file; 1 for a baseline file, whose data are not looked through.
std::uint64_t countScans(std::span<const std::byte> body) noexcept {
  Markers markers(body);
  std::uint64_t scans = 0;
  std::size_t components = 0;
  bool baseline = true;
  while (const auto marker = markers.next()) {
    if (marker->code == Markers::end) break;
    if (marker->payload.empty()) continue;
    if (marker->code == Markers::baseline || marker->code == Markers::extended ||
        marker->code == Markers::progressive) {
      baseline = marker->code != Markers::progressive;
      components = marker->payload.size() > 5 ? std::to_integer<std::size_t>(marker->payload[5]) : 0;
    }
    if (marker->code != Markers::scan) continue;
    ++scans;
    // One scan with every component is all there is of a baseline file.
    if (baseline && std::to_integer<std::size_t>(marker->payload[0]) == components) break;
  }
  return scans;
}

/// Every scan of a progressive file goes over the whole image, and a few bytes are enough for one. Encoders write ten
/// to twenty; the largest image that the limits allow may have 31, a smaller one more.
void checkScans(std::span<const std::byte> body, std::uint64_t width, std::uint64_t height, const ImageLimits& limits) {
  constexpr std::uint64_t plenty = 16;
  constexpr std::uint64_t most = 64;
  const std::uint64_t allowed = std::min(limits.pixels / (width * height) * plenty + plenty - 1, most);
  const std::uint64_t scans = countScans(body);
  if (scans <= allowed) return;
  throw Error(ErrorCode::limitExceeded, "Expected at most " + std::to_string(allowed) + " scans in a JPEG image of " +
                                            std::to_string(width) + " x " + std::to_string(height) + " but received " +
                                            std::to_string(scans) + ": send it as a baseline JPEG");
}

/// libjpeg warns where it goes on with what it has. Most warnings mean that pixels are lost; these do not: padding that
/// cameras put before a marker, and headers of another revision.
constexpr std::array<int, 4> harmless{JWRN_EXTRANEOUS_DATA, JWRN_JFIF_MAJOR, JWRN_ADOBE_XFORM, JWRN_NOT_SEQUENTIAL};

class Reader {
 public:
  explicit Reader(std::span<const std::byte> body) {
    decompress_.err = jpeg_std_error(&errors_);
    decompress_.client_data = this;
    errors_.error_exit = onError;
    // Stopping at the first loss is also what makes lying dimensions cheap: nothing is decoded past the end of the
    // data.
    errors_.emit_message = onMessage;
    source_.next_input_byte = reinterpret_cast<const JOCTET*>(body.data());
    source_.bytes_in_buffer = body.size();
    source_.init_source = [](j_decompress_ptr) {};
    source_.fill_input_buffer = [](j_decompress_ptr decompress) -> boolean { endOfBody(decompress); };
    source_.skip_input_data = skip;
    source_.resync_to_restart = jpeg_resync_to_restart;
    source_.term_source = [](j_decompress_ptr) {};
  }
  ~Reader() { jpeg_destroy_decompress(&decompress_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Everything up to the first scan. False: see fail().
  [[nodiscard]] bool readHeader() noexcept {
    if (setjmp(jump_)) return false;
    jpeg_create_decompress(&decompress_);
    decompress_.src = &source_;
    jpeg_read_header(&decompress_, TRUE);
    return true;
  }

  [[nodiscard]] const jpeg_decompress_struct& header() const noexcept { return decompress_; }
  [[nodiscard]] bool isGray() const noexcept { return decompress_.jpeg_color_space == JCS_GRAYSCALE; }
  [[nodiscard]] bool isCmyk() const noexcept {
    return decompress_.jpeg_color_space == JCS_CMYK || decompress_.jpeg_color_space == JCS_YCCK;
  }

  /// What libjpeg takes for the coefficients of the whole image, which a file of several scans needs until its end.
  [[nodiscard]] std::uint64_t coefficientBytes() noexcept {
    if (jpeg_has_multiple_scans(&decompress_) == FALSE) return 0;
    const auto roundedUp = [](std::uint64_t blocks, int factor) {
      const auto step = static_cast<std::uint64_t>(factor);
      return (blocks + step - 1) / step * step;
    };
    std::uint64_t blocks = 0;
    for (int i = 0; i < decompress_.num_components; ++i) {
      const jpeg_component_info& component = decompress_.comp_info[i];
      blocks += roundedUp(component.width_in_blocks, component.h_samp_factor) *
                roundedUp(component.height_in_blocks, component.v_samp_factor);
    }
    return blocks * sizeof(JBLOCK);
  }

  /// The pixels, in the calls of OpenCV, at 1 / `divisor` of their size. False: see fail().
  [[nodiscard]] bool decode(cv::Mat& out, J_COLOR_SPACE colorSpace, int divisor) noexcept {
    if (setjmp(jump_)) return false;
    decompress_.out_color_space = colorSpace;
    decompress_.scale_num = 1;
    decompress_.scale_denom = static_cast<unsigned>(divisor);
    jpeg_start_decompress(&decompress_);
    // Our rows must be exactly as long as what libjpeg will write into them, whatever was asked of it above.
    if (decompress_.output_width != static_cast<JDIMENSION>(out.cols) ||
        decompress_.output_height != static_cast<JDIMENSION>(out.rows) ||
        decompress_.output_components != out.channels()) {
      ERREXIT(&decompress_, JERR_BAD_BUFFER_MODE);
    }
    std::array<JSAMPROW, 16> rows{};  // as many as the largest MCU is high
    while (decompress_.output_scanline < decompress_.output_height) {
      const auto first = static_cast<int>(decompress_.output_scanline);
      const int count = std::min(static_cast<int>(rows.size()), out.rows - first);
      for (int i = 0; i < count; ++i) {
        rows[static_cast<std::size_t>(i)] = out.data + static_cast<std::size_t>(first + i) * out.step[0];
      }
      jpeg_read_scanlines(&decompress_, rows.data(), static_cast<JDIMENSION>(count));
    }
    jpeg_finish_decompress(&decompress_);
    return true;
  }

  /// Throws what made readHeader or decode answer false.
  [[noreturn]] void fail() const {
    if (errors_.msg_code == JERR_OUT_OF_MEMORY) throw std::bad_alloc();
    throw Error(ErrorCode::cannotDecode, "Expected a whole JPEG image but libjpeg-turbo says '" +
                                             std::string(message_.data()) + "': the body is damaged or truncated");
  }

 private:
  [[noreturn]] static void onError(j_common_ptr decompress) {
    auto* self = static_cast<Reader*>(decompress->client_data);
    decompress->err->format_message(decompress, self->message_.data());
    std::longjmp(self->jump_, 1);
  }
  static void onMessage(j_common_ptr decompress, int level) {
    constexpr int warning = -1;
    if (level != warning || std::ranges::find(harmless, decompress->err->msg_code) != harmless.end()) return;
    onError(decompress);
  }
  /// libjpeg wants more than there is. Its own source makes up an end here.
  [[noreturn]] static void endOfBody(j_decompress_ptr decompress) {
    decompress->err->msg_code = JWRN_JPEG_EOF;  // "Premature end of JPEG file"
    onError(reinterpret_cast<j_common_ptr>(decompress));
  }
  static void skip(j_decompress_ptr decompress, long count) {
    if (count <= 0) return;
    jpeg_source_mgr& source = *decompress->src;
    if (static_cast<unsigned long>(count) > source.bytes_in_buffer) endOfBody(decompress);
    source.next_input_byte += count;
    source.bytes_in_buffer -= static_cast<std::size_t>(count);
  }

  std::array<char, JMSG_LENGTH_MAX> message_{};
  std::jmp_buf jump_{};
  jpeg_error_mgr errors_{};
  jpeg_source_mgr source_{};
  jpeg_decompress_struct decompress_{};
};

// As OpenCV turns CMYK (stored inverted, as Adobe does) to BGR and grey, in its fixed-point weights.
cv::Mat fromCmyk(const cv::Mat& cmyk, int type) {
  cv::Mat image(cmyk.size(), type);
  const auto ink = [](int value, int black) { return black - ((255 - value) * black >> 8); };
  for (int y = 0; y < image.rows; ++y) {
    const std::uint8_t* in = cmyk.ptr(y);
    std::uint8_t* out = image.ptr(y);
    for (int x = 0; x < image.cols; ++x, in += 4) {
      const int red = ink(in[0], in[3]);
      const int green = ink(in[1], in[3]);
      const int blue = ink(in[2], in[3]);
      if (type == CV_8UC1) {
        *out++ = static_cast<std::uint8_t>((blue * 1868 + green * 9617 + red * 4899 + (1 << 13)) >> 14);
      } else {
        *out++ = static_cast<std::uint8_t>(blue);
        *out++ = static_cast<std::uint8_t>(green);
        *out++ = static_cast<std::uint8_t>(red);
      }
    }
  }
  return image;
}

}  // namespace

cv::Mat decodeJpeg(std::span<const std::byte> body, const DecodeOptions& options) {
  Reader reader(body);
  if (!reader.readHeader()) reader.fail();
  const std::uint64_t width = reader.header().image_width;
  const std::uint64_t height = reader.header().image_height;
  // Arithmetic decoding never says that its data have ended, and makes the rest of any image up of nothing.
  if (reader.header().arith_code != FALSE) {
    throw Error(ErrorCode::cannotDecode,
                "Expected a JPEG image of Huffman coding but received one of arithmetic coding: send a baseline JPEG");
  }
  const int type = decodedType(reader.isGray() ? CV_8UC1 : CV_8UC3, options.mode);
  // CMYK is decoded as it is and turned into colour then: both are there for a moment.
  const int storedType = reader.isCmyk() ? CV_8UC4 : type;
  const std::uint64_t beside = reader.isCmyk() ? width * height * CV_ELEM_SIZE(type) : 0;
  checkLimits(height, width, storedType, options.limits, "JPEG", beside + reader.coefficientBytes());
  checkScans(body, width, height, options.limits);

  const auto side = [&](std::uint64_t whole) {
    return static_cast<int>((whole - 1) / static_cast<std::uint64_t>(options.reduce) + 1);
  };
  cv::Mat image(side(height), side(width), storedType);
  const J_COLOR_SPACE colors = reader.isCmyk() ? JCS_CMYK : type == CV_8UC1 ? JCS_GRAYSCALE : JCS_EXT_BGR;
  if (!reader.decode(image, colors, options.reduce)) reader.fail();
  if (reader.isCmyk()) image = fromCmyk(image, type);
  if (wantsOrientation(options)) applyOrientation(image, orientationOf(body));
  return image;
}

}  // namespace matmq::codec
