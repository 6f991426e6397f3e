#include "image/formats/tiff/tiff_header.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <matmq/error.hpp>
#include <optional>
#include <string>

#include "image/formats/tiff/tiff_bytes.hpp"

namespace matmq::codec {
namespace {

[[noreturn]] void refuse(const std::string& expected, const std::string& received, const char* advice) {
  throw Error(ErrorCode::cannotDecode, "Expected " + expected + " but received " + received + ": " + advice);
}

constexpr const char* damagedAdvice = "the body is damaged or truncated";

enum Tag : std::uint16_t {
  imageWidth = 256,
  imageLength = 257,
  bitsPerSample = 258,
  compression = 259,
  photometricInterpretation = 262,
  stripOffsets = 273,
  orientation = 274,
  samplesPerPixel = 277,
  rowsPerStrip = 278,
  stripByteCounts = 279,
  planarConfiguration = 284,
  tileWidth = 322,
  tileLength = 323,
  tileOffsets = 324,
  tileByteCounts = 325,
  extraSamples = 338,
  sampleFormat = 339,
};

constexpr std::array knownTags{
    imageWidth,  imageLength,     bitsPerSample,  compression,  stripOffsets,    photometricInterpretation,
    orientation, samplesPerPixel, rowsPerStrip,   tileWidth,    stripByteCounts, planarConfiguration,
    tileLength,  tileOffsets,     tileByteCounts, extraSamples, sampleFormat};

/// How a file says where something is, and how much of it there is: in 4 octets, or, in a BigTIFF, in 8.
struct Widths {
  std::size_t number = 4;       ///< of an offset, or of the count of a tag; also what a tag has room for in its entry
  std::size_t directoryAt = 4;  ///< where the offset of the first directory is
  std::size_t count = 2;        ///< of the entries of a directory
};
constexpr Widths classic;
constexpr Widths big{8, 8, 8};

/// The numbers of one tag. They lie inside the body.
struct Field {
  std::size_t at = 0;  // of the first
  std::uint64_t count = 0;
  unsigned bytes = 0;  // of each: 1, 2, 4 or 8
};

class Directory {
 public:
  explicit Directory(std::span<const std::byte> body) : tiff_(body) {
    bool bigTiff = false;
    if (!tiff_.readByteOrder(&bigTiff)) refuse("the header of a TIFF image", "another", damagedAdvice);
    if (bigTiff) {
      widths_ = big;
      if (tiff_.u16(4) != 8 || tiff_.u16(6) != 0)
        refuse("offsets of 8 bytes in a BigTIFF image", "others", damagedAdvice);
    }
    const std::optional<std::uint64_t> at = wide(widths_.directoryAt);
    const std::optional<std::uint64_t> entries = at && *at < body.size() ? countAt(*at) : std::nullopt;
    const std::size_t entryBytes = 4 + 2 * widths_.number;
    if (!entries || (body.size() - *at - widths_.count) / entryBytes < *entries)
      refuse("a TIFF directory inside the body", "one at byte " + std::to_string(at.value_or(0)), damagedAdvice);
    for (std::size_t i = 0; i < *entries; ++i) addEntry(*at + widths_.count + i * entryBytes);
  }

  [[nodiscard]] const std::optional<Field>& field(Tag tag) const noexcept { return fields_[indexOf(tag)]; }

  /// Value `index` of a field that has it.
  [[nodiscard]] std::uint64_t value(const Field& field, std::size_t index) const noexcept {
    const std::size_t at = field.at + index * field.bytes;
    if (field.bytes == 1) return tiff_.u8(at).value_or(0);
    if (field.bytes == 2) return tiff_.u16(at).value_or(0);
    if (field.bytes == 4) return tiff_.u32(at).value_or(0);
    return tiff_.u64(at).value_or(0);
  }

  /// The one number of a tag, or what stands for it when it is not there.
  [[nodiscard]] std::uint32_t number(Tag tag, std::uint32_t otherwise) const {
    if (!field(tag)) return otherwise;
    const std::uint64_t first = value(*field(tag), 0);
    if (first > std::numeric_limits<std::uint32_t>::max()) {
      refuse("TIFF tag " + std::to_string(tag) + " to be a number of 32 bits", std::to_string(first), damagedAdvice);
    }
    return static_cast<std::uint32_t>(first);
  }

  [[nodiscard]] std::uint32_t required(Tag tag, const char* name) const {
    if (!field(tag)) refuse(std::string("a TIFF image with ") + name, "one without", damagedAdvice);
    return number(tag, 0);
  }

