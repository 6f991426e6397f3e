// What a producer or consumer is made from: what every broker has here, and what one broker alone has in a struct of
// its own. The member initialisers are the defaults of C++ programs and of the addon; a test holds those of
// TypeScript (lib/connection) against them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <matmq/amqp/options.hpp>
#include <matmq/image.hpp>
#include <matmq/tls_options.hpp>
#include <optional>
#include <string>
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

struct ConnectionOptions {
  /// One URL, or several to fail over between. The scheme chooses the broker: amqp://user:password@host:port/vhost
  /// (RabbitMQ URI specification), or amqps: for TLS. All of a list have one scheme.
  std::vector<std::string> url{amqpDefaultUrl};
  /// Shown in the broker's list of connections and in errors; at most 255 bytes.
  std::string name;
  /// Until connected, logged in and declared, over one address list.
  std::chrono::milliseconds connectTimeout{10000};
  ReconnectOptions reconnect{};
  /// For URLs of TLS; unset: the system's trust, no client certificate.
  std::optional<TlsOptions> tls;
  /// Of what a producer holds (queued or not yet confirmed), and of what waits in a consumer.
  HighWaterMark highWaterMark{};
};

/// What a send does while the high-water mark is reached.
enum class WhenFull : std::uint8_t { wait, reject, dropOldest };

struct ProducerOptions : ConnectionOptions, AmqpProducerOptions {
  ProducerOptions() { name = "producer"; }
  WhenFull whenFull = WhenFull::wait;
  /// Bodies above the broker's limit go in segments; false: they are refused as TOO_LARGE.
  bool segment = true;
};

/// When a message is acknowledged: when the program comes back for the next one; when it says so; never (the broker
/// forgets it at once).
enum class AckMode : std::uint8_t { automatic, manual, none };

/// What becomes of a message in segments: `accept` puts it together, `refuse` rejects each segment as BAD_SEGMENTS.
enum class Segments : std::uint8_t { accept, refuse };

/// What a consumer takes from the network.
struct Limits : ImageLimits {
  /// Bytes of a body, that of a message in segments as a whole. A larger one is refused before memory is taken for it.
  std::uint64_t messageBytes = 512ULL * 1024 * 1024;
};

struct ConsumerOptions : ConnectionOptions, AmqpConsumerOptions {
  ConsumerOptions() { name = "consumer"; }
  /// Messages sent ahead of their acknowledgement; 0: only the inbox bounds them. Unset: 16, and of a queue that is
  /// known to be classic up to 256 while they are small and settled as fast as they come.
  std::optional<std::uint16_t> prefetch;
  AckMode ack = AckMode::automatic;
  /// `refuse` where no producer of the queue sends segments: then nobody can make the consumer hold any.
  Segments segments = Segments::accept;
  Limits limits{};
  ImageFormats formats = usualFormats;  ///< what Consumer::receiveImage decodes unless its options say otherwise
};

/// @throws Error INVALID_ARGUMENT or INVALID_URL, naming the option, what was expected and what was found.
void validate(const ProducerOptions& options);
void validate(const ConsumerOptions& options);

}  // namespace matmq
