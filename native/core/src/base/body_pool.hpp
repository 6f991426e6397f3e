// Memory for received bodies. A fresh mapping costs a page fault for every 4 KiB, up to a third of the time it takes to
// receive a large body; pages that come back stay warm and are used again.
//
// Ownership and threading
// 1. allocate may be called from any thread, and the result released on any thread, at any time, up to the end of the
// process.
// 2. At most maxIdle bytes are kept idle, and none for longer than maxAge (found out at the next allocate, release or
//    trim); then memory goes back to the kernel. JavaScript lets go of bodies in bursts, a collection at a time: a
//    small bound would give back what the next bodies need.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

namespace matmq::body_pool {

inline constexpr std::size_t maxIdle = std::size_t{256} * 1024 * 1024;
inline constexpr std::chrono::seconds maxAge{2};

/// At least `size` bytes, uninitialised. @throws std::bad_alloc
[[nodiscard]] std::shared_ptr<std::byte> allocate(std::size_t size);
/// The same; null: there is no memory.
[[nodiscard]] std::shared_ptr<std::byte> tryAllocate(std::size_t size) noexcept;

/// Gives back what has been idle for maxAge. Cheap when there is nothing to do; the I/O threads call it as they turn.
void trim() noexcept;

/// Bytes that wait to be used again.
[[nodiscard]] std::size_t idle() noexcept;

}  // namespace matmq::body_pool
