// What an AMQP message has beside the neutral parts of matmq/message.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace matmq {

/// The properties of AMQP 0-9-1 class basic that other brokers do not have.
struct AmqpProperties {
  std::optional<std::uint8_t> deliveryMode;  ///< 1 transient, 2 persistent
  std::optional<std::uint8_t> priority;      ///< 0..9
  std::optional<std::string> expiration;     ///< milliseconds, as decimal digits
  std::optional<std::string> userId;         ///< RabbitMQ refuses any but the user of the connection
  friend bool operator==(const AmqpProperties&, const AmqpProperties&) = default;
};

/// Where a message goes (basic.publish).
struct AmqpRouting {
  /// Overrides the producer's routing key.
  std::optional<std::string> routingKey;
};

/// Where a message came from (basic.deliver).
struct AmqpDelivery {
  std::string exchange;
  std::string routingKey;
  std::uint64_t deliveryTag = 0;  ///< of its channel; programs acknowledge by Message::number
};

}  // namespace matmq
