// What the targets that decode images share.
#pragma once

#include <matmq/image.hpp>

#include "targets.hpp"

namespace fuzz {

/// Small, so that what may be decoded is decoded soon.
inline constexpr matmq::ImageLimits limits{.pixels = 1 << 16, .decodedBytes = 1 << 18};
/// A photo of 4 megapixels, which a few octets may claim to be.
inline constexpr matmq::ImageLimits largeLimits{.pixels = 1 << 22, .decodedBytes = 1 << 25};

/// Every mode and size, whole or damaged, by the bits of one octet. The seventh is decodePng's.
[[nodiscard]] inline matmq::DecodeOptions decodeOptions(unsigned choice) {
  constexpr matmq::DecodeMode modes[]{matmq::DecodeMode::unchanged, matmq::DecodeMode::color,
                                      matmq::DecodeMode::grayscale, matmq::DecodeMode::unchanged};
  return {.mode = modes[choice & 3],
          .ignoreOrientation = (choice & 4) != 0,
          .reduce = 1 << (choice >> 3 & 3),
          .limits = (choice & 0x80) != 0 ? largeLimits : limits,
          .damaged = (choice & 0x20) != 0 ? matmq::DamagedImage::keep : matmq::DamagedImage::refuse};
}

[[nodiscard]] inline bool isRefusal(const matmq::Error& error) noexcept {
  return error.code() == matmq::ErrorCode::cannotDecode || error.code() == matmq::ErrorCode::limitExceeded;
}

/// Where the pixels are summed up to, so that no compiler leaves them unread.
inline volatile unsigned seen;

/// Reads every pixel, and holds the matrix against what was asked for.
inline void checkImage(const cv::Mat& image, const matmq::DecodeOptions& options) {
  expect(image.rows > 0 && image.cols > 0, "an image has rows and columns");
  expect(image.total() <= options.limits.pixels, "an image has no more pixels than the limits allow");
  expect(image.total() * image.elemSize() <= options.limits.decodedBytes, "nor bytes");
  if (options.mode == matmq::DecodeMode::color) expect(image.type() == CV_8UC3, "colour is CV_8UC3");
  if (options.mode == matmq::DecodeMode::grayscale) expect(image.type() == CV_8UC1, "grey is CV_8UC1");
  unsigned sum = 0;
  for (int y = 0; y < image.rows; ++y) {
    const std::span row(image.ptr(y), static_cast<std::size_t>(image.cols) * image.elemSize());
    for (const std::uint8_t byte : row) sum += byte;
  }
  seen = sum;
}

}  // namespace fuzz
