#include "image/formats/bmp/bmp_run_lengths.hpp"

#include <algorithm>
#include <matmq/error.hpp>

namespace matmq::codec {
namespace {

constexpr unsigned endOfRow = 0;
constexpr unsigned endOfImage = 1;
constexpr unsigned jump = 2;

[[noreturn]] void cutOff() {
  throw Error(ErrorCode::cannotDecode,
              "Expected the end of a run-length BMP image but the body ends before: it is truncated");
}
[[noreturn]] void outside() {
  throw Error(ErrorCode::cannotDecode,
              "Expected the runs of a BMP image to end with its rows but one is longer: the body is damaged");
}

}  // namespace

BmpRunLengths::BmpRunLengths(std::span<const std::byte> in, std::size_t width, std::size_t height, bool four,
                             DecodeWork& work)
    : in_(in), four_(four), width_(width), height_(height), rows_(height), indices_(width * height) {
  try {
    while (y_ < height_ && step()) work.mustGoOn(1);
  } catch (const Error&) {
    if (work.ended() || !work.keepsDamaged() || y_ == 0) throw;
    rows_ = std::min(y_, height_);
    work.lost();
  }
}

// False: the image ends.
bool BmpRunLengths::step() {
  const unsigned count = next();
  const unsigned value = next();
  if (count > 0) {
    run(count, [&](unsigned i) { return four_ ? (i % 2 == 0 ? value >> 4 : value & 15U) : value; });
  } else if (value == endOfRow) {
    x_ = 0;
    ++y_;
  } else if (value == endOfImage) {
    return false;
  } else if (value == jump) {
    x_ += next();
    y_ += next();
    if (x_ > width_ || y_ > height_) outside();
  } else {
    literal(value);
  }
  return true;
}

template <class Value>
void BmpRunLengths::run(unsigned count, Value value) {
  if (x_ == width_) {  // the end of the row was not said
    x_ = 0;
    ++y_;
  }
  if (y_ >= height_ || count > width_ - x_) outside();
  std::uint8_t* out = indices_.data() + y_ * width_ + x_;
  for (unsigned i = 0; i < count; ++i) *out++ = static_cast<std::uint8_t>(value(i));
  x_ += count;
}

void BmpRunLengths::literal(unsigned count) {
  const std::size_t bytes = four_ ? (count + 1) / 2 : count;
  if (bytes > in_.size() - at_) cutOff();
  const auto from = in_.subspan(at_, bytes);
  run(count, [&](unsigned i) {
    const auto value = std::to_integer<unsigned>(from[four_ ? i / 2 : i]);
    return four_ ? (i % 2 == 0 ? value >> 4 : value & 15U) : value;
  });
  at_ += bytes + bytes % 2;
  at_ = std::min(at_, in_.size());
}

unsigned BmpRunLengths::next() {
  if (at_ == in_.size()) cutOff();
  return std::to_integer<unsigned>(in_[at_++]);
}

}  // namespace matmq::codec
