// Received messages, used again with the memory of their strings. A message is made on the I/O thread and released on
// the program's: the allocator would take its memory back there and look for new memory here, for every one.
//
// Ownership and threading
// 1. make may be called from any thread, and the result released on any thread, up to the end of the process.
// 2. At most maxIdle messages are kept, each with at most maxText bytes of any string.
#pragma once

#include <cstddef>
#include <matmq/message.hpp>
#include <memory>

namespace matmq::message_pool {

inline constexpr std::size_t maxIdle = 256;
inline constexpr std::size_t maxText = 1024;

/// A message as a new one would be.
[[nodiscard]] std::shared_ptr<Message> make();

/// Messages that wait to be used again.
[[nodiscard]] std::size_t idle() noexcept;

}  // namespace matmq::message_pool
