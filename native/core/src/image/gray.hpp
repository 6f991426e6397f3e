// Grey of colours as OpenCV's decoders make it: with fixed-point weights of their own, which differ from
// cv::cvtColor's in the last place.
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
