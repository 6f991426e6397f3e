// How far the program has got in a stream, so that a new subscription goes on there: RabbitMQ keeps no account of it.
//
// Rules
// 1. Everything runs on the I/O thread.
// 2. What was delivered is pending until the program is done with its message: acknowledged or rejected it, or got
//    the error
//    of a refused one. Segments are acknowledged to the broker as they come (reassembly.hpp); here they are pending
//    until their message is settled, because only all of them make it.
// 3. Offsets grow. A new subscription begins with the first that is pending, or behind all. What then comes again and
//    is
//    not pending the program is done with: it is passed over. So nothing is skipped, and what repeats was not settled.
// 4. Memory: what is pending. `prefetch` and the bounds of the assembler bound it.
// 5. For other queues it does nothing.
#pragma once

#include <chrono>
#include <map>
#include <matmq/message.hpp>
#include <matmq/options.hpp>
#include <set>
#include <span>

namespace matmq::amqp {

/// RabbitMQ's name of the argument that says where a consumer begins, and of the header that says where a message lies.
inline constexpr const char* streamOffsetName = "x-stream-offset";

class StreamPosition {
 public:
  using Clock = std::chrono::system_clock;

  /// `options` must outlive this.
  explicit StreamPosition(const ConsumerOptions& options);

  [[nodiscard]] bool isStream() const noexcept { return stream_; }
  /// The arguments to subscribe with.
  [[nodiscard]] FieldTable subscribe(Clock::time_point now);
  /// The broker has accepted the subscription.
  void onReady() noexcept { subscribed_ = subscribing_; }

  /// A delivery is here. False: the program is done with it, and no other call is about this number.
  [[nodiscard]] bool arrived(DeliveryNumber number, const FieldTable& headers);
  /// It is a segment, whose message settles it.
  void hold(DeliveryNumber number);
  /// These segments are the message that is settled by this number.
  void join(DeliveryNumber message, std::span<const DeliveryNumber> segments);
  /// Segments of which nothing will become.
  void drop(std::span<const DeliveryNumber> segments);
  /// The program is done with this message; `upTo`: with all before it as well.
  void settle(DeliveryNumber message, bool upTo);

  /// The connection is gone, and with it its deliveries.
  void onLost() noexcept;
  /// The stream was deleted. One of its name begins anew, and is read from its first message.
  void restart() noexcept;

 private:
  void done(std::uint64_t offset) { pending_.erase(offset); }
  [[nodiscard]] StreamOffset next() const;

  const bool stream_;
  StreamOffset start_;
  std::optional<Clock::time_point> subscribing_;
  std::optional<Clock::time_point> subscribed_;  ///< when the first time
  std::optional<std::uint64_t> highest_;         ///< that ever came
  std::set<std::uint64_t> pending_;
  std::map<DeliveryNumber, std::uint64_t> whole_;                ///< offsets of messages in one delivery
  std::map<DeliveryNumber, std::uint64_t> held_;                 ///< of segments whose message is not whole
  std::map<DeliveryNumber, std::vector<std::uint64_t>> joined_;  ///< of the segments of a message
};

}  // namespace matmq::amqp
