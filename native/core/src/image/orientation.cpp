#include "orientation.hpp"

#include <cstdint>
#include <opencv2/core.hpp>
#include <optional>

namespace matmq::codec {
namespace {

constexpr int upright = 1;
constexpr std::size_t entrySize = 12;

// A tag's string longer than this lies elsewhere in the block, at an offset.
constexpr std::uint32_t inlineBytes = 4;

class Tiff {
 public:
  explicit Tiff(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

  /// "II" or "MM", then 42. OpenCV looks at the first letter and that both are alike; so do we.
  [[nodiscard]] bool readByteOrder() noexcept {
    if (bytes_.size() < 8 || bytes_[0] != bytes_[1]) return false;
    if (bytes_[0] == std::byte{'I'}) {
      littleEndian_ = true;
    } else if (bytes_[0] == std::byte{'M'}) {
      littleEndian_ = false;
    } else {
      return false;
    }
    return u16(2) == 42;
  }

  [[nodiscard]] std::optional<std::uint16_t> u16(std::size_t offset) const noexcept {
    if (offset > bytes_.size() || bytes_.size() - offset < 2) return std::nullopt;
    const auto first = std::to_integer<unsigned>(bytes_[offset]);
    const auto second = std::to_integer<unsigned>(bytes_[offset + 1]);
    return static_cast<std::uint16_t>(littleEndian_ ? second << 8 | first : first << 8 | second);
  }

  [[nodiscard]] std::optional<std::uint32_t> u32(std::size_t offset) const noexcept {
    const auto first = u16(offset);
    const auto second = u16(offset + 2);
    if (!first || !second) return std::nullopt;
    const std::uint32_t a = *first;
    const std::uint32_t b = *second;
    return littleEndian_ ? b << 16 | a : a << 16 | b;
  }

  /// Whether the string of the entry at `offset` lies inside the block.
  [[nodiscard]] bool holdsString(std::size_t offset) const noexcept {
    const auto size = u32(offset + 4);
    if (!size) return false;
    if (*size <= inlineBytes) return true;
    const auto at = u32(offset + 8);
    return at && *at <= bytes_.size() && *size <= bytes_.size() - *at;
  }

 private:
  std::span<const std::byte> bytes_;
  bool littleEndian_ = true;
};

}  // namespace

int exifOrientation(std::span<const std::byte> bytes) noexcept {
  Tiff tiff(bytes);
  if (!tiff.readByteOrder()) return upright;
  const auto directory = tiff.u32(4);
  const auto entries = directory ? tiff.u16(*directory) : std::nullopt;
  if (!entries) return upright;
  for (std::size_t i = 0; i < *entries; ++i) {
    const std::size_t entry = std::size_t{*directory} + 2 + i * entrySize;
    const auto tag = tiff.u16(entry);
    if (!tag) return upright;
    switch (*tag) {
      case 0x0112:
        return tiff.u16(entry + 8).value_or(upright);  // whatever the entry's type says
      case 0x010E:                                     // ImageDescription, Make, Model: the strings that come before
      case 0x010F:                                     // Orientation. OpenCV gives up on the block when
      case 0x0110:                                     // one of them points outside it.
        if (!tiff.holdsString(entry)) return upright;
        break;
      default:
        break;
    }
  }
  return upright;
}

void applyOrientation(cv::Mat& image, int orientation) {
  constexpr int aroundX = 0;  // cv::flip's codes
  constexpr int aroundY = 1;
  constexpr int aroundBoth = -1;
  if (orientation >= 5 && orientation <= 8) {  // the stored rows are the visual columns
    cv::Mat turned;
    cv::transpose(image, turned);
    image = turned;
  }
  switch (orientation) {
    case 2:
    case 6:
      cv::flip(image, image, aroundY);
      break;
    case 3:
    case 7:
      cv::flip(image, image, aroundBoth);
      break;
    case 4:
    case 8:
      cv::flip(image, image, aroundX);
      break;
    default:
      break;
  }
}

}  // namespace matmq::codec
