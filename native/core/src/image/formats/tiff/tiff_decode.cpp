// Decodes TIFF through libtiff: converts the rows or tiles that it unpacks to the pixels of OpenCV 4.6. OpenCV lets
// libtiff make 8-bit RGBA of a whole strip; here one row or tile at a time is enough, and a strip may have any height.
#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "image/codecs.hpp"
#include "image/decode_work.hpp"
#include "image/formats/tiff/tiff_header.hpp"
#include "image/formats/tiff/tiff_library.hpp"
#include "image/gray.hpp"
#include "image/orientation.hpp"

namespace matmq::codec {
namespace {

/// The body, as libtiff reads it.
struct Source {
  std::span<const std::byte> body;
  std::uint64_t position = 0;
};

Source& sourceOf(thandle_t self) noexcept { return *static_cast<Source*>(self); }

tmsize_t readSource(thandle_t self, void* out, tmsize_t count) noexcept {
  Source& source = sourceOf(self);
  if (count <= 0 || source.position >= source.body.size()) return 0;
  const std::size_t there = source.body.size() - static_cast<std::size_t>(source.position);
  const std::size_t taken = std::min(there, static_cast<std::size_t>(count));
  std::memcpy(out, source.body.data() + source.position, taken);
  source.position += taken;
  return static_cast<tmsize_t>(taken);
}

tmsize_t writeNothing(thandle_t, void*, tmsize_t) noexcept { return 0; }

toff_t seekSource(thandle_t self, toff_t offset, int whence) noexcept {
  Source& source = sourceOf(self);
  if (whence == SEEK_SET) source.position = offset;
  if (whence == SEEK_CUR) source.position += offset;
  if (whence == SEEK_END) source.position = source.body.size() + offset;
  return source.position;
}

toff_t sizeOfSource(thandle_t self) noexcept { return sourceOf(self).body.size(); }

/// With this libtiff unpacks directly from the body; it does not write to it when it reads.
int mapSource(thandle_t self, void** base, toff_t* size) noexcept {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): the type is libtiff's
  *base = const_cast<std::byte*>(sourceOf(self).body.data());
  *size = sourceOf(self).body.size();
  return 1;
}

int mapNothing(thandle_t, void**, toff_t*) noexcept { return 0; }

[[noreturn]] void failed(const std::string& what, const TiffMessages& messages) {
  throw Error(ErrorCode::cannotDecode,
              "Expected " + what + " of a TIFF image but " + messages.text() + ": the body is damaged or truncated");
}

template <typename Sample>
void copySwapped(const std::uint8_t* in, std::uint8_t* out, std::size_t pixels, unsigned samples) noexcept {
  const std::size_t pixelBytes = samples * sizeof(Sample);
  for (std::size_t i = 0; i < pixels; ++i, in += pixelBytes, out += pixelBytes) {
    std::memcpy(out, in + 2 * sizeof(Sample), sizeof(Sample));
    std::memcpy(out + sizeof(Sample), in + sizeof(Sample), sizeof(Sample));
    std::memcpy(out + 2 * sizeof(Sample), in, sizeof(Sample));
    if (samples == 4) std::memcpy(out + 3 * sizeof(Sample), in + 3 * sizeof(Sample), sizeof(Sample));
  }
}

/// Copies samples of 16 bits and floating-point numbers, in OpenCV's order.
void copyPixels(const TiffHeader& header, const std::uint8_t* in, std::uint8_t* out, std::size_t pixels) noexcept {
  if (header.samples == 1) {
    std::memcpy(out, in, header.bytesOf(pixels));
  } else if (header.bits == 16) {
    copySwapped<std::uint16_t>(in, out, pixels, header.samples);
  } else if (header.bits == 32) {
    copySwapped<float>(in, out, pixels, header.samples);
  } else {
    copySwapped<double>(in, out, pixels, header.samples);
  }
}

struct Color {
  std::uint8_t blue = 0;
  std::uint8_t green = 0;
  std::uint8_t red = 0;
  std::uint8_t alpha = 255;
};

/// Makes 8-bit pixels of all integer samples, with the arithmetic of libtiff's RGBA images.
class EightBits {
 public:
  EightBits(const TiffHeader& header, TIFF* handle) : header_(header) {
    if (header.photometric == TiffPhotometric::palette) {
      readPalette(handle);
      return;
    }
    const unsigned values = header.bits == 1 ? 2 : 256;  // of 16 bits, the upper eight
    for (unsigned i = 0; i < values; ++i) {
      const auto grey = static_cast<std::uint8_t>(i * 255 / (values - 1));
      const auto value =
          static_cast<std::uint8_t>(header.photometric == TiffPhotometric::whiteIsZero ? 255 - grey : grey);
      table_[i] = {value, value, value, 255};
    }
  }

  void convert(const std::uint8_t* in, std::uint8_t* out, std::size_t pixels, int type) const noexcept {
    for (std::size_t i = 0; i < pixels; ++i) {
      const Color color = header_.samples == 1 ? table_[indexAt(in, i)] : colorAt(in, i);
      if (type == CV_8UC1) {
        *out++ = grayOf(color.blue, color.green, color.red);
        continue;
      }
      *out++ = color.blue;
      *out++ = color.green;
      *out++ = color.red;
      if (type == CV_8UC4) *out++ = color.alpha;
    }
  }

