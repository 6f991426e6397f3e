#include "image/decode_work.hpp"

#include <ctime>
#include <limits>
#include <string>

namespace matmq::codec {

DecodeWork::DecodeWork(const DecodeOptions& options)
    : limits_(options.limits),
      stop_(options.stop),
      start_(processorTime()),
      keepsDamaged_(options.damaged == DamagedImage::keep) {}

void DecodeWork::admit(std::uint64_t rows, std::uint64_t cols, int type, std::string_view what, std::uint64_t beside,
                       std::uint64_t copies) {
  checkLimits(rows, cols, type, limits_, what, beside);
  // The pixels are within the limits, and the rest is a few times as much: no sum overflows.
  reserve(rows * cols * CV_ELEM_SIZE(type) + beside + copies);
}

void DecodeWork::reserve(std::uint64_t bytes) {
  auto share = decodeMemory().take(bytes, stop_);
  if (!share) {
    end_ = End::cancelled;
    endedEarly();
  }
  memory_ = std::move(*share);
}

bool DecodeWork::goesOn() noexcept {
  sinceLook_ = 0;
  if (stop_.stop_requested()) end_ = End::cancelled;
  using std::chrono::milliseconds;
  const auto took = std::chrono::duration_cast<milliseconds>(processorTime() - start_);
  if (end_ == End::none && took >= limits_.decodeTime) end_ = End::overtime;
  return end_ == End::none;
}

void DecodeWork::endedEarly() const {
  if (end_ == End::cancelled)
    throw Error(ErrorCode::cancelled, "Expected to decode an image but nobody wants it any more");
  throw Error(ErrorCode::limitExceeded, "Expected an image to be decoded in " +
                                            std::to_string(limits_.decodeTime.count()) +
                                            " ms of processor time but it takes more: raise limits.decodeTime if the "
                                            "sender is trusted");
}

// Of this thread, not of the clock on the wall: a busy machine must not refuse sound images.
std::chrono::nanoseconds DecodeWork::processorTime() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

void fillMissing(cv::Mat& image) {
  const double most = image.depth() == CV_8U    ? std::numeric_limits<std::uint8_t>::max()
                      : image.depth() == CV_16U ? std::numeric_limits<std::uint16_t>::max()
                                                : 1;
  const double half = image.depth() == CV_8U || image.depth() == CV_16U ? (most + 1) / 2 : most / 2;
  image.setTo(cv::Scalar(half, half, half, most));
}

cv::Mat pixelsFor(const DecodeWork& work, int rows, int cols, int type) {
  cv::Mat image(rows, cols, type);
  if (work.keepsDamaged()) fillMissing(image);
  return image;
}

}  // namespace matmq::codec
