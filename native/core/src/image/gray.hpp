// Grey values of colours as OpenCV's decoders make them: their fixed-point weights differ from those of cv::cvtColor in
// the last place.
#pragma once

#include <cstdint>

namespace matmq::codec {

[[nodiscard]] constexpr std::uint8_t grayOf(int blue, int green, int red) noexcept {
  constexpr int shift = 14;
  constexpr int redWeight = 4899;
  constexpr int greenWeight = 9617;
  constexpr int blueWeight = (1 << shift) - redWeight - greenWeight;
  const int sum = blue * blueWeight + green * greenWeight + red * redWeight;
  return static_cast<std::uint8_t>((sum + (1 << (shift - 1))) >> shift);
}

}  // namespace matmq::codec
