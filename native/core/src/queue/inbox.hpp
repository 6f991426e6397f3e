// What a consumer holds: messages from their arrival until the program takes them, and what the program says of them
// until the driver has sent it. It knows no broker.
//
// Ownership and threading
// 1. The I/O thread pushes and takes acknowledgements, the program takes messages and settles them; one mutex guards it
//    all, held for moments only and never while calling out or releasing a message's memory.
// 2. `wake` is called by the I/O thread without the lock: for an event at once, for messages when enough have gathered
//    or the driver says that there are no more for now (announceMessages). A wake of the program costs as much as a
//    message.
// 3. Every delivery has a number, 1, 2, ... in the order of arrival, unique for the life of the inbox. A driver puts
//    what it acknowledges by (a delivery tag, an offset) beside it, and gets it back with the acknowledgement.
// 4. A delivery belongs to a lane: what becomes void together. A connection of AMQP is one, an assigned partition of
//    Kafka another. Lanes may be open side by side. What belongs to a closed one cannot be settled any more.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <matmq/engine/reports.hpp>
#include <matmq/message.hpp>
#include <matmq/options.hpp>
#include <matmq/stats.hpp>
#include <mutex>
#include <span>

#include "base/adaptive_mutex.hpp"
#include "base/signal.hpp"

namespace matmq {

/// From 1; never used again.
using LaneId = std::uint64_t;

/// What is to be said of a delivery to the broker.
struct Acknowledgement {
  /// `ackUpTo`: and of all of its lane before it; `reject`: not to be delivered again; `requeue`: to be delivered
  /// again.
  enum class Kind : std::uint8_t { ack, ackUpTo, reject, requeue };
  Kind kind = Kind::ack;
  DeliveryNumber number = 0;
  LaneId lane = 0;
  std::uint64_t tag = 0;  ///< the driver's own, as it was pushed
};

/// A message of several deliveries was settled.
struct SettledGroup {
  DeliveryNumber number = 0;  ///< of the message
  bool acknowledged = false;
};

class Inbox {
 public:
  Inbox(HighWaterMark highWaterMark, AckMode ack, std::function<void()> wake, std::shared_ptr<Signal> ioSignal);
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // the program
  [[nodiscard]] std::vector<std::shared_ptr<Message>> take(std::size_t maxMessages, std::size_t maxBytes);
  /// False when it is settled already, void, or a part of a message.
  bool settle(DeliveryNumber number, Acknowledgement::Kind kind);
  /// From now on nothing said of a delivery waits for more.
  void hurry();
  [[nodiscard]] ConsumerReport collect();
  void fillStats(ConsumerStats& stats) const;

  // the I/O thread
  [[nodiscard]] LaneId openLane();
  /// Its deliveries are void from now on. Returns what the program had said of them and the driver had not taken.
  std::vector<Acknowledgement> closeLane(LaneId lane);
  /// Drops the messages of a lane that were not taken, because the broker delivers them again; not the errors of those
  /// that were refused, which it was told to let go. Should it not have heard that, they are reported twice.
  void discard(LaneId lane);

  /// The broker sends `prefetch` deliveries ahead of their acknowledgement, and the program has `mostInHand` messages
  /// at once that it did not settle, however many more the broker sent; 0: without a bound.
  void setPrefetch(std::size_t prefetch, std::size_t mostInHand);
  /// The number of the delivery that comes next: push, refuse and hold give it.
  [[nodiscard]] DeliveryNumber nextNumber() const noexcept { return nextNumber_; }
  /// A message in one delivery.
  void push(LaneId lane, std::uint64_t tag, std::shared_ptr<Message> message);
  /// A delivery that is refused: the broker is told so, and the program gets message->error.
  void refuse(LaneId lane, std::uint64_t tag, std::shared_ptr<Message> message);
  /// A delivery that is only a part of a message: nobody settles it until settleHeld() or pushGroup() says what of.
  DeliveryNumber hold(LaneId lane, std::uint64_t tag);
  /// Settles deliveries that were held, in this order. One that is settled already is passed over.
  void settleHeld(std::span<const DeliveryNumber> numbers, Acknowledgement::Kind kind);
  /// A message of several deliveries, all of them held; the program settles them together, by message->number, which is
  /// that of one of them.
  void pushGroup(LaneId lane, std::shared_ptr<Message> message, std::vector<DeliveryNumber> numbers);
  /// Counts and hands over a message that is refused (message->error), whose deliveries are settled.
  void pushError(std::shared_ptr<Message> message);
  /// Wakes the program if it is to be told of messages. A driver calls this before it waits.
  void announceMessages();
  [[nodiscard]] bool full() const;
  /// Deliveries that are not settled: what the broker counts against the prefetch window.
  [[nodiscard]] std::size_t outstanding() const;
  /// When the acknowledgements that there are should be taken: those that follow each other within moments are worth
  /// one frame, and one wake, together. The first after a while is due at once, and so is as much as the broker may be
  /// waiting for. Nothing: there are none.
  [[nodiscard]] Deadline acknowledgementsDue() const;
  [[nodiscard]] std::vector<Acknowledgement> takeAcknowledgements();
  [[nodiscard]] std::vector<SettledGroup> takeSettledGroups();
  void announce(Event event);

