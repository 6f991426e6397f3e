// The seam between the engines and a broker: what moves messages between a queue of ours and the network.
//
// Ownership and threading
// 1. A driver has one I/O thread. start() starts it; the destructor ends it at once, whatever the peer does, and
//    joins it.
// 2. A ProducerDriver takes messages from the Outbox and settles them there; a ConsumerDriver pushes messages into the
//    Inbox and takes acknowledgements from it. Events go to the queue, too. The last one is `closed`, after which the
//    thread does nothing more. Nothing thrown leaves the thread.
// 3. Whoever puts something into the queue for the thread to look at raises the signal that the driver was made with.
// 4. Options and the Inbox outlive the driver; the Outbox is shared, because codec threads may finish after everybody.
// 5. Everything but start() may be called from any thread. join() only after the event `closed`, or before start().
#pragma once

#include <matmq/message.hpp>
#include <matmq/stats.hpp>
#include <string>
#include <string_view>

namespace matmq {

class Driver {
 public:
  Driver() = default;
  virtual ~Driver() = default;
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  virtual void start() = 0;
  /// Asks for the orderly end, which comes within 5 s with the event `closed`.
  virtual void close() noexcept = 0;
  /// Gives thread and descriptor back. Does nothing on the thread itself.
  virtual void join() noexcept = 0;
};

class ProducerDriver : public Driver {
 public:
  /// The random id of this producer: the `message_id` of message n is "<instance>-<n>".
  [[nodiscard]] virtual const std::string& instance() const noexcept = 0;
  /// Fills in what it counts: of the connection, and segments.
  virtual void fillStats(ProducerStats& stats) const noexcept = 0;
};

class ConsumerDriver : public Driver {
 public:
  /// The name of the queue or topic that it reads; empty until connected.
  [[nodiscard]] virtual std::string sourceName() const = 0;
  /// Fills in what it counts: of the connection, and segments.
  virtual void fillStats(ConsumerStats& stats) const noexcept = 0;
  /// Reads Message::encodedProperties again. @throws Error MALFORMED_PROPERTIES
  [[nodiscard]] virtual Properties decodeProperties(std::string_view encoded) const = 0;
};

}  // namespace matmq