 private:
  void readPalette(TIFF* handle) {
    const std::uint16_t* red = nullptr;
    const std::uint16_t* green = nullptr;
    const std::uint16_t* blue = nullptr;
    if (libtiff().getField(handle, TIFFTAG_COLORMAP, &red, &green, &blue) == 0) {
      throw Error(ErrorCode::cannotDecode,
                  "Expected a TIFF image of a palette to have one but it is missing: the body is damaged");
    }
    const std::size_t colors = std::size_t{1} << header_.bits;
    const auto small = [colors](const std::uint16_t* values) {
      return std::all_of(values, values + colors, [](std::uint16_t value) { return value < 256; });
    };
    // Some programs write 8 bits where the specification demands 16.
    const bool eightBits = small(red) && small(green) && small(blue);
    const auto narrow = [eightBits](unsigned value) {
      return static_cast<std::uint8_t>(eightBits ? value : value >> 8);
    };
    for (std::size_t i = 0; i < colors; ++i) table_[i] = {narrow(blue[i]), narrow(green[i]), narrow(red[i]), 255};
  }

  [[nodiscard]] std::size_t indexAt(const std::uint8_t* in, std::size_t i) const noexcept {
    switch (header_.bits) {
      case 1:
        return in[i / 8] >> (7 - i % 8) & 1U;
      case 4:
        return in[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15U;
      case 16:
        return in[i * 2 + 1];  // little-endian, whatever the file was
      default:
        return in[i];
    }
  }

  [[nodiscard]] Color colorAt(const std::uint8_t* in, std::size_t i) const noexcept {
    const auto sample = [&](std::size_t channel) -> unsigned {
      const std::size_t at = i * header_.samples + channel;
      if (header_.bits == 8) return in[at];
      const unsigned wide = in[at * 2] | static_cast<unsigned>(in[at * 2 + 1]) << 8;
      return (wide + 128) / 257;
    };
    const unsigned alpha = header_.samples == 4 ? sample(3) : 255;
    const auto multiplied = [&](unsigned value) {
      return static_cast<std::uint8_t>(header_.alphaToMultiply ? (value * alpha + 127) / 255 : value);
    };
    return {multiplied(sample(2)), multiplied(sample(1)), multiplied(sample(0)), static_cast<std::uint8_t>(alpha)};
  }

  const TiffHeader& header_;
  std::array<Color, 256> table_{};
};

int typeOf(const TiffHeader& header) noexcept {
  const int depth = header.bits == 64 ? CV_64F : header.bits == 32 ? CV_32F : header.bits == 16 ? CV_16U : CV_8U;
  return CV_MAKETYPE(depth, header.photometric == TiffPhotometric::palette ? 3 : static_cast<int>(header.samples));
}

/// The size of the row or tile that is unpacked at a time, which is limited because the body chooses it.
std::size_t pieceBytes(const TiffHeader& header) {
  if (!header.tiled()) return static_cast<std::size_t>(header.bytesOf(header.cols));
  constexpr std::uint64_t always = 4ULL * 1024 * 1024;  // a tile may be larger than a small image
  const std::uint64_t row = header.bytesOf(header.tileCols);
  const std::uint64_t most = std::max(always, header.bytesOf(header.cols) * header.rows);
  if (header.tileRows <= most / row) return static_cast<std::size_t>(row * header.tileRows);
  throw Error(ErrorCode::cannotDecode,
              "Expected TIFF tiles of at most " + std::to_string(most) + " bytes for an image of " +
                  std::to_string(header.cols) + " x " + std::to_string(header.rows) + " but received tiles of " +
                  std::to_string(header.tileCols) + " x " + std::to_string(header.tileRows) + ": the body is damaged");
}

/// Checks that libtiff understands the header as readTiffHeader does.
void checkAgreement(const TiffHeader& header, TIFF* handle, std::size_t piece) {
  const LibTiff& lib = libtiff();
  std::uint32_t cols = 0;
  std::uint32_t rows = 0;
  const bool sameSides = lib.getField(handle, TIFFTAG_IMAGEWIDTH, &cols) != 0 && cols == header.cols &&
                         lib.getField(handle, TIFFTAG_IMAGELENGTH, &rows) != 0 && rows == header.rows;
  if (sameSides && (header.tiled() ? lib.tileSize(handle) : lib.scanlineSize(handle)) == piece) return;
  throw Error(ErrorCode::cannotDecode,
              "Expected a TIFF header that can be read in one way only but this one contradicts itself: it is damaged");
}

/// Calls `put` for each row, as readPieces does.
template <typename Put>
std::uint64_t readStrips(const TiffHeader& header, TIFF* handle, std::vector<std::uint8_t>& row,
                         const TiffMessages& messages, DecodeWork& work, Put put) {
  std::uint64_t there = 0;
  for (std::uint32_t y = 0; y < header.rows; ++y) {
    work.mustGoOn(header.cols);
    if (libtiff().readScanline(handle, row.data(), y, 0) == 1) {
      put(row.data(), y, 0U, header.cols);
      ++there;
      continue;
    }
    if (!work.keepsDamaged()) failed("row " + std::to_string(y), messages);
    work.lost();
    y += header.stripRows - 1 - y % header.stripRows;  // the rest of the strip
  }
  return there;
}

/// Calls `put` for each part of a row, with the unpacked bytes, row, column and number of pixels. Returns how many rows
/// or tiles are there.
template <typename Put>
std::uint64_t readPieces(const TiffHeader& header, TIFF* handle, std::size_t piece, const TiffMessages& messages,
                         DecodeWork& work, Put put) {
  const LibTiff& lib = libtiff();
  std::vector<std::uint8_t> buffer(piece);
  if (!header.tiled()) return readStrips(header, handle, buffer, messages, work, put);
  std::uint64_t there = 0;
  const auto rowBytes = static_cast<std::size_t>(header.bytesOf(header.tileCols));
  std::uint32_t tile = 0;
  for (std::uint64_t top = 0; top < header.rows; top += header.tileRows) {
    for (std::uint64_t left = 0; left < header.cols; left += header.tileCols, ++tile) {
      work.mustGoOn(std::uint64_t{header.tileCols} * header.tileRows);
      const tmsize_t unpacked = lib.readEncodedTile(handle, tile, buffer.data(), static_cast<tmsize_t>(piece));
      if (unpacked != static_cast<tmsize_t>(piece)) {
        if (!work.keepsDamaged()) failed("tile " + std::to_string(tile), messages);
        work.lost();
        continue;
      }
      ++there;
      const auto rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(header.tileRows, header.rows - top));
      const auto cols = static_cast<std::uint32_t>(std::min<std::uint64_t>(header.tileCols, header.cols - left));
      for (std::uint32_t y = 0; y < rows; ++y) {
        put(buffer.data() + y * rowBytes, static_cast<std::uint32_t>(top) + y, static_cast<std::uint32_t>(left), cols);
      }
    }
  }
  return there;
}

}  // namespace

