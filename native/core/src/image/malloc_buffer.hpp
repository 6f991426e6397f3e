// Memory for encoded bytes whose size is known only at the end.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <matmq/bytes.hpp>
#include <new>

namespace matmq::codec {

struct Free {
  void operator()(void* memory) const noexcept { std::free(memory); }
};

/// A growing block of memory from malloc. A vector would zero it, copy it to grow and keep its spare capacity for as
/// long as the message waits in a queue; realloc moves pages instead of bytes and frees the spare ones.
class MallocBuffer {
 public:
  explicit MallocBuffer(std::size_t capacity)
      : memory_(static_cast<std::byte*>(std::malloc(std::max<std::size_t>(capacity, 1)))) {
    if (!memory_) throw std::bad_alloc();
    capacity_ = std::max<std::size_t>(capacity, 1);
  }
  MallocBuffer(const MallocBuffer&) = delete;
  MallocBuffer& operator=(const MallocBuffer&) = delete;

  [[nodiscard]] std::byte* data() noexcept { return memory_.get(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// False when there is no memory: called from C libraries, which no exception may cross.
  [[nodiscard]] bool append(const void* bytes, std::size_t count) noexcept {
    if (count > capacity_ - size_ && !grow(count)) return false;
    std::memcpy(memory_.get() + size_, bytes, count);
    size_ += count;
    return true;
  }

  /// Grows by half and keeps the content. False when there is no memory.
  [[nodiscard]] bool enlarge() noexcept { return reallocate(capacity_ + capacity_ / 2 + 1); }

  /// The bytes appended.
  [[nodiscard]] SharedBytes release() && { return std::move(*this).release(size_); }

  /// The first `size` bytes, written through data().
  [[nodiscard]] SharedBytes release(std::size_t size) && {
    if (size < capacity_) reallocate(std::max<std::size_t>(size, 1));  // a failure to shrink loses nothing
    const std::byte* begin = memory_.get();
    return {std::shared_ptr<const void>(memory_.release(), Free{}), {begin, size}};
  }

 private:
  [[nodiscard]] bool grow(std::size_t count) noexcept {
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max() / 2;
    if (count > most - size_) return false;
    return reallocate(std::max(size_ + count, std::min(most, capacity_ + capacity_ / 2)));
  }

  bool reallocate(std::size_t capacity) noexcept {
    void* moved = std::realloc(memory_.get(), capacity);
    if (moved == nullptr) return false;
    static_cast<void>(memory_.release());  // realloc has freed it
    memory_.reset(static_cast<std::byte*>(moved));
    capacity_ = capacity;
    return true;
  }

  std::unique_ptr<std::byte, Free> memory_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

}  // namespace matmq::codec