  /// The number that each sample has, which is the same for all.
  [[nodiscard]] std::uint32_t ofEachSample(Tag tag, std::uint32_t otherwise, const char* name) const {
    if (!field(tag)) return otherwise;
    const std::uint32_t first = number(tag, 0);
    constexpr std::uint32_t mostSamples = 4;
    for (std::uint64_t i = 1; i < field(tag)->count; ++i) {
      if (i < mostSamples && value(*field(tag), i) == first) continue;
      refuse(std::string("the same ") + name + " for up to 4 TIFF samples", "several", "send it as '.png' or 'raw'");
    }
    return first;
  }

 private:
  static std::size_t indexOf(Tag tag) noexcept {
    std::size_t index = 0;
    while (knownTags[index] != tag) ++index;
    return index;
  }

  /// An offset or count, which is at `at`.
  [[nodiscard]] std::optional<std::uint64_t> wide(std::size_t at) const noexcept {
    if (widths_.number == 8) return tiff_.u64(at);
    return tiff_.u32(at);
  }

  [[nodiscard]] std::optional<std::uint64_t> countAt(std::size_t at) const noexcept {
    if (widths_.count == 8) return tiff_.u64(at);
    return tiff_.u16(at);
  }

  void addEntry(std::size_t entry) {
    const std::uint16_t tag = tiff_.u16(entry).value_or(0);
    for (std::size_t i = 0; i < knownTags.size(); ++i) {
      if (knownTags[i] != tag) continue;
      const std::string name = "TIFF tag " + std::to_string(tag);
      if (fields_[i]) refuse(name + " once", "it twice", damagedAdvice);
      const unsigned type = tiff_.u16(entry + 2).value_or(0);
      const std::uint64_t count = wide(entry + 4).value_or(0);
      constexpr unsigned long8 = 16;  // of BigTIFF
      const unsigned bytes = type == 1 ? 1 : type == 3 ? 2 : type == 4 ? 4 : type == long8 ? 8 : 0;
      if (bytes == 0 || count == 0) {
        refuse(name + " to be numbers", "type " + std::to_string(type) + ", count " + std::to_string(count),
               damagedAdvice);
      }
      const bool inEntry = count <= widths_.number / bytes;
      const std::uint64_t at = inEntry ? entry + 4 + widths_.number : wide(entry + 4 + widths_.number).value_or(0);
      if (at > tiff_.size() || count > (tiff_.size() - at) / bytes) {
        refuse(name + " inside the body", std::to_string(count) + " numbers at byte " + std::to_string(at),
               damagedAdvice);
      }
      fields_[i] = Field{at, count, bytes};
    }
  }

