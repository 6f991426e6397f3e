// Whether a broker that is alive still takes messages. It may answer heartbeats and yet not confirm one, or refuse all.
//
// Rules
// 1. Silence: for the limit, the same message was the oldest without an answer, and nothing of it was on its way to the
//    peer any more, or did not move either. Messages behind it may come and go meanwhile.
// 2. Refusal: a connection that followed another, on which the broker refused every message so far (basic.nack), for a
//    second. RabbitMQ 3.10 does that, for as long as the channel lasts, when its first message came before a quorum
//    queue
//    had its next leader (rabbit_fifo_client:enqueue/4 asks the dead node each time). A new connection mends it; so the
//    first few times such refusals are not for the program, and the messages are sent again.
// 3. A broker that said connection.blocked is not judged.
// 4. Each finding doubles the time for the next, until the broker answers the oldest message, or takes one: a broker
//    that needs longer gets it.
// 5. It belongs to the I/O thread. It reads no clock: what happened is noted here with the time it happened at.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/signal.hpp"

namespace matmq::amqp {

class ConfirmWatch {
 public:
  enum class Finding : std::uint8_t { none, silent, refusing };

  /// `limit`: how long the broker may be silent; 0: for ever.
  explicit ConfirmWatch(std::chrono::milliseconds limit) noexcept : limit_(limit) {}

  /// A connection is ready. `again`: it followed one that was lost.
  void begin(bool again) noexcept;
  void end() noexcept;
  /// Is a message without an answer?
  [[nodiscard]] bool waits() const noexcept { return waitingSince_.has_value(); }
  /// A message was handed to the writer; its last octet is number `end` of the connection. `now` matters unless
  /// waits().
  void onSent(std::uint64_t end, Clock::time_point now) noexcept;
  struct Answer {
    bool taken = false;     ///< or refused
    bool oldest = false;    ///< it was for the oldest message without an answer, too
    bool waiting = false;   ///< others have none yet
    bool returned = false;  ///< no queue was there to take or refuse it
  };
  /// The broker answered messages.
  void onAnswer(Answer answer, Clock::time_point now) noexcept;
  void onBlocked(bool blocked, Clock::time_point now) noexcept;

  /// Is a refusal that comes now to be kept back until the broker takes a message, or the connection is over?
  [[nodiscard]] bool keepsRefusals() const noexcept;
  /// When to judge.
  [[nodiscard]] Deadline deadline() const noexcept;
  /// `arrived`: octets of the connection that the peer's system has.
  [[nodiscard]] Finding judge(Clock::time_point now, std::uint64_t arrived) noexcept;
  /// What the broker was given at the last finding.
  [[nodiscard]] std::chrono::milliseconds given() const noexcept { return given_; }

 private:
  [[nodiscard]] Deadline silenceDue() const noexcept;
  [[nodiscard]] Deadline refusalDue() const noexcept;

  const std::chrono::milliseconds limit_;
  unsigned silences_ = 0;  ///< findings since the oldest message had an answer
  unsigned refusals_ = 0;  ///< findings since a message was taken
  std::chrono::milliseconds given_{0};

  // of this connection
  bool again_ = false;
  bool taken_ = false;
  bool blocked_ = false;
  Deadline waitingSince_;  ///< since when the oldest message without an answer is that, or octets last moved
  Deadline refusingSince_;
  std::uint64_t end_ = 0;        ///< of the last message
  std::uint64_t oldestEnd_ = 0;  ///< no less than the end of the oldest message without an answer
  std::uint64_t arrived_ = 0;    ///< when it was last judged
};

}  // namespace matmq::amqp
