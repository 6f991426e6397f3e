// The pixels of a BMP file that is packed in run lengths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "image/decode_work.hpp"

namespace matmq::codec {

/// Runs of pixels, and codes that end a row or the image, or go on elsewhere. What no run covers has the first colour
/// of the palette. A byte for each pixel comes out, the last row of the image first.
class BmpRunLengths {
 public:
  /// `four`: of 4 bits a pixel; otherwise 8.
  /// @throws Error CANNOT_DECODE where a run is cut off, or leaves its row or the image, unless `work` keeps damaged
  ///         images and there is a row; as DecodeWork
  BmpRunLengths(std::span<const std::byte> in, std::size_t width, std::size_t height, bool four, DecodeWork& work);

  /// Those that are there: all, unless the image is damaged.
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }

  [[nodiscard]] const std::uint8_t* row(std::size_t y) const noexcept { return indices_.data() + y * width_; }

 private:
  bool step();
  void literal(unsigned count);
  template <class Value>
  void run(unsigned count, Value value);
  unsigned next();

  std::span<const std::byte> in_;
  std::size_t at_ = 0;
  bool four_;
  std::size_t width_;
  std::size_t height_;
  std::size_t x_ = 0;
  std::size_t y_ = 0;
  std::size_t rows_;
  std::vector<std::uint8_t> indices_;
};

}  // namespace matmq::codec
