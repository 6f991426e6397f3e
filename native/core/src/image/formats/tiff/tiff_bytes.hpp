// Reads numbers in a TIFF block (a TIFF file, or EXIF) in either byte order, and never outside the block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace matmq::codec {

class TiffBytes {
 public:
  explicit TiffBytes(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

  /// "II" or "MM", then 42; or, where `bigTiff` is asked for, 43. False for anything else.
  [[nodiscard]] bool readByteOrder(bool* bigTiff = nullptr) noexcept {
    if (bytes_.size() < 8 || bytes_[0] != bytes_[1]) return false;
    if (bytes_[0] == std::byte{'I'}) {
      littleEndian_ = true;
    } else if (bytes_[0] == std::byte{'M'}) {
      littleEndian_ = false;
    } else {
      return false;
    }
    if (bigTiff != nullptr) *bigTiff = u16(2) == 43;
    return u16(2) == 42 || (bigTiff != nullptr && *bigTiff);
  }

  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }

  [[nodiscard]] std::optional<std::uint8_t> u8(std::size_t offset) const noexcept {
    if (offset >= bytes_.size()) return std::nullopt;
    return std::to_integer<std::uint8_t>(bytes_[offset]);
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

  [[nodiscard]] std::optional<std::uint64_t> u64(std::size_t offset) const noexcept {
    const auto first = u32(offset);
    const auto second = u32(offset + 4);
    if (!first || !second) return std::nullopt;
    const std::uint64_t a = *first;
    const std::uint64_t b = *second;
    return littleEndian_ ? b << 32 | a : a << 32 | b;
  }

 private:
  std::span<const std::byte> bytes_;
  bool littleEndian_ = true;
};

}  // namespace matmq::codec
