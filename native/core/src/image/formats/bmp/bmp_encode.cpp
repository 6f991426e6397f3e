// BMP needs no library. This writes what OpenCV 4.6 does: 24 or 32 bits a pixel, or 8 with a palette of greys.
#include <cstring>
#include <limits>

#include "image/codecs.hpp"
#include "image/formats/bmp/bmp_layout.hpp"
#include "image/malloc_buffer.hpp"

namespace matmq::codec {
namespace {

constexpr std::size_t paletteBytes = 256 * 4;

constexpr std::size_t paddedTo4(std::size_t bytes) noexcept { return (bytes + 3) & ~std::size_t{3}; }

void put16(std::byte*& out, std::uint32_t value) noexcept {
  *out++ = static_cast<std::byte>(value & 0xFF);
  *out++ = static_cast<std::byte>(value >> 8 & 0xFF);
}
void put32(std::byte*& out, std::uint32_t value) noexcept {
  put16(out, value);
  put16(out, value >> 16);
}

std::size_t headerBytes(const cv::Mat& image) noexcept {
  return bmpFileHeader + bmpInfoHeader + (image.channels() == 1 ? paletteBytes : 0);
}

/// 64 bits, of which the header has 31.
std::uint64_t fileSizeOf(const cv::Mat& image) noexcept {
  const std::size_t pitch = paddedTo4(static_cast<std::size_t>(image.cols) * image.elemSize());
  return headerBytes(image) + std::uint64_t{pitch} * static_cast<std::uint64_t>(image.rows);
}

}  // namespace

void checkBmpMatrix(const cv::Mat& image) {
  constexpr std::uint64_t most = std::numeric_limits<std::int32_t>::max();
  const std::uint64_t fileSize = fileSizeOf(image);
  if (fileSize <= most) return;
  throw Error(ErrorCode::cannotEncode, "Expected at most " + std::to_string(most) +
                                           " bytes for BMP but received a matrix that makes " +
                                           std::to_string(fileSize) + ": send it as '.png' or 'raw'");
}

SharedBytes encodeBmp(const cv::Mat& image, const EncodeOptions&) {
  const auto fileSize = static_cast<std::size_t>(fileSizeOf(image));
  const std::size_t rowBytes = static_cast<std::size_t>(image.cols) * image.elemSize();
  const std::size_t padding = paddedTo4(rowBytes) - rowBytes;
  MallocBuffer buffer(fileSize);
  std::byte* out = buffer.data();

  *out++ = std::byte{'B'};
  *out++ = std::byte{'M'};
  put32(out, static_cast<std::uint32_t>(fileSize));
  put32(out, 0);
  put32(out, static_cast<std::uint32_t>(headerBytes(image)));
  put32(out, bmpInfoHeader);
  put32(out, static_cast<std::uint32_t>(image.cols));
  put32(out, static_cast<std::uint32_t>(image.rows));
  put16(out, 1);  // planes
  put16(out, static_cast<std::uint32_t>(image.channels()) * 8);
  for (int i = 0; i < 6; ++i) put32(out, 0);  // compression, size, resolutions, colours: 0 is allowed for all
  if (image.channels() == 1) {
    for (std::uint32_t value = 0; value < 256; ++value) put32(out, value * 0x010101U);
  }
  for (int y = image.rows - 1; y >= 0; --y) {
    std::memcpy(out, image.ptr(y), rowBytes);
    std::memset(out + rowBytes, 0, padding);
    out += rowBytes + padding;
  }
  return std::move(buffer).release(fileSize);
}

}  // namespace matmq::codec
