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
// 5. A full inbox (options.highWaterMark) stops reading the socket; what was taken is no longer counted.
#pragma once

#include <functional>
#include <matmq/events.hpp>
#include <matmq/message.hpp>
#include <matmq/options.hpp>
#include <memory>
#include <vector>

namespace matmq {

struct ConsumerReport {
  std::vector<Event> events;
};

struct ConsumerStats {
  std::uint64_t received = 0;       ///< messages that came in
  std::uint64_t receivedBytes = 0;  ///< their bodies
  std::uint64_t taken = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t rejected = 0;  ///< nacked by the program
  std::uint64_t refused = 0;  ///< bodies above `maxMessageBytes`, rejected to the broker without being read into memory
  std::uint64_t segments = 0;         ///< that came in, of messages above the broker's limit
  std::uint64_t doubledSegments = 0;  ///< dropped, because they were there already
  std::uint64_t openMessages = 0;     ///< some of whose segments are here
  std::uint64_t openBytes = 0;        ///< taken for those
  std::uint64_t bytesRead = 0;        ///< from the socket, frames included
  std::uint64_t bytesWritten = 0;
  std::uint64_t inboxMessages = 0;
  std::uint64_t inboxBytes = 0;
  std::uint64_t connects = 0;
  bool connected = false;
  bool blocked = false;
};

class AsyncConsumer {
 public:
  /// Starts connecting; the outcome is an event (`connected` when messages can arrive, or `closed` with an error).
  /// @throws Error INVALID_ARGUMENT, INVALID_URL
  AsyncConsumer(ConsumerOptions options, std::function<void()> wake);
  ~AsyncConsumer();
  AsyncConsumer(const AsyncConsumer&) = delete;
  AsyncConsumer& operator=(const AsyncConsumer&) = delete;

  /// Takes up to `maxMessages` whose bodies sum to at most `maxBytes`, but at least one if there is one.
  [[nodiscard]] std::vector<std::shared_ptr<const Message>> take(std::size_t maxMessages, std::size_t maxBytes);

  /// basic.ack. `upTo`: this one and all taken before it. An id of an earlier connection is ignored: the broker has
  /// given the message back to the queue and will deliver it again. False then, and when it was settled already.
  bool acknowledge(DeliveryId id, bool upTo);
  /// basic.nack. False as above.
  bool reject(DeliveryId id, bool requeue);

  [[nodiscard]] ConsumerReport collect();

  /// Ends: acknowledgements given so far go out, everything else goes back to the queue; within 5 s. Then the event
  /// `closed` comes, the last one.
  void close();

  /// After the event `closed`: gives the thread and the descriptor back, for whom it may take long until this is
  /// destroyed. Everything else can still be called. Not from `wake`, nor while this is destroyed.
  void join();

  [[nodiscard]] ConsumerStats stats() const;

  /// The name of the queue; empty until connected.
  [[nodiscard]] std::string queueName() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace matmq
