// TIFF files that cv::imencode cannot write: by libtiff, and by hand.
#pragma once

#include <functional>

#include "image/formats/tiff/tiff_library.hpp"
#include "support.hpp"

namespace support {

/// A file whose tags are what `describe` sets, and whose rows (or tiles) are what `fill` says, byte by byte.
struct TiffFile {
  std::uint32_t width = 37;
  std::uint32_t height = 23;
  int bits = 8;
  int samples = 1;
  int photometric = 1;
  int compression = 5;
  int predictor = 1;
  int sampleFormat = 1;
  int orientation = 0;   ///< 0: no tag
  int extraSample = -1;  ///< -1: no tag
  int planar = 1;
  std::uint32_t tile = 0;  ///< 0: strips
  std::uint32_t rowsPerStrip = 8;
  bool bigEndian = false;
  bool bigTiff = false;
  unsigned paletteFactor = 257;  // 8 bits as 16: 257 or 256; 1: not widened
};
[[nodiscard]] Bytes writeTiff(const TiffFile& file);

/// A directory made by hand.
struct TiffEntry {
  std::uint16_t tag;
  std::uint16_t type;
  std::uint32_t count;
  std::uint32_t value;
};
/// The header, the directory at byte 8, the offset of a next one, and what follows it.
[[nodiscard]] Bytes rawTiff(const std::vector<TiffEntry>& entries, const Bytes& behind = {}, std::uint32_t next = 0);
/// What an 8-bit grey image of 16 x 16 needs, its pixels at byte 512 of the file.
[[nodiscard]] std::vector<TiffEntry> plainEntries();

constexpr matmq::ImageFormats withTiff{matmq::ImageFormat::tiff};
constexpr matmq::ImageFormats withPnm{matmq::ImageFormat::pnm};

}  // namespace support
