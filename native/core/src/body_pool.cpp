#include "body_pool.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <vector>

namespace matmq::body_pool {
namespace {

/// Below this, the allocator's own free lists are as warm as ours and mapping would waste pages.
constexpr std::size_t smallest = std::size_t{128} * 1024;
constexpr std::size_t alignment = 64;
constexpr std::size_t hugePage = std::size_t{2} * 1024 * 1024;

/// Eight classes for each power of two: at most an eighth of a block is unused, and a block of one camera frame fits
/// the next one of a slightly different size.
std::size_t sizeClass(std::size_t size) noexcept {
  const std::size_t step = std::bit_floor(size) / 8;
  return (size + step - 1) / step * step;
}

class Pool {
 public:
  std::byte* take(std::size_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      if (const auto at = idle_.find(bytes); at != idle_.end()) {
        std::byte* const block = at->second.back();
        at->second.pop_back();
        if (at->second.empty()) idle_.erase(at);
        idleBytes_ -= bytes;
        return block;
      }
    }
    void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    // A wish: where the kernel offers huge pages, a large body costs a fault for every 2 MiB.
    if (bytes >= hugePage) ::madvise(memory, bytes, MADV_HUGEPAGE);
    return static_cast<std::byte*>(memory);
  }

  void give(std::byte* block, std::size_t bytes) noexcept {
    std::vector<std::pair<std::byte*, std::size_t>> evicted;
    {
      const std::lock_guard lock(mutex_);
      if (bytes > maxIdle) {
        evicted.emplace_back(block, bytes);
      } else {
        idle_[bytes].push_back(block);
        idleBytes_ += bytes;
        while (idleBytes_ > maxIdle) evicted.push_back(evictOther(bytes));
      }
    }
    for (const auto& [memory, size] : evicted) ::munmap(memory, size);
  }

  std::size_t idleBytes() noexcept {
    const std::lock_guard lock(mutex_);
    return idleBytes_;
  }

 private:
  // Sizes that are not in use just now go first.
  std::pair<std::byte*, std::size_t> evictOther(std::size_t bytes) noexcept {
    auto at = idle_.begin();
    if (at->first == bytes && std::next(at) != idle_.end()) ++at;
    const std::size_t size = at->first;
    std::byte* const block = at->second.front();
    at->second.erase(at->second.begin());
    if (at->second.empty()) idle_.erase(at);
    idleBytes_ -= size;
    return {block, size};
  }

  std::mutex mutex_;
  std::map<std::size_t, std::vector<std::byte*>> idle_;
  std::size_t idleBytes_ = 0;
};

// Held by every block that is out, so that it outlives the last of them even at the end of the process.
const std::shared_ptr<Pool>& pool() {
  static const std::shared_ptr<Pool> instance = std::make_shared<Pool>();
  return instance;
}

}  // namespace

std::shared_ptr<std::byte> allocate(std::size_t size) {
  if (size < smallest) {
    // Aligned as cv::Mat aligns its own, because a body may be a matrix of doubles.
    const std::size_t bytes = (std::max<std::size_t>(size, 1) + alignment - 1) / alignment * alignment;
    void* const memory = std::aligned_alloc(alignment, bytes);
    if (memory == nullptr) throw std::bad_alloc();
    return {static_cast<std::byte*>(memory), [](std::byte* block) { std::free(block); }};
  }
  const std::size_t bytes = sizeClass(size);
  const std::shared_ptr<Pool>& owner = pool();
  return {owner->take(bytes), [owner, bytes](std::byte* block) { owner->give(block, bytes); }};
}

std::size_t idle() noexcept { return pool()->idleBytes(); }

}  // namespace matmq::body_pool
