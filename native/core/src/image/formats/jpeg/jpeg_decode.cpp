// Decodes JPEG through libjpeg, whose errors are longjmps.
//
// Rules
// 1. setjmp stands only in the `noexcept` members of Reader, which have no locals with destructors and call nothing
//    that throws. What owns memory lives outside the jump.
// 2. Callbacks that libjpeg calls have no such locals either, and report failure by the jump.
// 3. A Reader lives for one image. A second image without tables of its own (frames of Motion-JPEG cameras have none)
//    would be decoded with the Huffman and quantisation tables of the first.
#include <array>
#include <csetjmp>
#include <cstdio>
// jpeglib.h does not include what it needs.
#include <jpeglib.h>
// The numbers of libjpeg's messages.
#include <jerror.h>

#include <algorithm>
#include <limits>
#include <new>

#include "image/codecs.hpp"
#include "image/decode_work.hpp"
#include "image/formats/jpeg/jpeg_markers.hpp"
#include "image/orientation.hpp"

namespace matmq::codec {
namespace {

/// Every scan of a progressive file costs time for the whole image, and a few bytes are enough for one. Encoders write
/// ten to twenty; the largest image that the limits allow may have 31, a smaller one more.
int mostScans(std::uint64_t width, std::uint64_t height, const ImageLimits& limits) {
  constexpr std::uint64_t plenty = 16;
  constexpr std::uint64_t most = 64;
  return static_cast<int>(std::min(limits.pixels / (width * height) * plenty + plenty - 1, most));
}

Error tooManyScans(int most, std::uint64_t width, std::uint64_t height, const std::string& received) {
  return Error(ErrorCode::limitExceeded, "Expected at most " + std::to_string(most) + " scans in a JPEG image of " +
                                             std::to_string(width) + " x " + std::to_string(height) + " but received " +
                                             received + ": send it as a baseline JPEG");
}

/// libjpeg warns about an error after which it can continue. Most warnings mean that pixels are lost; these do not:
/// padding that cameras put before a marker, and headers of another revision.
constexpr std::array<int, 4> harmless{JWRN_EXTRANEOUS_DATA, JWRN_JFIF_MAJOR, JWRN_ADOBE_XFORM, JWRN_NOT_SEQUENTIAL};

class Reader {
 public:
  Reader(std::span<const std::byte> body, DecodeWork& work) : work_(work) {
    decompress_.err = jpeg_std_error(&errors_);
    decompress_.client_data = this;
    errors_.error_exit = onError;
    // The first loss ends the decoding, so that wrong dimensions are cheap: nothing is decoded after the end of the
    // data. Not so where damaged images are kept: there libjpeg makes the rest of the rows grey.
    errors_.emit_message = onMessage;
    source_.next_input_byte = reinterpret_cast<const JOCTET*>(body.data());
    source_.bytes_in_buffer = body.size();
    padding_ = static_cast<std::size_t>(
        std::find_if(body.rbegin(), body.rend(), [](std::byte octet) { return octet != std::byte{0}; }) -
        body.rbegin());
    // No pixels are made of it then.
    if (work.keepsDamaged() && padding_ > lookAhead) source_.bytes_in_buffer -= padding_ - lookAhead;
    source_.init_source = [](j_decompress_ptr) {};
    source_.fill_input_buffer = endOfInput;
    source_.skip_input_data = skip;
    source_.resync_to_restart = resync;
    source_.term_source = [](j_decompress_ptr) {};
    progress_.progress_monitor = onProgress;
  }
  ~Reader() { jpeg_destroy_decompress(&decompress_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Everything up to the first scan. False: see fail().
  [[nodiscard]] bool readHeader() noexcept {
    if (setjmp(jump_)) return false;
    jpeg_create_decompress(&decompress_);
    decompress_.src = &source_;
    decompress_.progress = &progress_;
    jpeg_read_header(&decompress_, TRUE);
    return true;
  }

  [[nodiscard]] const jpeg_decompress_struct& header() const noexcept { return decompress_; }
  [[nodiscard]] bool isGray() const noexcept { return decompress_.jpeg_color_space == JCS_GRAYSCALE; }
  [[nodiscard]] bool isCmyk() const noexcept {
    return decompress_.jpeg_color_space == JCS_CMYK || decompress_.jpeg_color_space == JCS_YCCK;
  }

  /// The memory of libjpeg for the coefficients of the whole image, which a file of several scans needs until its end.
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

  /// The pixels, in the calls of OpenCV, at 1 / `divisor` of their size, of at most so many scans. False: see fail().
  [[nodiscard]] bool decode(cv::Mat& out, J_COLOR_SPACE colorSpace, int divisor, int scans) noexcept {
    if (setjmp(jump_)) return false;
    mostScans_ = scans;
    // What is missing of several scans nobody can tell: the picture would be a coarse one.
    mayEndWithoutMarker_ = jpeg_has_multiple_scans(&decompress_) == FALSE;
    rowPixels_ = decompress_.image_width * std::uint64_t{DCTSIZE};
    decompress_.out_color_space = colorSpace;
    decompress_.scale_num = 1;
    decompress_.scale_denom = static_cast<unsigned>(divisor);
    jpeg_start_decompress(&decompress_);
    // The rows of the matrix must be exactly as long as those that libjpeg writes, whatever the settings above are.
    if (decompress_.output_width != static_cast<JDIMENSION>(out.cols) ||
        decompress_.output_height != static_cast<JDIMENSION>(out.rows) ||
        decompress_.output_components != out.channels()) {
      ERREXIT(&decompress_, JERR_BAD_BUFFER_MODE);
    }
    std::array<JSAMPROW, 16> rows{};  // the height of the largest MCU
    while (decompress_.output_scanline < decompress_.output_height) {
      const auto first = static_cast<int>(decompress_.output_scanline);
      const int count = std::min(static_cast<int>(rows.size()), out.rows - first);
      for (int i = 0; i < count; ++i) {
        rows[static_cast<std::size_t>(i)] = out.data + static_cast<std::size_t>(first + i) * out.step[0];
      }
      jpeg_read_scanlines(&decompress_, rows.data(), static_cast<JDIMENSION>(count));
    }
    if (!work_.keepsDamaged() && readsPadding()) endOfBody(&decompress_);
    jpeg_finish_decompress(&decompress_);
    return true;
  }

  /// Whether there are pixels of a decode that failed.
  [[nodiscard]] bool hasRows() const noexcept { return decompress_.output_scanline > 0; }

  /// Throws the error for which readHeader or decode returned false.
  [[noreturn]] void fail() const {
    if (work_.ended()) work_.endedEarly();
    if (decompress_.input_scan_number > mostScans_) {
      throw tooManyScans(mostScans_, header().image_width, header().image_height, "more");
    }
    if (errors_.msg_code == JERR_OUT_OF_MEMORY) throw std::bad_alloc();
    throw Error(ErrorCode::cannotDecode, "Expected a whole JPEG image but libjpeg-turbo says '" +
                                             std::string(message_.data()) + "': the body is damaged or truncated");
  }

 private:
  /// Whether pixels were made of the zeros that fill a buffer up behind a cut image: they are valid codes.
  [[nodiscard]] bool readsPadding() const noexcept {
    return decompress_.input_scan_number == 1 && padding_ > lookAhead && source_.bytes_in_buffer + lookAhead < padding_;
  }

  [[noreturn]] static void onError(j_common_ptr decompress) {
    auto* self = static_cast<Reader*>(decompress->client_data);
    decompress->err->format_message(decompress, self->message_.data());
    std::longjmp(self->jump_, 1);
  }
  static void onMessage(j_common_ptr decompress, int level) {
    constexpr int warning = -1;
    if (level != warning || std::ranges::find(harmless, decompress->err->msg_code) != harmless.end()) return;
    DecodeWork& work = static_cast<Reader*>(decompress->client_data)->work_;
    if (!work.keepsDamaged()) onError(decompress);
    const auto* common = reinterpret_cast<j_decompress_ptr>(decompress);
    // Lost before the first row of blocks: there is nothing to keep.
    if (!work.damaged() && common->input_iMCU_row == 0 && common->input_scan_number <= 1) onError(decompress);
    work.lost();
  }
  // Counted here, by libjpeg itself: what another reader of the markers makes of a damaged file is not what it does.
  static void onProgress(j_common_ptr common) {
    const auto* decompress = reinterpret_cast<j_decompress_ptr>(common);
    auto* self = static_cast<Reader*>(common->client_data);
    if (decompress->input_scan_number > self->mostScans_ || !self->work_.done(self->rowPixels_))
      std::longjmp(self->jump_, 1);
  }
  /// libjpeg asks for bytes after the end. It gets the marker that is missing, once: with pixels missing before it, it
  /// says so. Some cameras leave it out, or fill a buffer of fixed size up with zeros.
  static boolean endOfInput(j_decompress_ptr decompress) {
    static constexpr std::array<JOCTET, 2> endOfImage{0xFF, JPEG_EOI};
    auto* self = static_cast<Reader*>(decompress->client_data);
    if (!self->mayEndWithoutMarker_) {
      if (!self->work_.keepsDamaged()) endOfBody(decompress);
      self->work_.lost();
    }
    self->mayEndWithoutMarker_ = false;
    self->source_.next_input_byte = endOfImage.data();
    self->source_.bytes_in_buffer = endOfImage.size();
    return TRUE;
  }
  /// A restart marker other than the expected one. The next two, or the two before, mean that data are lost or come
  /// twice; any other is a wrong number at the right place.
  static boolean resync(j_decompress_ptr decompress, int desired) {
    const int marker = decompress->unread_marker;
    const int ahead = (marker - JPEG_RST0 - desired) & 7;
    if (marker < JPEG_RST0 || marker > JPEG_RST0 + 7 || ahead < 3 || ahead > 5)
      return jpeg_resync_to_restart(decompress, desired);
    decompress->unread_marker = 0;
    return TRUE;
  }
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

  static constexpr std::size_t lookAhead = 16;  // octets

  DecodeWork& work_;
  std::uint64_t rowPixels_ = 0;
  std::array<char, JMSG_LENGTH_MAX> message_{};
  std::jmp_buf jump_{};
  jpeg_error_mgr errors_{};
  jpeg_source_mgr source_{};
  jpeg_progress_mgr progress_{};
  int mostScans_ = std::numeric_limits<int>::max();
  std::size_t padding_ = 0;  ///< zeros at the end of the body
  bool mayEndWithoutMarker_ = false;
  jpeg_decompress_struct decompress_{};
};

// Converts CMYK (stored inverted, as Adobe does) to BGR or grey with the fixed-point weights of OpenCV.
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

cv::Mat decodeJpeg(std::span<const std::byte> body, const DecodeOptions& options, DecodeWork& work) {
  Reader reader(body, work);
  if (!reader.readHeader()) reader.fail();
  const std::uint64_t width = reader.header().image_width;
  const std::uint64_t height = reader.header().image_height;
  // Arithmetic decoding never reports the end of its data: it would invent the rest of a truncated image.
  if (reader.header().arith_code != FALSE) {
    throw Error(ErrorCode::cannotDecode,
                "Expected a JPEG image of Huffman coding but received one of arithmetic coding: send a baseline JPEG");
  }
  const int type = decodedType(reader.isGray() ? CV_8UC1 : CV_8UC3, options.mode);
  // CMYK is decoded as it is and converted afterwards: both matrices exist at the same time.
  const int storedType = reader.isCmyk() ? CV_8UC4 : type;
  const std::uint64_t beside = reader.isCmyk() ? width * height * CV_ELEM_SIZE(type) : 0;
  checkLimits(height, width, storedType, options.limits, "JPEG", beside + reader.coefficientBytes());
  const auto side = [&](std::uint64_t whole) {
    return static_cast<int>((whole - 1) / static_cast<std::uint64_t>(options.reduce) + 1);
  };
  const int orientation = wantsOrientation(options) ? jpegOrientation(body) : 1;
  const std::uint64_t copies = (reader.isCmyk() ? 1 : 0) + (swapsSides(orientation) ? 1 : 0);
  const std::uint64_t pixels = static_cast<std::uint64_t>(side(height)) * static_cast<std::uint64_t>(side(width));
  work.reserve(pixels * (CV_ELEM_SIZE(storedType) + copies * CV_ELEM_SIZE(type)) + reader.coefficientBytes());
  // Before any of them is decoded, as far as the markers are sound; libjpeg's own count is the one that holds.
  const int allowedScans = mostScans(width, height, options.limits);
  const std::uint64_t scans = countJpegScans(body);
  if (scans > static_cast<std::uint64_t>(allowedScans))
    throw tooManyScans(allowedScans, width, height, std::to_string(scans));

  cv::Mat image = pixelsFor(work, side(height), side(width), storedType);
  const J_COLOR_SPACE colors = reader.isCmyk() ? JCS_CMYK : type == CV_8UC1 ? JCS_GRAYSCALE : JCS_EXT_BGR;
  if (!reader.decode(image, colors, options.reduce, allowedScans)) {
    if (!work.keepsDamaged() || work.ended() || !reader.hasRows()) reader.fail();
    work.lost();
  }
  if (reader.isCmyk()) image = fromCmyk(image, type);
  applyOrientation(image, orientation);
  return image;
}

}  // namespace matmq::codec
