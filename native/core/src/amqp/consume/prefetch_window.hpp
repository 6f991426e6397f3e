// How many messages the broker sends ahead of their acknowledgement (AMQP 0-9-1, basic.qos): as the program says, or
// where it says nothing, as many as its pace is worth.
//
// Rules
// 1. Everything runs on the I/O thread, except the constructor and count().
// 2. It begins narrow: work on images takes its time, and is shared out evenly among the consumers of a queue.
// 3. It widens to what the program settles in a quarter of a second, where that is more, at most `most` messages and
//    `mostBytes` of bodies: small messages that are done at once would wait for the way to the broker and back. It
//    narrows when messages are larger or slower again. Between two changes a window's worth of messages is settled.
// 4. A window is changed by another subscription in the place of the one there is, and only when that one's window is
//    full: then nothing is under way to it, which a quorum queue would not deliver again, or out of order. So that it
//    fills, acknowledgements are held back for it, for `longestHold` at most.
// 5. What the program said is never changed. Nor is a queue's window where another subscription could be more than
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
  /// Messages that the program has at once without having settled them, whatever the broker sends; 0: no bound.
  [[nodiscard]] std::uint16_t mostInHand() const noexcept { return adapts_ ? most : count(); }
  /// It stays as it is from now on, on every connection.
  void fix() noexcept { adapts_ = false; }
  /// A connection begins: what came before is not settled on it.
  void restart(Clock::time_point now) noexcept;
  /// A delivery arrives.
  void arrived(std::uint64_t bodySize) noexcept;
  /// Acknowledgements are sent. `outstanding`: deliveries that are not settled, those that arrived on another
  /// connection left out; fewer where the program has settled more meanwhile.
  void settled(std::size_t outstanding, Clock::time_point now) noexcept;

  /// Until when acknowledgements are held back, so that the window fills; nothing: they are not.
  [[nodiscard]] Deadline holdsUntil() const noexcept;
  /// Whether count() is to be another, and nothing is under way in a window of `granted` messages.
  [[nodiscard]] bool canChange(std::uint16_t granted) const noexcept { return wanted_ && unsettled_ >= granted; }
  /// count() is another from now on.
  void change(Clock::time_point now) noexcept;
  /// It stays as it is for another period.
  void stay(Clock::time_point now) noexcept;

 private:
  static constexpr std::chrono::milliseconds longestHold{50};

  [[nodiscard]] std::uint16_t countFor(std::uint64_t messages, Clock::duration taken) const noexcept;

  std::atomic<bool> adapts_;
  std::atomic<std::uint16_t> count_;
  std::size_t unsettled_ = 0;            ///< of what the broker has sent, at least
  std::uint64_t settled_ = 0;            ///< messages in this period
  std::uint64_t largest_ = 0;            ///< body of it
  Clock::time_point began_;              ///< the period
  std::optional<std::uint16_t> wanted_;  ///< count_ is to be so many
  Clock::time_point holdsUntil_;
};

}  // namespace matmq::amqp
