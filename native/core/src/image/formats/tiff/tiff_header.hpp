// What the first directory of a TIFF says of its image, read by our own code before libtiff sees the body.
//
// Rules
// 1. Nothing is read outside the body, no directory but the first, and nothing twice: no loop is possible.
// 2. What is not decoded is refused here, by name: BigTIFF, compressions other than none, LZW, Deflate and PackBits
//    (libtiff has a dozen more, some of them whole codecs), samples in planes, colours other than grey, RGB and
//    palettes.
// 3. All strips or tiles lie inside the body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace matmq::codec {

/// Values of the tags, as TIFF 6.0 numbers them.
enum class TiffPhotometric : std::uint8_t { whiteIsZero, blackIsZero, rgb, palette };

struct TiffHeader {
  std::uint32_t cols = 0;
  std::uint32_t rows = 0;
  unsigned bits = 1;     ///< of a sample: 1 and 4 (grey or palette), 8, 16, 32 and 64 (floating-point numbers)
  unsigned samples = 1;  ///< of a pixel: 1, 3 or 4
  TiffPhotometric photometric = TiffPhotometric::blackIsZero;
  bool alphaToMultiply = false;  ///< the fourth sample is an alpha that the colours are not multiplied with
  unsigned orientation = 1;      ///< 1 to 8
  std::uint32_t tileCols = 0;    ///< 0: in strips
  std::uint32_t tileRows = 0;

  [[nodiscard]] bool tiled() const noexcept { return tileCols != 0; }
  [[nodiscard]] bool floatingPoint() const noexcept { return bits > 16; }
  /// The bytes of a row of so many pixels in the file, decompressed.
  [[nodiscard]] std::uint64_t bytesOf(std::uint64_t pixels) const noexcept { return (pixels * samples * bits + 7) / 8; }
};

/// @throws Error CANNOT_DECODE
[[nodiscard]] TiffHeader readTiffHeader(std::span<const std::byte> body);

}  // namespace matmq::codec
