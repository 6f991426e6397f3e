// The facts about the image in the first directory of a TIFF or BigTIFF. This code reads them before libtiff does.
//
// Rules
// 1. It reads nothing outside the body, no directory but the first, and nothing twice: no loop is possible.
// 2. It refuses by name what is not decoded: compressions other than none, LZW, Deflate and PackBits (libtiff
//    has a dozen more, some of them whole codecs), samples in planes, colours other than grey, RGB and palettes.
// 3. It checks that all strips or tiles are inside the body, unless they may be missing.
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
  bool alphaToMultiply = false;  ///< the fourth sample is alpha, and the colours are not multiplied by it yet
  unsigned orientation = 1;      ///< 1 to 8
  std::uint32_t stripRows = 0;   ///< at least 1, unless it is in tiles
  std::uint32_t tileCols = 0;    ///< 0: in strips
  std::uint32_t tileRows = 0;

  [[nodiscard]] bool tiled() const noexcept { return tileCols != 0; }
  [[nodiscard]] bool floatingPoint() const noexcept { return bits > 16; }
  /// Strips or tiles.
  [[nodiscard]] std::uint64_t pieces() const noexcept {
    const auto parts = [](std::uint64_t whole, std::uint64_t part) { return (whole + part - 1) / part; };
    return tiled() ? parts(rows, tileRows) * parts(cols, tileCols) : parts(rows, stripRows);
  }
  /// The bytes of a row of so many pixels in the file, decompressed.
  [[nodiscard]] std::uint64_t bytesOf(std::uint64_t pixels) const noexcept { return (pixels * samples * bits + 7) / 8; }
};

/// `mayBeCut`: strips or tiles may be outside the body, or missing.
/// @throws Error CANNOT_DECODE
[[nodiscard]] TiffHeader readTiffHeader(std::span<const std::byte> body, bool mayBeCut = false);

}  // namespace matmq::codec
