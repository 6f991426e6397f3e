// A consumer that never blocks its caller. `Consumer` (blocking) and the Node addon are built on it.
//
// Ownership and threading
// 1. One I/O thread per consumer, started by the constructor, stopped and joined by the destructor (at once, whatever
//    the peer does). It alone touches the connection.
// 2. take, acknowledge, reject, collect, close and stats may be called from any thread; they take one short lock and
//    never wait for I/O.
// 3. `wake` is called from the I/O thread, with no lock held, when there is something to take or to collect and none
//    was announced since the caller last found nothing. It must return at once and must not throw.
// 4. A message's body is pooled memory that goes back to the pool when the last reference is gone, on any thread, the
//    consumer's end survived.
// 5. A full inbox (options.highWaterMark) stops reading the socket; what was taken is no longer counted. What the last
//    read brought is kept, although it may be beyond the mark: at most 384 KiB, or the rest of one message.
#pragma once

#include <functional>
#include <matmq/engine/reports.hpp>
#include <matmq/message.hpp>
#include <matmq/options.hpp>
#include <matmq/stats.hpp>
#include <memory>
#include <vector>

namespace matmq {

class AsyncConsumer {
 public:
  /// Starts connecting; the outcome is an event (`connected` when messages can arrive, or `closed` with an error).
  /// @throws Error INVALID_ARGUMENT, INVALID_URL
  AsyncConsumer(ConsumerOptions options, std::function<void()> wake);
  ~AsyncConsumer();
  AsyncConsumer(const AsyncConsumer&) = delete;
  AsyncConsumer& operator=(const AsyncConsumer&) = delete;

  /// Takes up to `maxMessages` whose bodies sum to at most `maxBytes`, but at least one if there is one. Nobody else
  /// has them. Their properties are to be read from Message::encodedProperties, on whose thread it is wanted.
  [[nodiscard]] std::vector<std::shared_ptr<Message>> take(std::size_t maxMessages, std::size_t maxBytes);

  /// Acknowledges a delivery; `upTo`: and all that came before it and were taken. False when it was settled before, or
  /// when the broker has taken it back and will deliver it again (its connection is gone, ...).
  /// Those that follow each other within a millisecond go out together.
  bool acknowledge(DeliveryNumber number, bool upTo);
  /// Gives a delivery back to its queue (`requeue`) or lets the broker drop it. False as above.
  bool reject(DeliveryNumber number, bool requeue);

  /// Reads Message::encodedProperties, when and where it is wanted.
  /// @throws Error MALFORMED_PROPERTIES
  [[nodiscard]] Properties decodeProperties(std::string_view encoded) const;

  [[nodiscard]] ConsumerReport collect();

  /// Ends: acknowledgements given so far go out, everything else goes back to the queue; within 5 s. Then the event
  /// `closed` comes, the last one.
  void close();

  /// After the event `closed`: gives the thread and the descriptor back, for whom it may take long until this is
  /// destroyed. Everything else can still be called. Not from `wake`, nor while this is destroyed.
  void join();

  [[nodiscard]] ConsumerStats stats() const;

  /// The name of the queue that it reads; empty until connected.
  [[nodiscard]] std::string sourceName() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace matmq
