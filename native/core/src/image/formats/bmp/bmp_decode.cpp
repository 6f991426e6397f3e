// BMP needs no library. This reads what OpenCV 4.6 does: rows of 1 to 32 bits a pixel, run-length files of 4 and 8, and
// the short headers of OS/2.
#include <algorithm>
#include <array>
#include <cstring>

#include "image/codecs.hpp"
#include "image/decode_work.hpp"
#include "image/formats/bmp/bmp_layout.hpp"
#include "image/formats/bmp/bmp_run_lengths.hpp"
#include "image/gray.hpp"

namespace matmq::codec {
namespace {

constexpr std::size_t masksAt = bmpFileHeader + bmpInfoHeader;  // inside the longer headers, after the short one

[[noreturn]] void damaged(const std::string& message) { throw Error(ErrorCode::cannotDecode, message); }

class Header {
 public:
  explicit Header(std::span<const std::byte> body) : body_(body) {
    if (body.size() < bmpFileHeader + bmpCoreHeader) {
      damaged("Expected at least 26 bytes for a BMP image but received " + std::to_string(body.size()) +
              ": the body is truncated or no image");
    }
    const std::uint32_t size = u32(14);
    if (size != bmpCoreHeader && size < bmpInfoHeader) {
      damaged("Expected a BMP header of 12 bytes, or of 40 or more, but received one of " + std::to_string(size) +
              ": the body is damaged");
    }
    if (size > body.size() - bmpFileHeader) {
      damaged("Expected a BMP header of " + std::to_string(size) + " bytes but received a body of " +
              std::to_string(body.size()) + ": it is truncated");
    }
    paletteAt = bmpFileHeader + size;
    pixelsAt = u32(10);
    if (size == bmpCoreHeader) {
      colorBytes = 3;
      width = u16(18);
      height = u16(20);
      bits = u16(24);
      return;
    }
    longHeader = size >= 56;
    width = static_cast<std::int32_t>(u32(18));
    const std::int64_t signedHeight = static_cast<std::int32_t>(u32(22));
    topDown = signedHeight < 0;
    height = topDown ? -signedHeight : signedHeight;
    bits = u16(28);
    compression = u32(30);
    colors = u32(46);
  }

  [[nodiscard]] std::uint16_t u16(std::size_t at) const noexcept {
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(body_[at]) | std::to_integer<unsigned>(body_[at + 1])
                                                                                 << 8);
  }
  [[nodiscard]] std::uint32_t u32(std::size_t at) const noexcept {
    return u16(at) | static_cast<std::uint32_t>(u16(at + 2)) << 16;
  }

  std::size_t paletteAt = 0;
  std::size_t pixelsAt = 0;
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::uint32_t compression = 0;
  std::uint32_t colors = 0;
  std::size_t colorBytes = 4;  // of one in the palette
  unsigned bits = 0;
  bool topDown = false;
  bool longHeader = false;  // it has a mask of alpha

 private:
  std::span<const std::byte> body_;
};

constexpr std::uint32_t uncompressed = 0;
constexpr std::uint32_t runLength8 = 1;
constexpr std::uint32_t runLength4 = 2;
constexpr std::uint32_t bitfields = 3;

struct Color {
  std::uint8_t blue = 0;
  std::uint8_t green = 0;
  std::uint8_t red = 0;
};

void put(std::uint8_t*& out, Color color, bool gray) noexcept {
  if (gray) {
    *out++ = grayOf(color.blue, color.green, color.red);
  } else {
    *out++ = color.blue;
    *out++ = color.green;
    *out++ = color.red;
  }
}

/// 1, 4 or 8 bits a pixel.
class Palette {
 public:
  Palette(const Header& header, std::span<const std::byte> body) : bits_(header.bits) {
    const std::size_t whole = std::size_t{1} << bits_;
    if (header.colors > colors_.size()) {
      damaged("Expected at most 256 colours in a BMP palette but received " + std::to_string(header.colors) +
              ": the body is damaged");
    }
    const std::size_t count = header.colors == 0 ? whole : header.colors;
    if (count * header.colorBytes > body.size() - header.paletteAt) {
      damaged("Expected a BMP palette of " + std::to_string(count) +
              " colours but the body ends before: it is truncated");
    }
    for (std::size_t i = 0; i < count; ++i) {
      const auto entry = body.subspan(header.paletteAt + i * header.colorBytes, 3);
      colors_[i] = {std::to_integer<std::uint8_t>(entry[0]), std::to_integer<std::uint8_t>(entry[1]),
                    std::to_integer<std::uint8_t>(entry[2])};
    }
    for (std::size_t i = 0; i < whole; ++i) {
      const Color color = colors_[i];
      grayOnly_ = grayOnly_ && color.blue == color.green && color.blue == color.red;
    }
  }

  [[nodiscard]] int type() const noexcept { return grayOnly_ ? CV_8UC1 : CV_8UC3; }