 private:
  using Lock = std::unique_lock<AdaptiveMutex>;
  static constexpr DeliveryNumber settled = 0;
  static constexpr DeliveryNumber held = UINT64_MAX;
  // Enough for a wake, though more may come at once.
  static constexpr std::size_t wakeMessages = 16;
  static constexpr std::size_t wakeBytes = std::size_t{256} * 1024;
  /// Acknowledgements wait for others only where they follow each other faster.
  static constexpr std::chrono::milliseconds longestWait{1};

  struct Waiting {
    std::shared_ptr<Message> message;
    LaneId lane = 0;
    std::size_t charge = 0;  ///< bytes counted against the high-water mark
  };
  struct Delivery {
    LaneId lane = 0;
    std::uint64_t tag = 0;
    /// The number of the message it is settled with: its own, unless it is part of a group; `held` while that is not
    /// known; `settled`, or void.
    DeliveryNumber with = held;
    bool inHand = false;  ///< the program has the message that is settled with this number
  };
  struct Lane {
    LaneId id = 0;
    std::size_t heldParts = 0;  ///< of its deliveries in heldParts_
    bool passed = false;        ///< a delivery was passed over by the settleUpTo() at work
  };
  struct Group {
    LaneId lane = 0;
    std::vector<DeliveryNumber> parts;  ///< in their order in the message
  };

  void announceLocked(Lock& lock);
  void deliver(Lock& lock, LaneId lane, std::shared_ptr<Message> message);
  DeliveryNumber add(LaneId lane, std::uint64_t tag, DeliveryNumber with);
  [[nodiscard]] Delivery* find(DeliveryNumber number) noexcept;
  [[nodiscard]] bool mayHand(const Message& message) noexcept;
  void notOutstanding(const Delivery& delivery) noexcept;
  bool freeHands() noexcept;
  [[nodiscard]] Lane* laneOf(LaneId lane) noexcept;
  bool markSettled(DeliveryNumber number, Acknowledgement::Kind kind);
  void acknowledgeUpTo(DeliveryNumber number, const Delivery& delivery);
  std::uint64_t settleOne(DeliveryNumber number, Acknowledgement::Kind kind);
  std::uint64_t settleUpTo(DeliveryNumber number);
  std::uint64_t settleGroupsUpTo(DeliveryNumber number);
  void popSettled();
  [[nodiscard]] bool fullLocked() const noexcept;

  const HighWaterMark highWaterMark_;
  const AckMode ack_;
  const std::function<void()> wake_;
  const std::shared_ptr<Signal> ioSignal_;

  DeliveryNumber nextNumber_ = 1;  ///< the I/O thread's alone
  LaneId lastLane_ = 0;            ///< the I/O thread's alone

  mutable AdaptiveMutex mutex_;
  std::deque<Waiting> messages_;
  std::size_t bytes_ = 0;
  std::vector<Lane> lanes_;          ///< the open ones
  std::deque<Delivery> deliveries_;  ///< by number from firstNumber_ on
  DeliveryNumber firstNumber_ = 1;
  std::map<DeliveryNumber, Delivery> heldParts_;  ///< those of groups before firstNumber_; none of them is settled
  std::size_t outstanding_ = 0;                   ///< in both
  std::size_t mostInHand_ = 0;                    ///< 0: no bound
  std::size_t inHand_ = 0;
  bool handsFull_ = false;                  ///< the program wanted more than it may have
  std::map<DeliveryNumber, Group> groups_;  ///< by the number of the message
  std::vector<SettledGroup> settledGroups_;
  std::vector<Acknowledgement> acknowledgements_;
  std::size_t mostWaiting_ = 0;  ///< acknowledgements that may wait for others
  std::size_t waiting_ = 0;      ///< settlements since acknowledgements were taken last
  Clock::time_point takenLast_;
  bool hurried_ = false;
  bool messagesAnnounced_ = false;
  std::size_t unannounced_ = 0;       ///< messages since the last wake
  std::size_t unannouncedBytes_ = 0;  ///< of their bodies
  bool eventsAnnounced_ = false;
  ConsumerReport report_;
  ConsumerStats counters_;
};

}  // namespace matmq
