#include "image/codec_memory.hpp"

#include <algorithm>
#include <matmq/image.hpp>
#include <memory>
#include <string>

#include "base/machine_memory.hpp"

namespace matmq {
namespace codec {

std::optional<CodecMemory::Share> CodecMemory::take(std::uint64_t bytes, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto place = waiting_.insert(waiting_.end(), bytes);
  const auto turn = [&] {
    return place == waiting_.begin() && (bytes > size_ || bytes <= size_ - std::min(taken_, size_));
  };
  const bool mine = changed_.wait(lock, stop, turn);
  waiting_.erase(place);
  changed_.notify_all();  // the next one may have room, too
  if (!mine) return std::nullopt;
  checkPossible(bytes);
  taken_ += bytes;
  return Share(*this, bytes);
}

void CodecMemory::checkPossible(std::uint64_t bytes) const {
  if (bytes <= size_) return;
  throw Error(ErrorCode::limitExceeded,
              "Expected at most " + std::to_string(size_) +
                  " bytes for all decodes of the process together but received an image that takes " +
                  std::to_string(bytes) + ": raise setCodecMemory() if the sender is trusted");
}

void CodecMemory::giveBack(std::uint64_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  taken_ -= bytes;
  changed_.notify_all();
}

std::uint64_t CodecMemory::size() {
  const std::lock_guard lock(mutex_);
  return size_;
}

std::size_t CodecMemory::waiting() {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void CodecMemory::resize(std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  size_ = size;
  changed_.notify_all();
}

// Never destroyed: a codec thread may still decode when the process ends.
CodecMemory& decodeMemory() {
  constexpr std::uint64_t part = 4;
  static CodecMemory& instance =
      *std::make_unique<CodecMemory>(std::max(machineMemory() / part, leastCodecMemory)).release();
  return instance;
}

}  // namespace codec

std::uint64_t codecMemory() { return codec::decodeMemory().size(); }

void setCodecMemory(std::uint64_t bytes) {
  if (bytes < leastCodecMemory) {
    throw Error(ErrorCode::invalidArgument, "Expected at least " + std::to_string(leastCodecMemory) +
                                                " bytes of codec memory but received " + std::to_string(bytes));
  }
  codec::decodeMemory().resize(bytes);
}

}  // namespace matmq
