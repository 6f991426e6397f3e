// The orientation tag of EXIF, read and applied as OpenCV 4.6 does it.
#pragma once

#include <cstddef>
#include <opencv2/core/mat.hpp>
#include <span>

namespace matmq::codec {

/// The orientation (1 to 8 in a valid file) in EXIF, which is a TIFF block; 1 if there is none.
[[nodiscard]] int exifOrientation(std::span<const std::byte> tiff) noexcept;

/// Whether rows become columns, for which the pixels are copied.
[[nodiscard]] constexpr bool swapsSides(int orientation) noexcept { return orientation >= 5 && orientation <= 8; }

/// Turns `image` upright. Values outside 2 to 8 leave it as it is.
void applyOrientation(cv::Mat& image, int orientation);

}  // namespace matmq::codec
