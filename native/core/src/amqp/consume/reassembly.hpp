// What a consumer does about messages in segments: puts them together (assembler.hpp), makes room for their segments in
// the broker's prefetch window, and finds out whether another consumer of the queue has the rest.
//
// Rules
// 1. Everything runs on the I/O thread, except the constructor and fillStats.
// 2. A segmented message counts as one against `prefetch`: while it is not settled, a second subscription on the
//    channel has room for its other segments. That one is narrow at first, and twice as wide whenever half of it has
//    arrived: what a sender says of the number of segments opens nothing. A queue with a single active consumer would
//    not serve a second subscription, and a quorum queue would deliver to two of them out of order: their window is
//    wider from the start (widen()). A stream would serve everything twice: its segments are acknowledged as they come,
//    which loses nothing, because a stream keeps what it delivers and StreamPosition knows which are needed again.
// 3. A segment whose message did not begin here is a stray: another consumer has the rest, or it is left over, or
//    forged. It never ends the consumer. It goes back to the queue, where the consumer that has the rest may get it:
//    once where the broker says that there is no other, else until it has come `StrayRounds::most` times. Then it is
//    refused, and the program gets an INCOMPLETE_MESSAGE.
// 4. Strays are bounded: `mostStrays` wait, each by its number and name alone, and so many go back as their budget
//    allows (StrayRounds). The others are refused at once.
#pragma once

#include <atomic>
#include <matmq/options.hpp>
#include <random>

#include "amqp/consume/stray_rounds.hpp"
#include "amqp/consume/stream_position.hpp"
#include "amqp/wire/codec.hpp"
#include "message/assembler.hpp"
#include "queue/inbox.hpp"

namespace matmq::amqp {

/// Whether a queue delivers `older` before a message of the same sender with these properties. It may prefer one of
/// another priority, and puts back what is given back one segment at a time.
[[nodiscard]] bool inOrder(const Message& older, const Properties& newer) noexcept;

class Reassembly {
 public:
  using Clock = Assembler::Clock;

  /// `options`, `inbox` and `position` must outlive this.
  Reassembly(const ConsumerOptions& options, Inbox& inbox, StreamPosition& position);
  Reassembly(const ConsumerOptions& options, Inbox& inbox, StreamPosition& position, Assembler::Bounds bounds);

  /// The prefetch count to subscribe with, so that `prefetch` messages have room; 0: no bound. Called before segments
  /// come.
  [[nodiscard]] std::uint16_t widen(std::uint16_t prefetch) noexcept;
  /// A connection's deliveries belong to `lane` from now on.
  void beginLane(LaneId lane) noexcept { lane_ = lane; }
  void onReady(const std::string& queueName) { queueName_ = queueName; }

  /// A segment is coming. Where its body goes; null: nowhere. finish() follows.
  [[nodiscard]] std::byte* begin(std::shared_ptr<Message> envelope, const Segment& segment, std::uint64_t bodySize);
  void beginBad(std::shared_ptr<Message> envelope, const Error& why);
  void finish();
  /// Whether a message has begun that is not whole.
  [[nodiscard]] bool hasOpenMessages() const noexcept { return assembler_.openMessages() > 0; }
  /// A message begins that came whole, or in segments: what its sender had begun before lacks something.
  void onMessage(const Properties& properties);

  /// Appends what is to be told to the broker. `paused`: the socket is not read, so nobody is late.
  void pump(Bytes& frames, bool paused);
  /// The answers to what pump appended. False: to nothing of it.
  bool onMethod(const Method& method);
  [[nodiscard]] std::optional<Clock::time_point> deadline() const;

  /// The connection is gone. `again`: the broker delivers again what was not acknowledged; otherwise the program is
  /// told.
  void onLost(bool again);
  void fillStats(ConsumerStats& stats) const noexcept;

 private:
  /// A second subscription.
  struct Room {
    std::string consumerTag;
    std::uint16_t window = 0;
    std::uint64_t most = 0;  ///< segments that there can be room for
  };
  /// A message that the program has, or will have.
  struct Whole {
    std::string messageId;
    std::string consumerTag;  ///< of the second subscription; empty: none
  };

  void arrived(const Message& envelope);
  void settleHeld(std::span<const DeliveryNumber> numbers, Acknowledgement::Kind kind);
  void handleEnded();
  void onWhole(Assembler::Ended& ended);
  void onStray(Assembler::Ended& ended);
  void makeRoom(const std::string& messageId, std::uint64_t segments);
  void widenRoomOf(const std::string& messageId);
  [[nodiscard]] std::string subscribe(std::uint16_t window);
  void closeRoom(const std::string& consumerTag);
  void closeRoomOf(const std::string& messageId);
  void askSoon();
  void ask();
  void onConsumerCount(std::uint32_t consumers);
  void giveBackOrRefuse(const Assembler::Ended& stray, bool alone);
  void refuseStray(const Assembler::Ended& stray);
  void checkWindow();
  [[nodiscard]] bool windowFull() const;
  [[nodiscard]] std::optional<Clock::time_point> expiry() const;
  void count() noexcept;

  const ConsumerOptions& options_;
  Inbox& inbox_;
  StreamPosition& position_;
  Assembler assembler_;
  const bool soleConsumer_;   ///< nobody else can have segments of ours
  const bool fixedWindow_;    ///< no second subscription
  std::uint16_t window_ = 0;  ///< 0: no bound
  std::minstd_rand jitter_;
  std::string queueName_;
  bool stream_ = false;
  LaneId lane_ = 0;
  std::uint64_t deliveryTag_ = 0;  ///< of the segment that is coming in
  DeliveryNumber number_ = 0;      ///< of the segment that is coming in; 0: none

  Bytes frames_;
  std::uint64_t rooms_ = 0;                              ///< numbers their consumer tags
  std::size_t openRooms_ = 0;                            ///< second subscriptions
  std::map<std::string, Room, std::less<>> roomOfOpen_;  ///< by message id
  std::map<DeliveryNumber, Whole> wholes_;               ///< by the number that the program settles the message with
  std::vector<Assembler::Ended> strays_;
  std::vector<std::string> overtaken_;
  StrayRounds strayRounds_;
  std::string coming_;  ///< id of the message whose segment is coming in
  enum class Question : std::uint8_t { none, soon, asked };
  Question question_ = Question::none;
  Clock::time_point askAt_;
  std::size_t ownConsumers_ = 1;  ///< when it was asked

  std::atomic<std::uint64_t> segments_{0};
  std::atomic<std::uint64_t> doubled_{0};
  std::atomic<std::uint64_t> openMessages_{0};
  std::atomic<std::uint64_t> openBytes_{0};
};

}  // namespace matmq::amqp
