// What a producer or consumer is made from. The member initialisers are the defaults of C++ programs and of the addon;
// lib/options.ts states the same values for TypeScript and a test holds the two against each other.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <matmq/field_table.hpp>
#include <matmq/image.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace matmq {

/// Reconnecting after a lost connection: exponential back-off with full jitter, next URL of the list each time.
struct ReconnectOptions {
  bool enabled = true;
  std::chrono::milliseconds initialDelay{100};  ///< mean wait before the first try
  std::chrono::milliseconds maxDelay{5000};     ///< no wait is longer
};

/// The bound of what is held: by count and by bytes, whichever is met first. One larger message passes alone.
struct HighWaterMark {
  std::size_t messages = 1024;
  std::size_t bytes = 256ULL * 1024 * 1024;
};

/// Certificates or a key in PEM form: in a file, which is read anew for each connection, or in memory. One of the two.
struct PemSource {
  std::string file{};  ///< a path
  std::string text{};  ///< what such a file holds
};

/// How amqps: connections are secured: TLS 1.2 or 1.3, the broker's certificate checked against `ca` and its name.
struct TlsOptions {
  /// The authorities that are trusted, instead of the system's store.
  std::optional<PemSource> ca{};
  /// What this program shows of itself: its certificate, followed by those of intermediate authorities, and its key.
  std::optional<PemSource> cert{};
  std::optional<PemSource> key{};
  std::string passphrase{};  ///< of an encrypted key
  /// The name the certificate must have, where it is not the host of the URL: a DNS name or an IP address.
  std::string serverName{};
  /// Dangerous: whoever sits between can pose as the broker, and read the password and every message. For experiments.
  bool insecureUnauthenticated = false;
};

/// How the program logs in (SASL): with user and password of the URL, or with its client certificate.
enum class LoginMethod : std::uint8_t { plain, external };

struct ConnectionOptions {
  /// One URL, or several to fail over between: amqp://user:password@host:port/vhost (RabbitMQ URI specification).
  /// amqps: is TLS; a list has one of the two alone.
  std::vector<std::string> urls{"amqp://guest:guest@localhost:5672/"};
  /// Shown in the broker's connection list (client property `connection_name`) and in errors.
  std::string name;
  /// Asked of the broker, in whole seconds; 0 turns heartbeats off. The lower of both sides' values counts.
  std::chrono::seconds heartbeat{30};
  /// Until connected, logged in and declared, over one address list.
  std::chrono::milliseconds connectTimeout{10000};
  ReconnectOptions reconnect{};
  /// For amqps: URLs; unset: the system's trust, no client certificate.
  std::optional<TlsOptions> tls;
  /// `external` needs amqps: and a client certificate.
  LoginMethod login = LoginMethod::plain;
  /// Largest AMQP frame in bytes, 4096..2147483647, unless the broker allows less.
  std::uint32_t frameMax = 131072;
};

struct ExchangeOptions {
  /// Empty: the broker's default exchange, which is never declared nor bound.
  std::string exchange = "my_exchange_1";
  std::string exchangeType = "direct";  ///< direct, fanout, topic, headers, or a plugin's
  bool durable = false;
  bool declare = true;  ///< false: the exchange (and queue) must exist
};

enum class WhenFull : std::uint8_t { wait, reject, dropOldest };

struct ProducerOptions : ConnectionOptions, ExchangeOptions {
  ProducerOptions() { name = "producer"; }
  std::string routingKey = "my_key_1";
  bool confirm = true;  ///< publisher confirms (confirm.select)
  /// With `confirm`: a connection on which the oldest message waits so long for its confirm is made again. Twice as long
  /// each time, until it is confirmed. 0: never.
  std::chrono::milliseconds confirmTimeout{60000};
  bool persistent = false;  ///< delivery mode 2
  bool mandatory = false;   ///< unroutable messages come back as errors
  HighWaterMark highWaterMark{};
  WhenFull whenFull = WhenFull::wait;
  /// Largest body the broker takes; 0: known from its version (128 MiB up to 3.13, 16 MiB from 4.0).
  std::uint64_t maxMessageSize = 0;
  /// Larger bodies go in segments of that size; false: they are refused as TOO_LARGE.
  bool segment = true;
};

enum class QueueType : std::uint8_t { classic, quorum, stream };

/// Where a consumer begins in a stream: at its first message; with the last chunk of messages written (one or more); with
/// the next message that comes.
enum class StreamPoint : std::uint8_t { first, last, next };
/// Or with the message of this offset (header `x-stream-offset`, from 0), or with what came since a time (RabbitMQ begins
/// with the chunk of that time: a few may be older).
using StreamOffset = std::variant<StreamPoint, std::uint64_t, Timestamp>;

struct QueueOptions {
  std::string name;  ///< not empty
  bool durable = true;
  QueueType type = QueueType::classic;
  FieldTable arguments;  ///< x-max-length, x-dead-letter-exchange, ...
  /// When it is deleted under the consumer: declare it, bind and subscribe again, on a new connection. Otherwise that is
  /// the end (CONSUMER_CANCELLED).
  bool redeclare = false;
  /// For a stream: where the consumer begins; unset: StreamPoint::next. After a reconnect it goes on where the program is.
  std::optional<StreamOffset> streamOffset{};
};
/// Whether `type` or the argument x-queue-type says so.
[[nodiscard]] bool isStream(const QueueOptions& queue);

/// When a message is acknowledged: when the program comes back for the next one; when it says so; never (the broker
/// forgets it at once).
enum class AckMode : std::uint8_t { automatic, manual, none };

struct ConsumerOptions : ConnectionOptions, ExchangeOptions {
  ConsumerOptions() { name = "consumer"; }
  std::vector<std::string> routingKeys{"my_key_1"};
  std::optional<QueueOptions> queue;  ///< unset: a temporary, exclusive queue with a name from the broker
  std::uint16_t prefetch = 16;        ///< 0: no bound by count; the inbox still bounds it
  AckMode ack = AckMode::automatic;
  HighWaterMark highWaterMark{};
  ImageLimits limits{};
  ImageFormats formats = usualFormats;  ///< what Consumer::receiveImage decodes unless its options say otherwise
  /// A larger body is refused before memory is taken for it.
  std::uint64_t maxMessageBytes = 512ULL * 1024 * 1024;
};

/// @throws Error INVALID_ARGUMENT or INVALID_URL, naming the option, what was expected and what was found.
void validate(const ProducerOptions& options);
void validate(const ConsumerOptions& options);

}  // namespace matmq
