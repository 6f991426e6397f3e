// The memory of all decodes of the process together.
//
// Ownership and threading
// 1. There is one for the process (decodeMemory()), never destroyed; any thread.
// 2. A decode takes its share once, and waits for it without a lock of anybody else's: no two can wait for each other.
//    Shares are given in the order in which they are asked for, so that a large image is not passed for ever.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace matmq::codec {

class CodecMemory {
 public:
  explicit CodecMemory(std::uint64_t size) : size_(size) {}
  CodecMemory(const CodecMemory&) = delete;
  CodecMemory& operator=(const CodecMemory&) = delete;

  /// What is given back when it is destroyed.
  class Share {
   public:
    Share() noexcept = default;
    Share(Share&& other) noexcept
        : memory_(std::exchange(other.memory_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(memory_, other.memory_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Share() {
      if (memory_ != nullptr) memory_->giveBack(bytes_);
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    friend class CodecMemory;
    Share(CodecMemory& memory, std::uint64_t bytes) noexcept : memory_(&memory), bytes_(bytes) {}
    CodecMemory* memory_ = nullptr;
    std::uint64_t bytes_ = 0;
  };

  /// Waits for room. Nothing when `stop` is requested before.
  /// @throws Error LIMIT_EXCEEDED when it is more than there will ever be
  [[nodiscard]] std::optional<Share> take(std::uint64_t bytes, const std::stop_token& stop);

  [[nodiscard]] std::uint64_t size();
  /// How many wait for room.
  [[nodiscard]] std::size_t waiting();
  void resize(std::uint64_t size);

 private:
  void giveBack(std::uint64_t bytes) noexcept;
  void checkPossible(std::uint64_t bytes) const;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::list<std::uint64_t> waiting_;  ///< what each waits for, in their order
  std::uint64_t size_;
  std::uint64_t taken_ = 0;
};

[[nodiscard]] CodecMemory& decodeMemory();

}  // namespace matmq::codec
