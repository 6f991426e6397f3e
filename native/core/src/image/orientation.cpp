#include "image/orientation.hpp"

#include <opencv2/core.hpp>

#include "image/formats/tiff/tiff_bytes.hpp"

namespace matmq::codec {
namespace {

constexpr int upright = 1;
constexpr std::size_t entrySize = 12;

// A longer string of a tag is elsewhere in the block, at an offset.
constexpr std::uint32_t inlineBytes = 4;

/// Whether the string of the entry at `offset` lies inside the block.
bool holdsString(const TiffBytes& tiff, std::size_t offset) noexcept {
  const auto size = tiff.u32(offset + 4);
  if (!size) return false;
  if (*size <= inlineBytes) return true;
  const auto at = tiff.u32(offset + 8);
  return at && *at <= tiff.size() && *size <= tiff.size() - *at;
}

}  // namespace

int exifOrientation(std::span<const std::byte> bytes) noexcept {
  TiffBytes tiff(bytes);
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
        return tiff.u16(entry + 8).value_or(upright);  // whatever type the entry has
      case 0x010E:                                     // ImageDescription, Make, Model: the strings that come before
      case 0x010F:                                     // Orientation. OpenCV ignores the whole block when
      case 0x0110:                                     // one of them points outside it.
        if (!holdsString(tiff, entry)) return upright;
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
  if (swapsSides(orientation)) {
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
