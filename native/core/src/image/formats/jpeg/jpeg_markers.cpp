#include "image/formats/jpeg/jpeg_markers.hpp"

#include <cstring>
#include <optional>

#include "image/orientation.hpp"

namespace matmq::codec {
namespace {

/// Iterates over the markers. Bytes between them (entropy-coded data, or garbage) are skipped, as libjpeg does.
class Markers {
 public:
  explicit Markers(std::span<const std::byte> body) noexcept : rest_(body) {}

  struct Marker {
    unsigned code;
    std::span<const std::byte> payload;
  };

  [[nodiscard]] std::optional<Marker> next() noexcept {
    while (!rest_.empty()) {
      const void* found = std::memchr(rest_.data(), 0xFF, rest_.size());
      if (found == nullptr) return std::nullopt;
      rest_ = rest_.subspan(static_cast<std::size_t>(static_cast<const std::byte*>(found) - rest_.data()));
      while (!rest_.empty() && rest_.front() == std::byte{0xFF}) rest_ = rest_.subspan(1);
      if (rest_.empty()) return std::nullopt;
      const auto code = std::to_integer<unsigned>(rest_.front());
      rest_ = rest_.subspan(1);
      if (code == 0 || code == tem || (code >= restart0 && code <= restart7))
        continue;  // no marker, or one without a length
      if (code == start || code == end) return Marker{code, {}};
      if (rest_.size() < 2) return std::nullopt;
      const std::size_t length = std::to_integer<std::size_t>(rest_[0]) << 8 | std::to_integer<std::size_t>(rest_[1]);
      if (length < 2 || length > rest_.size()) return std::nullopt;
      const Marker marker{code, rest_.subspan(2, length - 2)};
      rest_ = rest_.subspan(length);
      return marker;
    }
    return std::nullopt;
  }

  static constexpr unsigned tem = 0x01;
  static constexpr unsigned baseline = 0xC0;
  static constexpr unsigned extended = 0xC1;
  static constexpr unsigned progressive = 0xC2;
  static constexpr unsigned restart0 = 0xD0;
  static constexpr unsigned restart7 = 0xD7;
  static constexpr unsigned start = 0xD8;
  static constexpr unsigned end = 0xD9;
  static constexpr unsigned scan = 0xDA;
  static constexpr unsigned app1 = 0xE1;

 private:
  std::span<const std::byte> rest_;
};

}  // namespace

int jpegOrientation(std::span<const std::byte> body) noexcept {
  constexpr std::size_t identifier = 6;  // "Exif\0\0"
  Markers markers(body);
  while (const auto marker = markers.next()) {
    if (marker->code == Markers::scan || marker->code == Markers::end) break;
    if (marker->code != Markers::app1) continue;
    return marker->payload.size() > identifier ? exifOrientation(marker->payload.subspan(identifier)) : 1;
  }
  return 1;
}

std::uint64_t countJpegScans(std::span<const std::byte> body) noexcept {
  Markers markers(body);
  std::uint64_t scans = 0;
  std::size_t components = 0;
  bool baseline = true;
  while (const auto marker = markers.next()) {
    if (marker->code == Markers::end) break;
    if (marker->payload.empty()) continue;
    if (marker->code == Markers::baseline || marker->code == Markers::extended ||
        marker->code == Markers::progressive) {
      baseline = marker->code != Markers::progressive;
      components = marker->payload.size() > 5 ? std::to_integer<std::size_t>(marker->payload[5]) : 0;
    }
    if (marker->code != Markers::scan) continue;
    ++scans;
    // A scan with every component is the only one of a baseline file.
    if (baseline && std::to_integer<std::size_t>(marker->payload[0]) == components) break;
  }
  return scans;
}

}  // namespace matmq::codec
