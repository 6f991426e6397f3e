// What MatMQ writes into a message's properties and reads from them: docs/wire-format.md in code.
#pragma once

#include <matmq/message.hpp>

#include "queue/outbox.hpp"

namespace matmq::amqp {

/// The facts of a producer that go into each of its messages.
struct Sender {
  std::string name;
  std::string instance;  ///< drawn when the producer is made; message_id is "<instance>-<n>"
  bool persistent = false;
};

/// A random id, 16 hexadecimal digits.
[[nodiscard]] std::string drawInstance();

/// The properties of `queued` on the wire: the program's, then MatMQ's own.
[[nodiscard]] Properties wireProperties(const QueuedMessage& queued, const Sender& sender);

/// The sequence number in a message_id of this sender.
[[nodiscard]] std::optional<std::uint64_t> sequenceOf(std::string_view messageId, const Sender& sender) noexcept;

/// The type that a received message states in its property `type`.
[[nodiscard]] MessageType messageType(std::optional<std::string_view> type) noexcept;

/// The largest body this broker takes (RabbitMQ's max_message_size): 128 MiB from 3.8 to 3.13, 16 MiB from 4.0, else
/// 512 MiB.
[[nodiscard]] std::uint64_t maxMessageSize(std::string_view product, std::string_view version) noexcept;
/// Whether a queue that was declared without a type may be of another one than classic, because a virtual host can have
/// a type of its own for those (RabbitMQ 3.11).
[[nodiscard]] bool mayHaveDefaultQueueType(std::string_view product, std::string_view version) noexcept;

}  // namespace matmq::amqp
