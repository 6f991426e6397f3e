#include "base/body_pool.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include "base/adaptive_mutex.hpp"

namespace matmq::body_pool {
namespace {

using Clock = std::chrono::steady_clock;

/// Below this, the allocator's own free lists are as warm as ours.
constexpr std::size_t smallestPooled = 2048;
/// From here on a block is a mapping of its own, which the kernel has back at once when it is evicted.
constexpr std::size_t smallestMapped = std::size_t{128} * 1024;
constexpr std::size_t hugePage = std::size_t{2} * 1024 * 1024;
constexpr std::size_t alignment = 64;
/// How often to look for old blocks.
constexpr std::chrono::milliseconds trimInterval{500};

/// Eight classes for each power of two: at most an eighth of a block is unused, and a block of one camera frame fits
/// the next one of a slightly different size.
std::size_t sizeClass(std::size_t size) noexcept {
  const std::size_t step = std::bit_floor(size) / 8;
  return (size + step - 1) / step * step;
}

struct Free {
  void operator()(std::byte* block) const noexcept { std::free(block); }
};

// Aligned as cv::Mat aligns its own, because a body may be a matrix of doubles.
std::unique_ptr<std::byte, Free> allocateAligned(std::size_t size) {
  const std::size_t bytes = (std::max<std::size_t>(size, 1) + alignment - 1) / alignment * alignment;
  void* const memory = std::aligned_alloc(alignment, bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return std::unique_ptr<std::byte, Free>(static_cast<std::byte*>(memory));
}

/// Memory of a size class.
struct Block {
  std::byte* memory = nullptr;
  std::size_t bytes = 0;
  Clock::time_point idleSince;
};

std::byte* fresh(std::size_t bytes) {
  if (bytes < smallestMapped) return allocateAligned(bytes).release();
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  // A wish: where the kernel offers huge pages, a large body costs a fault for every 2 MiB.
  if (bytes >= hugePage) ::madvise(memory, bytes, MADV_HUGEPAGE);
  return static_cast<std::byte*>(memory);
}

void giveToKernel(const Block& block) noexcept {
  if (block.bytes < smallestMapped) {
    std::free(block.memory);
  } else {
    ::munmap(block.memory, block.bytes);
  }
}

class Pool {
 public:
  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  std::byte* take(std::size_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto at = idle_.find(bytes); at != idle_.end() && !at->second.empty()) {
        std::byte* const memory = at->second.back().memory;  // the last one in is the warmest
        at->second.pop_back();
        idleBytes_ -= bytes;
        return memory;
      }
    }
    return fresh(bytes);
  }

  void give(std::byte* memory, std::size_t bytes) noexcept {
    const Block block{memory, bytes, Clock::now()};
    if (bytes > maxIdle) return giveToKernel(block);
    std::vector<Block> evicted;
    {
      const std::lock_guard lock(mutex_);
      idle_[bytes].push_back(block);
      idleBytes_ += bytes;
      while (idleBytes_ > maxIdle) evicted.push_back(popOldest());
    }
    std::ranges::for_each(evicted, giveToKernel);
    trim(block.idleSince);
  }

  void trim(Clock::time_point now) noexcept {
    const auto due = nextTrim_.load(std::memory_order_relaxed);
    if (now.time_since_epoch().count() < due) return;
    nextTrim_.store((now + trimInterval).time_since_epoch().count(), std::memory_order_relaxed);
    std::vector<Block> evicted;
    {
      const std::lock_guard lock(mutex_);
      for (auto& [bytes, blocks] : idle_) {
        while (!blocks.empty() && now - blocks.front().idleSince > maxAge) {
          evicted.push_back(blocks.front());
          blocks.pop_front();
          idleBytes_ -= bytes;
        }
      }
    }
    std::ranges::for_each(evicted, giveToKernel);
  }

  std::size_t idleBytes() noexcept {
    const std::lock_guard lock(mutex_);
    return idleBytes_;
  }

 private:
  // Of all sizes: one that is not in use just now goes first.
  Block popOldest() noexcept {
    auto oldest = idle_.end();
    for (auto at = idle_.begin(); at != idle_.end(); ++at) {
      if (at->second.empty()) continue;
      if (oldest == idle_.end() || at->second.front().idleSince < oldest->second.front().idleSince) oldest = at;
    }
    const Block block = oldest->second.front();
    oldest->second.pop_front();
    idleBytes_ -= block.bytes;
    return block;
  }

  AdaptiveMutex mutex_;
  std::map<std::size_t, std::deque<Block>> idle_;  ///< by size class; each from the longest idle to the warmest
  std::size_t idleBytes_ = 0;
  std::atomic<Clock::rep> nextTrim_{0};
};

// Never destroyed: process.exit() leaves I/O threads running, and finalizers may come later than any destructor.
Pool& pool() {
  static Pool& instance = *std::make_unique<Pool>().release();
  return instance;
}

}  // namespace

std::shared_ptr<std::byte> allocate(std::size_t size) {
  if (size > PTRDIFF_MAX / 2) throw std::bad_alloc();  // a peer may announce anything
  if (size < smallestPooled) return allocateAligned(size);
  const std::size_t bytes = sizeClass(size);
  return {pool().take(bytes), [bytes](std::byte* block) { pool().give(block, bytes); }};
}

std::shared_ptr<std::byte> tryAllocate(std::size_t size) noexcept {
  try {
    return allocate(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void trim() noexcept { pool().trim(Clock::now()); }

std::size_t idle() noexcept { return pool().idleBytes(); }

}  // namespace matmq::body_pool