cv::Mat decodeTiff(std::span<const std::byte> body, const DecodeOptions& options, DecodeWork& work) {
  const TiffHeader header = readTiffHeader(body, work.keepsDamaged());
  const int type = decodedType(typeOf(header), options.mode);
  if (header.floatingPoint() && options.mode != DecodeMode::unchanged) {
    throw Error(ErrorCode::cannotDecode,
                "Expected a TIFF image of 8 or 16 bits to make 8-bit colour or grey of but received " +
                    typeName(typeOf(header)) + ": receive it with the mode unchanged");
  }
  const std::size_t piece = pieceBytes(header);
  const std::uint64_t pixelBytes = std::uint64_t{header.rows} * header.cols * CV_ELEM_SIZE(type);
  constexpr std::size_t tables = 1024UL * 1024;
  // Strip offsets and sizes, at most one for every 4 bytes of the body, become 8 bytes each.
  const std::size_t mostOfLibrary = tables + 2 * body.size() + piece;
  checkLimits(header.rows, header.cols, type, options.limits, "TIFF", piece);
  constexpr std::uint64_t bytesOfPiece = 32;  // its offset and its size, as they are and as they are kept
  work.reserve(pixelBytes + piece + tables + header.pieces() * bytesOfPiece + reducedBytes(pixelBytes, options.reduce) +
               (swapsSides(static_cast<int>(header.orientation)) ? pixelBytes : 0));

  Source source{body};
  TiffMessages messages;
  // A strip that is mapped is there as a whole or not at all.
  const auto map = work.keepsDamaged() ? mapNothing : mapSource;
  const TiffHandle handle =
      openTiff("rc", {&source, readSource, writeNothing, seekSource, sizeOfSource, map}, mostOfLibrary, messages);
  if (!handle) failed("the header", messages);
  checkAgreement(header, handle.get(), piece);

  cv::Mat image = pixelsFor(work, static_cast<int>(header.rows), static_cast<int>(header.cols), type);
  std::uint64_t there = 0;
  const auto place = [&image](std::uint32_t y, std::uint32_t x) {
    return image.ptr(static_cast<int>(y)) + x * image.elemSize();
  };
  if (CV_MAT_DEPTH(type) != CV_8U) {
    there = readPieces(header, handle.get(), piece, messages, work,
                       [&](const std::uint8_t* in, std::uint32_t y, std::uint32_t x, std::size_t pixels) {
                         copyPixels(header, in, place(y, x), pixels);
                       });
  } else {
    const EightBits pixels8(header, handle.get());
    there = readPieces(header, handle.get(), piece, messages, work,
                       [&](const std::uint8_t* in, std::uint32_t y, std::uint32_t x, std::size_t pixels) {
                         pixels8.convert(in, place(y, x), pixels, type);
                       });
  }
  if (there == 0) failed("a row or tile", messages);
  applyOrientation(image, static_cast<int>(header.orientation));  // as OpenCV does for TIFF, in every mode
  return image;
}

}  // namespace matmq::codec
