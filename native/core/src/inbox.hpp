// What a consumer holds: messages from their arrival until the program takes them, and what the program says of them
// until the I/O thread has sent it. It knows no broker.
//
// Ownership and threading
// 1. The I/O thread pushes and takes verdicts, the program takes messages and gives verdicts; one mutex guards it all,
//    held for moments only and never while calling out or releasing a message's memory.
// 2. `wake` is called by the I/O thread without the lock.
#pragma once

#include <deque>
#include <matmq/async_consumer.hpp>
#include <mutex>

#include "signal.hpp"

namespace matmq {

/// What the program says of a delivery.
struct Verdict {
  enum class Kind : std::uint8_t { ack, ackUpTo, reject, requeue };
  Kind kind = Kind::ack;
  std::uint64_t tag = 0;
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
  /// The number of the connection whose deliveries follow. Verdicts on earlier ones are void from now on.
  void beginEpoch(std::uint64_t epoch);
  /// Drops the messages of the connections after `epoch`, because the broker delivers them again.
  void forgetAfter(std::uint64_t epoch);
  void push(std::shared_ptr<Message> message);
  /// Counts a message whose body was refused and notes that the broker is to be told.
  void refuse(std::shared_ptr<Message> message);
  [[nodiscard]] bool full() const;
  [[nodiscard]] std::vector<Verdict> takeVerdicts();
  void announce(Event event);

 private:
  void pushLocked(std::unique_lock<std::mutex>& lock, std::shared_ptr<Message> message);
  [[nodiscard]] bool fullLocked() const noexcept;

  const HighWaterMark highWaterMark_;
  const AckMode ack_;
  const std::function<void()> wake_;
  const std::shared_ptr<Signal> ioSignal_;

  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const Message>> messages_;
  std::size_t bytes_ = 0;
  std::uint64_t epoch_ = 0;
  std::deque<bool> unsettled_;  ///< by delivery tag from firstTag_ on, in this epoch
  std::uint64_t firstTag_ = 1;
  std::vector<Verdict> verdicts_;
  bool messagesAnnounced_ = false;
  bool eventsAnnounced_ = false;
  ConsumerReport report_;
  ConsumerStats counters_;
};

}  // namespace matmq
