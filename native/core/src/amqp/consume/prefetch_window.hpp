// How many messages the broker sends ahead of their acknowledgement (AMQP 0-9-1, basic.qos): as the program says, or
// where it says nothing, as many as its pace is worth.
//
// Rules
// 1. Everything runs on the I/O thread, except the constructor, count() and mostInHand().
// 2. It begins narrow: work on images takes its time, and is shared out evenly among the consumers of a queue.
// 3. It widens to what the program settles in a quarter of a second, where that is more, at most `most` messages and
//    `mostBytes` of bodies: small messages that are done at once would wait for the way to the broker and back. It
//    narrows within a second when messages are larger or slower again, or none come.
// 4. A window is changed by another subscription in the place of the one there is. What is under way to that one, a
//    quorum queue would not deliver again; with a single active consumer another program's would be next, and a stream
//    would begin anew. So the window stays as it is unless the queue is known to be a classic one with none of that: a
//    temporary queue, one with the argument x-queue-type, or one of a broker without a default type.
// 5. What the program said is never changed.
#pragma once

#include <atomic>
#include <matmq/options.hpp>

#include "amqp/connection/connection.hpp"
#include "base/signal.hpp"

namespace matmq::amqp {

class PrefetchWindow {
 public:
  static constexpr std::uint16_t least = 16;
  static constexpr std::uint16_t most = 256;
  static constexpr std::uint64_t mostBytes = std::uint64_t{8} * 1024 * 1024;

  /// `options` must outlive this.
  explicit PrefetchWindow(const ConsumerOptions& options);

  /// Messages; 0: no bound.
  [[nodiscard]] std::uint16_t count() const noexcept { return count_; }
  /// Messages that the program has at once without having settled them, whatever the broker sends; 0: no bound.
  /// Where it adapts, not less than it had before: a program may hold them until more come.
  [[nodiscard]] std::uint16_t mostInHand() const noexcept { return adapts_ ? most : count(); }
  /// A connection begins, with the narrow window: what came before is not settled on it.
  void restart(Clock::time_point now) noexcept;
  /// It is there, to this broker.
  void onReady(const BrokerInfo& broker);
  /// A delivery arrives.
  void arrived(std::uint64_t bodySize) noexcept;
  /// Acknowledgements are sent, or reviewAt() is over. `outstanding`: deliveries of this connection that are not
  /// settled. True: count() is another from now on, and the broker is to be told.
  [[nodiscard]] bool review(std::size_t outstanding, Clock::time_point now) noexcept;
  /// When review() may have something to do although nothing happens.
  [[nodiscard]] Deadline reviewAt() const noexcept;

 private:
  void begin(Clock::time_point now) noexcept;
  [[nodiscard]] std::uint16_t countFor(std::uint64_t messages, Clock::duration taken) const noexcept;

  const ConsumerOptions& options_;
  std::atomic<std::uint16_t> count_;
  bool adapts_ = false;
  std::size_t unsettled_ = 0;  ///< of what arrived
  std::uint64_t settled_ = 0;  ///< messages in this period
  std::uint64_t largest_ = 0;  ///< body of it
  Clock::time_point began_;    ///< the period
};

}  // namespace matmq::amqp
