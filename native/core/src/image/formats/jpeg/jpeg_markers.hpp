// What the markers of a JPEG body say and libjpeg does not report before it decodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace matmq::codec {

/// The orientation of the EXIF block; 1 if there is none. OpenCV takes the first APP1 for EXIF, whatever it is, so that
/// an XMP block before the EXIF hides it; this does the same.
[[nodiscard]] int jpegOrientation(std::span<const std::byte> body) noexcept;

/// The scans of a progressive file; 1 for a baseline file, whose data are not searched.
[[nodiscard]] std::uint64_t countJpegScans(std::span<const std::byte> body) noexcept;

}  // namespace matmq::codec
