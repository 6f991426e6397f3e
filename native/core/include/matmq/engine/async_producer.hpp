// A producer that never blocks its caller. `Producer` (blocking) and the Node addon are built on it.
//
// Ownership and threading
// 1. One I/O thread per producer, started by the constructor, stopped and joined by the destructor (at once, whatever
//    the peer does). It alone touches the connection.
// 2. trySend, collect, close and stats may be called from any thread; they take one short lock and never wait for I/O.
// 3. `wake` is called from the I/O thread, a codec thread, awaitSettlements or, with dropOldest, trySend, with no lock
//    held, when there is something to collect and none was announced since the last collect(). It must return at once
//    and must not throw.
// 4. A message's memory is held (OutgoingMessage::body's owner) until it is settled; an image's pixels until they are
//    encoded, and not read any more once the destructor returned. The owner may be released on any thread, so its
//    deleter must allow that.
// 5. Sequence numbers are 1, 2, 3, ... in the order of trySend calls, which is the order on the wire.
#pragma once

#include <functional>
#include <matmq/engine/reports.hpp>
#include <matmq/message.hpp>
#include <matmq/options.hpp>
#include <matmq/stats.hpp>
#include <memory>

namespace matmq {

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

  /// Whether somebody waits for messages to be settled; true at first. While it is false, settled messages are
  /// reported,
  /// and their memory is let go, an eighth of the high-water mark at a time (or when all are settled): a producer at
  /// its mark is then woken once for many messages. Failures and events are reported at once even so.
  void awaitSettlements(bool awaited);

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
