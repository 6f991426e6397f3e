#include "support.hpp"

namespace support {
namespace {

std::uint32_t crcOf(std::span<const std::uint8_t> bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0);
  }
  return ~crc;
}

}  // namespace

Bytes insertAt(const Bytes& body, std::size_t at, const Bytes& inserted) {
  const auto middle = body.begin() + static_cast<std::ptrdiff_t>(at);
  return join({Bytes(body.begin(), middle), inserted, Bytes(middle, body.end())});
}

Bytes join(std::initializer_list<Bytes> parts) {
  Bytes whole;
  for (const Bytes& part : parts) {
    for (const std::uint8_t byte : part) whole.push_back(byte);
  }
  return whole;
}

Bytes pngChunk(const char* name, const Bytes& data) {
  const Bytes named = join({Bytes(name, name + 4), data});
  Bytes length;
  putBig32(length, static_cast<std::uint32_t>(data.size()));
  Bytes crc;
  putBig32(crc, crcOf(named));
  return join({length, named, crc});
}

Bytes pngClaiming(Bytes png, std::uint32_t width, std::uint32_t height) {
  Bytes fields;
  putBig32(fields, width);
  putBig32(fields, height);
  std::copy(fields.begin(), fields.end(), png.begin() + 16);
  Bytes crc;
  putBig32(crc, crcOf(std::span{png}.subspan(12, 17)));
  std::copy(crc.begin(), crc.end(), png.begin() + 29);
  return png;
}

Bytes writePng(const PngFile& file) {
  Bytes out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &out,
      [](png_structp p, png_bytep bytes, std::size_t count) {
        auto* sink = static_cast<Bytes*>(png_get_io_ptr(p));
        sink->insert(sink->end(), bytes, bytes + count);
      },
      nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(file.width), static_cast<png_uint_32>(file.height), file.bitDepth,
               file.colorType, file.interlace, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (file.gamma > 0) png_set_gAMA(png, info, file.gamma);
  std::array<png_color, 256> palette{};
  std::array<png_byte, 256> alpha{};
  const int colors = 1 << std::min(file.bitDepth, 8);
  for (int i = 0; i < colors; ++i) {
    palette[static_cast<std::size_t>(i)] = {static_cast<png_byte>(i * 7), static_cast<png_byte>(255 - i),
                                            static_cast<png_byte>(i * 31)};
    alpha[static_cast<std::size_t>(i)] = static_cast<png_byte>(i * 11);
  }
  if (file.colorType == PNG_COLOR_TYPE_PALETTE) png_set_PLTE(png, info, palette.data(), colors);
  if (file.transparency) {
    png_color_16 color{};
    color.red = color.green = color.blue = color.gray = 2;
    const bool indexed = file.colorType == PNG_COLOR_TYPE_PALETTE;
    png_set_tRNS(png, info, alpha.data(), indexed ? colors : 1, indexed ? nullptr : &color);
  }
  png_write_info(png, info);
  const std::size_t rowBytes = png_get_rowbytes(png, info);
  const cv::Mat pixels = picture(file.height, static_cast<int>(rowBytes), CV_8UC1);
  if (file.transparency) pixels.rowRange(0, std::min(3, file.height)).setTo(2);
  std::vector<png_bytep> rows;
  for (int y = 0; y < file.height; ++y) rows.push_back(pixels.data + static_cast<std::size_t>(y) * pixels.step[0]);
  png_write_image(png, rows.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return out;
}

Bytes exifWith(int orientation, bool littleEndian) {
  Bytes out;
  const auto put = [&](std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      out.push_back(static_cast<std::uint8_t>(value >> (8 * (littleEndian ? i : bytes - 1 - i)) & 0xFF));
    }
  };
  out.assign(2, littleEndian ? std::uint8_t{'I'} : std::uint8_t{'M'});
  put(42, 2);
  put(8, 4);
  put(2, 2);  // entries
  put(0x010F, 2);
  put(2, 2);
  put(4, 4);
  put(0x41424300, 4);  // Make, a string that fits the entry
  put(0x0112, 2);
  put(3, 2);
  put(1, 4);
  put(static_cast<std::uint32_t>(orientation), 2);
  put(0, 2);
  put(0, 4);  // no further directory
  return out;
}

Bytes app1(std::string_view identifier, const Bytes& payload) {
  const std::size_t length = 2 + identifier.size() + payload.size();
  return join({{0xFF, 0xE1, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length & 0xFF)},
               Bytes(identifier.begin(), identifier.end()),
               payload});
}

}  // namespace support
