// The options that AMQP 0-9-1 alone has: parts of ProducerOptions and ConsumerOptions (matmq/options.hpp). The defaults
// are those of the original classes.
#pragma once

#include <chrono>
#include <cstdint>
#include <matmq/field_table.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace matmq {

/// Where a RabbitMQ listens unless told otherwise (RabbitMQ URI specification).
inline constexpr const char* amqpDefaultUrl = "amqp://guest:guest@localhost:5672/";

/// How the program logs in (SASL): with user and password of the URL, or with its client certificate.
enum class LoginMethod : std::uint8_t { plain, external };

/// A connection and its exchange.
struct AmqpConnectionOptions {
  /// Asked of the broker, in whole seconds, 0..65535; 0 turns heartbeats off. The lower of both sides' values counts.
  std::chrono::seconds heartbeat{30};
  /// `external` needs amqps: and a client certificate.
  LoginMethod login = LoginMethod::plain;
  /// Largest AMQP frame in bytes, 4096..2147483647, unless the broker allows less.
  std::uint32_t frameMax = 131072;
  /// At most 255 bytes. Empty: the broker's default exchange, which is never declared nor bound.
  std::string exchange = "my_exchange_1";
  std::string exchangeType = "direct";  ///< direct, fanout, topic, headers, or a plugin's
  bool durable = false;
  bool declare = true;  ///< false: the exchange (and queue) must exist

  friend bool operator==(const AmqpConnectionOptions&, const AmqpConnectionOptions&) = default;
};

struct AmqpProducerOptions : AmqpConnectionOptions {
  std::string routingKey = "my_key_1";  ///< at most 255 bytes; each message can have another
  bool confirm = true;                  ///< publisher confirms (confirm.select)
  /// With `confirm`: a connection on which the oldest message waits so long for its confirm is made again. Twice as
  /// long each time, until it is confirmed. 0..2147483647 ms; 0: never.
  std::chrono::milliseconds confirmTimeout{60000};
  bool persistent = false;  ///< delivery mode 2
  bool mandatory = false;   ///< unroutable messages come back as errors
  /// Largest body the broker takes; 0: known from its version (128 MiB up to 3.13, 16 MiB from 4.0).
  std::uint64_t maxMessageSize = 0;

  friend bool operator==(const AmqpProducerOptions&, const AmqpProducerOptions&) = default;
};

enum class QueueType : std::uint8_t { classic, quorum, stream };

/// Where a consumer begins in a stream: at its first message; with the last chunk of messages written (one or more);
/// with the next message that comes.
enum class StreamPoint : std::uint8_t { first, last, next };
/// Or with the message of this offset (header `x-stream-offset`, from 0), or with what came since a time (RabbitMQ
/// begins with the chunk of that time: a few may be older).
using StreamOffset = std::variant<StreamPoint, std::uint64_t, Timestamp>;

struct QueueOptions {
  std::string name;  ///< not empty, at most 255 bytes
  bool durable = true;
  QueueType type = QueueType::classic;
  FieldTable arguments;  ///< x-max-length, x-dead-letter-exchange, ...
  /// When it is deleted under the consumer: declare it, bind and subscribe again, on a new connection. Otherwise that
  /// is the end (CONSUMER_CANCELLED).
  bool redeclare = false;
  /// For a stream: where the consumer begins; unset: StreamPoint::next. After a reconnect it goes on where the
  /// program is.
  std::optional<StreamOffset> streamOffset{};

  friend bool operator==(const QueueOptions&, const QueueOptions&) = default;
};

struct AmqpConsumerOptions : AmqpConnectionOptions {
  std::vector<std::string> routingKey{"my_key_1"};  ///< one or more, which bind the queue to the exchange
  std::optional<QueueOptions> queue;                ///< unset: a temporary, exclusive queue with a name from the broker

  friend bool operator==(const AmqpConsumerOptions&, const AmqpConsumerOptions&) = default;
};

}  // namespace matmq
