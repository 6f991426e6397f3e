// The chunks of a WebP file, as far as libwebp's decoder does not read them: the first frame of an animation.
#pragma once

#include <cstddef>
#include <span>

namespace matmq::codec {

/// One picture of a file, as libwebp's decoder takes it, and its place on the canvas.
struct WebpFrame {
  std::span<const std::byte> bytes;
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
  int canvasWidth = 0;  ///< 0: the frame is the whole picture, and says its size itself alone
  int canvasHeight = 0;
};

/// The first frame of an animated file, or the whole body of any other.
/// @throws Error CANNOT_DECODE when an animated file has no frame, or one that leaves its canvas
[[nodiscard]] WebpFrame firstWebpFrame(std::span<const std::byte> body);

}  // namespace matmq::codec