  void convert(const std::uint8_t* in, std::uint8_t* out, std::size_t width, bool gray) const noexcept {
    const std::size_t perByte = 8 / bits_;
    const unsigned mask = (1U << bits_) - 1;
    for (std::size_t x = 0; x < width; ++x) {
      const unsigned shift =
          static_cast<unsigned>(8 - bits_ * (x % perByte + 1));  // the leftmost pixel has the highest bits
      put(out, colors_[(static_cast<unsigned>(in[x / perByte]) >> shift) & mask], gray);
    }
  }

  /// Of an index in each byte.
  void look(const std::uint8_t* in, std::uint8_t* out, std::size_t width, bool gray) const noexcept {
    for (std::size_t x = 0; x < width; ++x) put(out, colors_[in[x]], gray);
  }

 private:
  std::array<Color, 256> colors_{};
  unsigned bits_;
  bool grayOnly_ = true;
};

/// 16 bits a pixel, as 5-5-5 or 5-6-5. Like OpenCV, the low bits stay 0.
class Packed16 {
 public:
  Packed16(const Header& header, std::span<const std::byte> body) {
    if (header.compression == uncompressed) return;
    if (body.size() < masksAt + 12) damaged("Expected three BMP bit masks but the body ends before: it is truncated");
    const std::array masks{header.u32(masksAt), header.u32(masksAt + 4), header.u32(masksAt + 8)};
    if (masks == std::array{0xF800U, 0x7E0U, 0x1FU}) {
      six_ = true;
    } else if (masks != std::array{0x7C00U, 0x3E0U, 0x1FU}) {
      damaged("Expected the bit masks of a 5-5-5 or 5-6-5 BMP but received others: send a BMP of 24 bits");
    }
  }

  [[nodiscard]] static int type() noexcept { return CV_8UC3; }

  void convert(const std::uint8_t* in, std::uint8_t* out, std::size_t width, bool gray) const noexcept {
    for (std::size_t x = 0; x < width; ++x, in += 2) {
      const unsigned value = in[0] | static_cast<unsigned>(in[1]) << 8;
      const unsigned green = six_ ? value >> 3 & 0xFC : value >> 2 & 0xF8;
      const unsigned red = six_ ? value >> 8 & 0xF8 : value >> 7 & 0xF8;
      put(out,
          {static_cast<std::uint8_t>(value << 3 & 0xF8), static_cast<std::uint8_t>(green),
           static_cast<std::uint8_t>(red)},
          gray);
    }
  }

 private:
  bool six_ = false;
};

/// 24 or 32 bits a pixel. With bit masks, 32 bits are BGRA in any order of whole bytes. OpenCV 4.6 ignores the masks
/// unless the alpha channel is wanted, too, which exchanges red and blue in colour mode; this does not.
class Bytes {
 public:
  Bytes(const Header& header, std::span<const std::byte> body) : pixelBytes_(header.bits / 8) {
    if (header.compression == uncompressed) return;  // the fourth byte of 32 bits has no meaning
    type_ = CV_8UC4;
    if (body.size() < masksAt + (header.longHeader ? 16 : 12)) {
      damaged("Expected the bit masks of a BMP but the body ends before: it is truncated");
    }
    red_ = byteOf(header.u32(masksAt));
    green_ = byteOf(header.u32(masksAt + 4));
    blue_ = byteOf(header.u32(masksAt + 8));
    if (!header.longHeader) return;  // without a mask, alpha is the byte that is left, as for OpenCV
    opaque_ = header.u32(masksAt + 12) == 0;
    if (!opaque_) alpha_ = byteOf(header.u32(masksAt + 12));
  }

  [[nodiscard]] int type() const noexcept { return type_; }

  void convert(const std::uint8_t* in, std::uint8_t* out, std::size_t width, int type) const noexcept {
    const bool inOrder = blue_ == 0 && green_ == 1 && red_ == 2;
    if (inOrder && static_cast<std::size_t>(CV_MAT_CN(type)) == pixelBytes_ && !opaque_ && alpha_ == 3) {
      std::memcpy(out, in, width * pixelBytes_);
      return;
    }
    for (std::size_t x = 0; x < width; ++x, in += pixelBytes_) {
      put(out, {in[blue_], in[green_], in[red_]}, type == CV_8UC1);
      if (type == CV_8UC4) *out++ = opaque_ ? std::uint8_t{255} : in[alpha_];
    }
  }

 private:
  static std::size_t byteOf(std::uint32_t mask) {
    switch (mask) {
      case 0x000000FFU:
        return 0;
      case 0x0000FF00U:
        return 1;
      case 0x00FF0000U:
        return 2;
      case 0xFF000000U:
        return 3;
      default:
        damaged("Expected BMP bit masks of whole bytes but received others: send a BMP of 24 bits");
    }
  }

