// A producer that never blocks its caller. `Producer` (blocking) and the Node addon are built on it.
//
// Ownership and threading
// 1. One I/O thread per producer, started by the constructor, stopped and joined by the destructor (at once, whatever
//    the peer does). It alone touches the connection.
// 2. trySend, collect, close and stats may be called from any thread; they take one short lock and never wait for I/O.
// 3. `wake` is called from the I/O thread, a codec thread, attend or, with dropOldest, trySend, with no lock held, when there is something
//    to collect and none was announced since the last collect(). It must return at once and must not throw.
// 4. A message's memory is held (OutgoingMessage::body's owner) until it is settled; an image's pixels until they are
//    encoded, and not read any more once the destructor returned. The owner may be released on any thread, so its
//    deleter must allow that.
// 5. Sequence numbers are 1, 2, 3, ... in the order of trySend calls, which is the order on the wire.
#pragma once

#include <functional>
#include <matmq/events.hpp>
#include <matmq/message.hpp>
#include <matmq/options.hpp>
#include <memory>
#include <vector>

namespace matmq {

/// Messages first..last (inclusive) are settled: confirmed, except those that failures name.
struct SettledRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

struct PublishFailure {
  std::uint64_t sequence = 0;
  Error error;
};

/// Everything that happened since the last report.
struct ProducerReport {
  std::vector<SettledRange> settled;
  std::vector<PublishFailure> failures;  ///< each within a settled range
  std::vector<Event> events;
  bool roomAgain =
      false;  ///< trySend had answered 0 and there is room now, for an eighth of the mark if more is queued
};

struct ProducerStats {
  std::uint64_t sent = 0;  ///< accepted
  std::uint64_t confirmed = 0;
  std::uint64_t failed = 0;        ///< nacked, returned, not encoded, ...
  std::uint64_t dropped = 0;       ///< by dropOldest
  std::uint64_t resent = 0;        ///< sent again after a reconnect
  std::uint64_t segments = 0;      ///< given to the socket, of messages above the broker's limit
  std::uint64_t bytesWritten = 0;  ///< to the socket, frames included
  std::uint64_t bytesRead = 0;
  std::uint64_t pendingMessages = 0;  ///< queued or not yet confirmed
  std::uint64_t pendingBytes = 0;
  std::uint64_t connects = 0;  ///< connections made, the first included
  bool connected = false;
  bool blocked = false;  ///< by the broker (memory or disk alarm)
};

class AsyncProducer {
 public:
  /// Starts connecting; the outcome is an event (`connected`, or `closed` with an error).
  /// @throws Error INVALID_ARGUMENT, INVALID_URL
  AsyncProducer(ProducerOptions options, std::function<void()> wake);
  ~AsyncProducer();
  AsyncProducer(const AsyncProducer&) = delete;
  AsyncProducer& operator=(const AsyncProducer&) = delete;

  /// Queues the message and returns its sequence number, or 0 when the high-water mark is reached and `whenFull` is
  /// `wait`: then the message was not taken (nor moved from), and a report will say `roomAgain`.
  /// @throws Error CLOSED after close() or the error that ended the producer; QUEUE_FULL with `whenFull: reject`
  [[nodiscard]] std::uint64_t trySend(OutgoingMessage&& message);

  [[nodiscard]] ProducerReport collect();

  /// Whether somebody waits for messages to be settled; true at first. While it is false, settled messages are reported,
  /// and their memory is let go, an eighth of the high-water mark at a time (or when all are settled): a producer at its
  /// mark is then woken once for many messages. Failures and events are told at once even so.
  void attend(bool attended);

  /// Ends: what is not yet confirmed is settled as NOT_CONFIRMED; the connection is closed in order, within 5 s.
  /// Then the event `closed` comes, the last one.
  void close();

  /// After the event `closed`: gives the thread and the descriptor back, for whom it may take long until this is
  /// destroyed. Everything else can still be called. Not from `wake`, nor while this is destroyed.
  void join();

  [[nodiscard]] ProducerStats stats() const;

  /// The random id of this producer: the `message_id` of message n is "<instance>-<n>".
  [[nodiscard]] const std::string& instance() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace matmq
