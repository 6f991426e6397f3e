// How many messages the broker sends ahead of their acknowledgement (AMQP 0-9-1, basic.qos): as the program says, or
// where it says nothing, as many as its pace is worth.
//
// Rules
// 1. Everything runs on the I/O thread, except the constructor and count().
// 2. It begins narrow: work on images takes its time, and is shared out evenly among the consumers of a queue.
// 3. It widens to what the program settles in a quarter of a second, where that is more, at most `most` messages and
//    `mostBytes` of bodies: small messages that are done at once would wait for the way to the broker and back. It
//    narrows when messages are larger or slower again. Between two changes a window's worth of messages is settled.
// 4. What the program said is never changed. Nor is a queue's window where another subscription could be more than
//    another window: with a single active consumer another program's would be next, a stream would begin anew, and of a
//    queue that is used as it exists (`declare: false`) neither is known.
#pragma once

#include <atomic>
#include <matmq/options.hpp>

#include "base/signal.hpp"

namespace matmq::amqp {

class PrefetchWindow {
 public:
  static constexpr std::uint16_t least = 16;
  static constexpr std::uint16_t most = 256;
  static constexpr std::uint64_t mostBytes = std::uint64_t{8} * 1024 * 1024;

  explicit PrefetchWindow(const ConsumerOptions& options);

  /// Messages; 0: no bound.
  [[nodiscard]] std::uint16_t count() const noexcept { return count_; }
  /// A connection begins: what came before is not settled on it.
  void restart(Clock::time_point now) noexcept;
  /// A delivery arrives.
  void arrived(std::uint64_t bodySize) noexcept;
  /// Called when acknowledgements are sent. `outstanding`: deliveries that are not settled. True: count() is another
  /// now, and the broker is to be told.
  [[nodiscard]] bool settled(std::size_t outstanding, Clock::time_point now) noexcept;

 private:
  void beginPeriod(Clock::time_point now) noexcept;
  [[nodiscard]] std::uint16_t wanted(std::uint64_t messages, Clock::duration taken) const noexcept;

  const bool adapts_;
  std::atomic<std::uint16_t> count_;
  std::uint64_t arrived_ = 0;  ///< on this connection
  std::uint64_t settled_ = 0;  ///< of them, when the period began
  std::uint64_t largest_ = 0;  ///< body of the period
  Clock::time_point began_;
};

}  // namespace matmq::amqp