  TiffBytes tiff_;
  Widths widths_ = classic;
  std::array<std::optional<Field>, knownTags.size()> fields_{};
};

void readColors(const Directory& directory, TiffHeader& header) {
  const std::uint32_t photometric = directory.required(photometricInterpretation, "an interpretation of its colours");
  if (photometric > 3) {
    refuse("a TIFF image of grey, RGB or a palette", "photometric interpretation " + std::to_string(photometric),
           "send it as RGB");
  }
  header.photometric = static_cast<TiffPhotometric>(photometric);
  const std::uint32_t samples = directory.number(samplesPerPixel, 1);
  const bool rgb = header.photometric == TiffPhotometric::rgb;
  if (rgb ? samples != 3 && samples != 4 : samples != 1) {
    refuse(rgb ? "3 or 4 TIFF samples a pixel of RGB" : "1 TIFF sample a pixel of grey or a palette",
           std::to_string(samples), "send it as '.png' or 'raw'");
  }
  header.samples = samples;
  constexpr std::uint32_t notMultiplied = 2;
  header.alphaToMultiply = samples == 4 && directory.number(extraSamples, 0) == notMultiplied;
}

void readDepth(const Directory& directory, TiffHeader& header) {
  constexpr std::uint32_t unsignedInteger = 1;
  constexpr std::uint32_t floatingPoint = 3;
  const std::uint32_t bits = directory.ofEachSample(bitsPerSample, 1, "bits");
  const std::uint32_t format = directory.ofEachSample(sampleFormat, unsignedInteger, "format");
  const bool grey = header.samples == 1 && header.photometric != TiffPhotometric::palette;
  const bool palette = header.photometric == TiffPhotometric::palette;
  const bool known = format == floatingPoint ? (bits == 32 || bits == 64) && !palette
                     : format == unsignedInteger
                         ? bits == 8 || (bits == 16 && !palette) || (bits == 1 && grey) || (bits == 4 && palette)
                         : false;
  if (!known) {
    refuse("TIFF samples of 8 or 16 unsigned bits, 32 or 64 floating-point bits, 1 bit of grey, or a palette of 4 or 8",
           std::to_string(bits) + " bits of sample format " + std::to_string(format), "send it as '.png' or 'raw'");
  }
  header.bits = bits;
}

/// Checks that all strips or tiles are inside the body, and that there are enough of them.
void checkPieces(const Directory& directory, const TiffHeader& header, bool packed, std::size_t bodySize) {
  const std::uint32_t rowsOfPiece = header.tiled() ? header.tileRows : header.stripRows;
  const std::uint64_t pieces = header.pieces();
  const std::uint64_t rowBytes = header.bytesOf(header.tiled() ? header.tileCols : header.cols);
  const auto& offsets = directory.field(header.tiled() ? tileOffsets : stripOffsets);
  const auto& sizes = directory.field(header.tiled() ? tileByteCounts : stripByteCounts);
  if (!offsets || !sizes || offsets->count < pieces || sizes->count < pieces) {
    refuse(std::to_string(pieces) + " TIFF strips or tiles",
           std::to_string(offsets && sizes ? std::min(offsets->count, sizes->count) : 0), damagedAdvice);
  }
  for (std::size_t i = 0; i < pieces; ++i) {
    const std::uint64_t at = directory.value(*offsets, i);
    const std::uint64_t size = directory.value(*sizes, i);
    if (size == 0 || at > bodySize || size > bodySize - at) {
      refuse("TIFF strip or tile " + std::to_string(i) + " inside a body of " + std::to_string(bodySize),
             std::to_string(size) + " bytes at byte " + std::to_string(at), damagedAdvice);
    }
    // The last strip has the rows that are left. libtiff would read the bytes after a strip that is too short.
    const std::uint64_t rows =
        header.tiled() ? rowsOfPiece : std::min<std::uint64_t>(rowsOfPiece, header.rows - i * rowsOfPiece);
    if (!packed && size / rowBytes < rows) {
      refuse(std::to_string(rows) + " rows of " + std::to_string(rowBytes) + " bytes in TIFF strip or tile " +
                 std::to_string(i),
             std::to_string(size) + " bytes", damagedAdvice);
    }
  }
}

void readTiles(const Directory& directory, TiffHeader& header) {
  if (!directory.field(tileWidth) && !directory.field(tileLength) && !directory.field(tileOffsets)) return;
  header.tileCols = directory.required(tileWidth, "the width of its tiles");
  header.tileRows = directory.required(tileLength, "the height of its tiles");
  constexpr std::uint32_t step = 16;  // TIFF 6.0, section 15
  if (header.tileCols == 0 || header.tileRows == 0 || header.tileCols % step != 0 || header.tileRows % step != 0) {
    refuse("TIFF tiles whose sides are multiples of 16",
           std::to_string(header.tileCols) + " x " + std::to_string(header.tileRows), damagedAdvice);
  }
}

void readStrips(const Directory& directory, TiffHeader& header) {
  header.stripRows = std::min(header.rows, directory.number(rowsPerStrip, std::numeric_limits<std::uint32_t>::max()));
  if (header.stripRows == 0) refuse("TIFF strips with rows", "strips of 0", damagedAdvice);
}

}  // namespace

TiffHeader readTiffHeader(std::span<const std::byte> body, bool mayBeCut) {
  const Directory directory(body);
  TiffHeader header;
  header.cols = directory.required(imageWidth, "a width");
  header.rows = directory.required(imageLength, "a height");
  if (header.cols == 0 || header.rows == 0) {
    refuse("a TIFF image with rows and columns", std::to_string(header.cols) + " x " + std::to_string(header.rows),
           damagedAdvice);
  }
  const std::uint32_t packing = directory.number(compression, 1);
  constexpr std::array known{1U, 5U, 8U, 32946U, 32773U};  // none, LZW, Deflate (twice), PackBits
  if (std::find(known.begin(), known.end(), packing) == known.end()) {
    refuse("a TIFF image packed by LZW, Deflate, PackBits or not at all", "compression " + std::to_string(packing),
           "send it with one of these");
  }
  if (directory.number(planarConfiguration, 1) != 1) {
    refuse("a TIFF image whose samples lie beside each other", "one in planes", "send it with PlanarConfiguration 1");
  }
  readColors(directory, header);
  readDepth(directory, header);
  header.orientation = directory.number(orientation, 1);
  readTiles(directory, header);
  if (!header.tiled()) readStrips(directory, header);
  if (!mayBeCut) checkPieces(directory, header, packing != 1, body.size());
  return header;
}

}  // namespace matmq::codec
