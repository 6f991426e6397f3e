// Decoding JPEG through TurboJPEG, whose functions return where libjpeg's would longjmp. (jpeg_encode.cpp encodes.)
//
// A handle lives for one image. Making one costs 2 microseconds; keeping one would keep its Huffman and quantisation
// tables, and a file that leaves its own out (frames of Motion-JPEG cameras do) would be decoded with those of the
// message before, instead of the standard ones.
#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "codecs.hpp"
#include "limits.hpp"
#include "orientation.hpp"

namespace matmq::codec {
namespace {

class Turbo {
 public:
  explicit Turbo(tjhandle handle) : handle_(handle) {
    if (handle_ == nullptr) throw std::bad_alloc();  // the only reason there is
  }
  ~Turbo() { tjDestroy(handle_); }
  Turbo(const Turbo&) = delete;
  Turbo& operator=(const Turbo&) = delete;

  [[nodiscard]] tjhandle get() const noexcept { return handle_; }
  [[nodiscard]] std::string error() const { return tjGetErrorStr2(handle_); }
  [[nodiscard]] bool warned() const noexcept { return tjGetErrorCode(handle_) == TJERR_WARNING; }

 private:
  tjhandle handle_;
};

const unsigned char* bytesOf(std::span<const std::byte> body) noexcept {
  return reinterpret_cast<const unsigned char*>(body.data());
}

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

bool endsWhole(std::span<const std::byte> body) noexcept {
  Markers markers(body);
  while (const auto marker = markers.next()) {
    if (marker->code == Markers::end) return true;
  }
  return false;
}

struct FileHeader {
  int width = 0;
  int height = 0;
  int colorspace = -1;
};

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
/// or so; the largest image that the limits allow may have 31, a smaller one more.
void checkScans(std::span<const std::byte> body, const FileHeader& header, const ImageLimits& limits) {
  constexpr std::uint64_t plenty = 16;
  const std::uint64_t pixels = static_cast<std::uint64_t>(header.width) * static_cast<std::uint64_t>(header.height);
  const std::uint64_t scans = countScans(body);
  if (scans / plenty <= limits.pixels / pixels) return;
  throw Error(ErrorCode::limitExceeded,
              "Expected at most " + std::to_string(limits.pixels / pixels * plenty + plenty - 1) +
                  " scans in a JPEG image of " + std::to_string(header.width) + " x " + std::to_string(header.height) +
                  " but received " + std::to_string(scans) + ": send it as a baseline JPEG");
}

/// libjpeg warns where it goes on with what it has. Most warnings mean that pixels are lost; these do not: padding that
/// cameras put before a marker, and headers of another revision.
bool harmless(std::string_view warning) noexcept {
  constexpr std::array<std::string_view, 4> known{"extraneous bytes before marker", "unknown JFIF revision number",
                                                  "Unknown Adobe color transform code",
                                                  "Invalid SOS parameters for sequential JPEG"};
  return std::ranges::any_of(known,
                             [warning](std::string_view text) { return warning.find(text) != std::string_view::npos; });
}

[[noreturn]] void damaged(const std::string& reason) {
  throw Error(ErrorCode::cannotDecode,
              "Expected a whole JPEG image but libjpeg-turbo says '" + reason + "': the body is damaged or truncated");
}

void decompress(std::span<const std::byte> body, cv::Mat& out, TJPF pixels) {
  // 500 scans at most: a progressive file of a few kilobytes could otherwise cost minutes. Stopping at a warning is
  // what makes lying dimensions cheap: nothing is decoded past the end of the data.
  constexpr int flags = TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS;
  const auto run = [&](int more) -> std::optional<std::string> {
    const Turbo turbo(tjInitDecompress());
    if (tjDecompress2(turbo.get(), bytesOf(body), body.size(), out.data, out.cols, static_cast<int>(out.step[0]),
                      out.rows, pixels, flags | more) == 0) {
      return std::nullopt;
    }
    if (!turbo.warned()) damaged(turbo.error());
    return turbo.error();
  };
  const auto warning = run(TJFLAG_STOPONWARNING);
  if (!warning) return;
  if (!harmless(*warning) || !endsWhole(body)) damaged(*warning);
  // TurboJPEG tells only the first warning, so a bit error behind a harmless one passes here; but JPEG has no checksum,
  // and most bit errors pass without any warning. A missing end was found above.
  static_cast<void>(run(0));
}

FileHeader readHeader(std::span<const std::byte> body) {
  const Turbo turbo(tjInitDecompress());
  FileHeader header;
  int subsampling = -1;
  // It also fails on warnings and on unusual subsamplings, which decoding does not mind: whether it got through the
  // header shows in what it has filled in.
  if (tjDecompressHeader3(turbo.get(), bytesOf(body), body.size(), &header.width, &header.height, &subsampling,
                          &header.colorspace) != 0 &&
      (header.width <= 0 || header.height <= 0 || header.colorspace < 0)) {
    damaged(turbo.error());
  }
  return header;
}

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
  const FileHeader header = readHeader(body);
  const int type = decodedType(header.colorspace == TJCS_GRAY ? CV_8UC1 : CV_8UC3, options.mode);
  const bool cmyk = header.colorspace == TJCS_CMYK || header.colorspace == TJCS_YCCK;
  const int storedType = cmyk ? CV_8UC4 : type;  // TurboJPEG gives CMYK as it is, and that is what takes memory first
  checkLimits(static_cast<std::uint64_t>(header.height), static_cast<std::uint64_t>(header.width), storedType,
              options.limits, "JPEG");
  checkScans(body, header, options.limits);

  // TurboJPEG looks for the largest scale that fits these sides: the one that is asked for, unless both sides are below
  // 8 pixels. Then it may take a larger one, and the pixels differ a little from those of cv::imdecode.
  const auto side = [&](int whole) { return (whole - 1) / options.reduce + 1; };
  cv::Mat image(side(header.height), side(header.width), storedType);
  decompress(body, image, cmyk ? TJPF_CMYK : type == CV_8UC1 ? TJPF_GRAY : TJPF_BGR);
  if (cmyk) image = fromCmyk(image, type);
  if (wantsOrientation(options)) applyOrientation(image, orientationOf(body));
  return image;
}

}  // namespace matmq::codec
