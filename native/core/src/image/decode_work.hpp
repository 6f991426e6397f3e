// What one decode may take: the memory, the processor time, and for as long as somebody wants its result.
//
// Rules
// 1. A DecodeWork belongs to the thread that decodes, and lives for one decode.
// 2. A decoder calls admit() (or reserve()) once, before it allocates memory that grows with the image.
// 3. It calls done() at least after each row, tile or part of the body, and ends when that says so; endedEarly()
//    then throws the reason. done() may be called from within C libraries.
// 4. With DamagedImage::keep a decoder calls lost() instead of throwing when pixels are missing, if there is a pixel.
#pragma once

#include <chrono>
#include <matmq/image.hpp>
#include <stop_token>
#include <string_view>

#include "image/codec_memory.hpp"
#include "image/limits.hpp"

namespace matmq::codec {

class DecodeWork {
 public:
  explicit DecodeWork(const DecodeOptions& options);
  DecodeWork(const DecodeWork&) = delete;
  DecodeWork& operator=(const DecodeWork&) = delete;

  /// Checks the size as checkLimits does, then waits until there is room for the memory (setCodecMemory): the pixels,
  /// what is `beside` them, and the `copies` of them that are made afterwards, which no limit counts.
  /// @throws Error LIMIT_EXCEEDED; CANCELLED; CANNOT_DECODE as checkLimits
  void admit(std::uint64_t rows, std::uint64_t cols, int type, std::string_view what, std::uint64_t beside = 0,
             std::uint64_t copies = 0);
  /// The second half of admit(), for those that take less memory than their limits count.
  /// @throws Error LIMIT_EXCEEDED; CANCELLED
  void reserve(std::uint64_t bytes);

  /// So many pixels (or bytes) more are done. False: the time is over, or nobody wants the result.
  [[nodiscard]] bool done(std::uint64_t pixels) noexcept {
    constexpr std::uint64_t betweenLooks = 65'536;
    constexpr std::uint64_t ofEachCall = 64;
    sinceLook_ += pixels + ofEachCall;
    return sinceLook_ < betweenLooks || goesOn();
  }
  /// Whether done() has said that the decode ends.
  [[nodiscard]] bool ended() const noexcept { return end_ != End::none; }
  /// @throws Error LIMIT_EXCEEDED (limits.decodeTime) or CANCELLED
  [[noreturn]] void endedEarly() const;
  /// done(), which throws what endedEarly() throws.
  void mustGoOn(std::uint64_t pixels) {
    if (!done(pixels)) endedEarly();
  }

  /// Whether an image that is not whole is wanted.
  [[nodiscard]] bool keepsDamaged() const noexcept { return keepsDamaged_; }
  /// Pixels are missing.
  void lost() noexcept { damaged_ = true; }
  [[nodiscard]] bool damaged() const noexcept { return damaged_; }

 private:
  enum class End : std::uint8_t { none, cancelled, overtime };
  [[nodiscard]] bool goesOn() noexcept;
  [[nodiscard]] static std::chrono::nanoseconds processorTime() noexcept;

  const ImageLimits limits_;
  const std::stop_token stop_;
  const std::chrono::nanoseconds start_;
  std::uint64_t sinceLook_ = 0;
  End end_ = End::none;
  const bool keepsDamaged_;
  bool damaged_ = false;
  CodecMemory::Share memory_;
};

/// Makes all pixels those that are missing: of half intensity, and opaque.
void fillMissing(cv::Mat& image);

/// A matrix for the pixels: those of a decode that keeps damaged images are what is missing until they are decoded.
[[nodiscard]] cv::Mat pixelsFor(const DecodeWork& work, int rows, int cols, int type);

}  // namespace matmq::codec
