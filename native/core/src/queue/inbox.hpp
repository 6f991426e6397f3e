// What a consumer holds: messages from their arrival until the program takes them, and what the program says of them
// until the I/O thread has sent it. It knows no broker.
//
// Ownership and threading
// 1. The I/O thread pushes and takes verdicts, the program takes messages and gives verdicts; one mutex guards it all,
//    held for moments only and never while calling out or releasing a message's memory.
// 2. `wake` is called by the I/O thread without the lock.
#pragma once

#include <deque>
#include <map>
#include <matmq/async_consumer.hpp>
#include <mutex>
#include <span>

#include "base/adaptive_mutex.hpp"
#include "base/signal.hpp"

namespace matmq {

/// What the program says of a delivery.
struct Verdict {
  enum class Kind : std::uint8_t { ack, ackUpTo, reject, requeue };
  Kind kind = Kind::ack;
  std::uint64_t tag = 0;
};

/// A message of several deliveries was settled: by its tag, which is that of the last of them.
struct SettledGroup {
  std::uint64_t tag = 0;
  bool acknowledged = false;
};

class Inbox {
 public:
  Inbox(HighWaterMark highWaterMark, AckMode ack, std::function<void()> wake, std::shared_ptr<Signal> ioSignal);
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // the program
  [[nodiscard]] std::vector<std::shared_ptr<const Message>> take(std::size_t maxMessages, std::size_t maxBytes);
  bool settle(DeliveryId id, Verdict::Kind kind);
  [[nodiscard]] ConsumerReport collect();
  void fillStats(ConsumerStats& stats) const;

  // the I/O thread
  /// The number of the connection whose deliveries follow. Verdicts on earlier ones are void from now on: returns those
  /// that were said and not taken.
  std::vector<Verdict> beginEpoch(std::uint64_t epoch);
  /// Drops the messages of the connections after `epoch`, because the broker delivers them again; not the errors of those
  /// that were refused, which it was told to let go. Should it not have heard that, they are told twice.
  void forgetAfter(std::uint64_t epoch);
  void push(std::shared_ptr<Message> message);
  /// Counts a message whose body was refused and notes that the broker is to be told.
  void refuse(std::shared_ptr<Message> message);
  /// The next delivery is only a part of a message: nobody settles it until it is let go or belongs to a message.
  void hold();
  /// The verdict on deliveries that were held, in this order. One that was let go before is passed over.
  void letGo(std::span<const std::uint64_t> tags, Verdict::Kind kind);
  /// A message of several deliveries, all of them held; the program settles them together.
  void pushGroup(std::shared_ptr<Message> message, std::vector<std::uint64_t> tags);
  /// Counts and hands over a message that is refused, whose deliveries were let go.
  void tell(std::shared_ptr<Message> message);
  [[nodiscard]] bool full() const;
  /// Deliveries of this epoch that are not settled: what the broker counts against the prefetch window.
  [[nodiscard]] std::size_t outstanding() const;
  [[nodiscard]] std::vector<Verdict> takeVerdicts();
  [[nodiscard]] std::vector<SettledGroup> takeSettledGroups();
  void announce(Event event);

 private:
  static constexpr std::uint64_t held = UINT64_MAX;
  struct Held {
    std::shared_ptr<const Message> message;
    std::size_t charge = 0;  ///< bytes counted against the high-water mark
  };

  void pushLocked(std::unique_lock<AdaptiveMutex>& lock, std::shared_ptr<Message> message);
  [[nodiscard]] std::uint64_t* find(std::uint64_t tag) noexcept;
  bool strike(std::uint64_t tag) noexcept;
  void sayUpTo(std::uint64_t tag);
  std::uint64_t settleAside(std::uint64_t tag);
  std::uint64_t settleOne(std::uint64_t tag, Verdict::Kind kind);
  std::uint64_t settleUpTo(std::uint64_t tag);
  void popSettled();
  [[nodiscard]] bool fullLocked() const noexcept;

  const HighWaterMark highWaterMark_;
  const AckMode ack_;
  const std::function<void()> wake_;
  const std::shared_ptr<Signal> ioSignal_;

  mutable AdaptiveMutex mutex_;
  std::deque<Held> messages_;
  std::size_t bytes_ = 0;
  std::uint64_t epoch_ = 0;
  /// By delivery tag from firstTag_ on, in this epoch: the tag of the message it is settled with (its own, unless it is
  /// part of a group); `held` while that is not known; 0 when it is settled.
  std::deque<std::uint64_t> unsettled_;
  std::map<std::uint64_t, std::uint64_t> aside_;  ///< the same for parts before firstTag_; none of them is settled
  std::size_t outstanding_ = 0;                   ///< in both
  std::map<std::uint64_t, std::vector<std::uint64_t>> groups_;  ///< message tag to those of its parts, in their order
  std::vector<SettledGroup> settledGroups_;
  std::uint64_t firstTag_ = 1;
  std::vector<Verdict> verdicts_;
  bool messagesAnnounced_ = false;
  bool eventsAnnounced_ = false;
  ConsumerReport report_;
  ConsumerStats counters_;
};

}  // namespace matmq