  std::size_t pixelBytes_;
  std::size_t blue_ = 0;
  std::size_t green_ = 1;
  std::size_t red_ = 2;
  std::size_t alpha_ = 3;
  int type_ = CV_8UC3;
  bool opaque_ = false;
};

cv::Mat decodeRuns(const Header& header, std::span<const std::byte> body, const DecodeOptions& options,
                   DecodeWork& work) {
  const Palette palette(header, body);
  const int type = decodedType(palette.type(), options.mode);
  const auto rows = static_cast<std::uint64_t>(header.height);
  const auto cols = static_cast<std::uint64_t>(header.width);
  const std::uint64_t pixelBytes = rows * cols * CV_ELEM_SIZE(type);
  work.admit(rows, cols, type, "BMP", rows * cols, reducedBytes(pixelBytes, options.reduce));
  if (header.pixelsAt > body.size()) {
    damaged("Expected the pixels of a BMP image from byte " + std::to_string(header.pixelsAt) +
            " but received a body of " + std::to_string(body.size()) + ": it is truncated");
  }
  const BmpRunLengths runs(body.subspan(header.pixelsAt), static_cast<std::size_t>(header.width),
                           static_cast<std::size_t>(header.height), header.compression == runLength4, work);
  cv::Mat image = pixelsFor(work, static_cast<int>(header.height), static_cast<int>(header.width), type);
  for (int y = 0; y < static_cast<int>(runs.rows()); ++y) {
    work.mustGoOn(static_cast<std::uint64_t>(image.cols));
    const int at = header.topDown ? y : image.rows - 1 - y;
    palette.look(runs.row(static_cast<std::size_t>(y)), image.ptr(at), static_cast<std::size_t>(image.cols),
                 type == CV_8UC1);
  }
  return image;
}

template <class Pixels, class Convert>
cv::Mat decodeRows(const Header& header, std::span<const std::byte> body, const DecodeOptions& options,
                   DecodeWork& work, const Pixels& pixels, Convert convert) {
  const int type = decodedType(pixels.type(), options.mode);
  const auto height = static_cast<std::uint64_t>(header.height);
  const auto width = static_cast<std::uint64_t>(header.width);
  checkLimits(height, width, type, options.limits, "BMP");
  // Sides are below 2^31 and pixels have at most 32 bits: no product overflows.
  const std::uint64_t pitch = (width * header.bits + 31) / 32 * 4;
  const std::uint64_t pixelBytes = pitch * height;
  const std::uint64_t there = body.size() - std::min(header.pixelsAt, body.size());
  if (pixelBytes > there && (!work.keepsDamaged() || there < pitch)) {
    damaged("Expected " + std::to_string(pixelBytes) + " bytes of pixels from byte " + std::to_string(header.pixelsAt) +
            " of a BMP image but received a body of " + std::to_string(body.size()) + ": it is truncated");
  }
  if (pixelBytes > there) work.lost();
  work.admit(height, width, type, "BMP", 0, reducedBytes(height * width * CV_ELEM_SIZE(type), options.reduce));
  cv::Mat image = pixelsFor(work, static_cast<int>(header.height), static_cast<int>(header.width), type);
  const auto* in = reinterpret_cast<const std::uint8_t*>(body.data()) + header.pixelsAt;
  const auto rows = static_cast<int>(std::min(height, there / pitch));
  for (int y = 0; y < rows; ++y, in += pitch) {
    work.mustGoOn(width);
    convert(in, image.ptr(header.topDown ? y : image.rows - 1 - y), static_cast<std::size_t>(image.cols), type);
  }
  return image;
}

}  // namespace

cv::Mat decodeBmp(std::span<const std::byte> body, const DecodeOptions& options, DecodeWork& work) {
  const Header header(body);
  if (header.width <= 0 || header.height == 0) {
    damaged("Expected a BMP image with rows and columns but received one of " + std::to_string(header.width) + " x " +
            std::to_string(header.height) + ": the body is damaged");
  }
  if ((header.compression == runLength8 && header.bits == 8) || (header.compression == runLength4 && header.bits == 4))
    return decodeRuns(header, body, options, work);
  const bool masked = header.compression == bitfields && (header.bits == 16 || header.bits == 32);
  if (header.compression != uncompressed && !masked) {
    damaged("Expected a BMP image that is uncompressed or of run lengths but received one of compression " +
            std::to_string(header.compression) + " with " + std::to_string(header.bits) +
            " bits a pixel: send it uncompressed, or as '.png'");
  }
  switch (header.bits) {
    case 1:
    case 4:
    case 8: {
      const Palette palette(header, body);
      return decodeRows(header, body, options, work, palette,
                        [&](const std::uint8_t* in, std::uint8_t* out, std::size_t width, int type) {
                          palette.convert(in, out, width, type == CV_8UC1);
                        });
    }
    case 16: {
      const Packed16 packed(header, body);
      return decodeRows(header, body, options, work, packed,
                        [&](const std::uint8_t* in, std::uint8_t* out, std::size_t width, int type) {
                          packed.convert(in, out, width, type == CV_8UC1);
                        });
    }
    case 24:
    case 32: {
      const Bytes bytes(header, body);
      return decodeRows(header, body, options, work, bytes,
                        [&](const std::uint8_t* in, std::uint8_t* out, std::size_t width, int type) {
                          bytes.convert(in, out, width, type);
                        });
    }
    default:
      damaged("Expected a BMP image of 1, 4, 8, 16, 24 or 32 bits a pixel but received one of " +
              std::to_string(header.bits));
  }
}

}  // namespace matmq::codec
