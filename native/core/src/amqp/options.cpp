// Checks of the options that are AMQP's.
#include <limits>
#include <matmq/options.hpp>

#include "amqp/connection/topology.hpp"
#include "amqp/connection/uri.hpp"
#include "amqp/driver.hpp"
#include "amqp/wire/wire.hpp"
#include "base/option_checks.hpp"

namespace matmq::amqp {
namespace {

// A list that mixes both schemes would let whoever blocks the TLS port have the password in the clear.
void checkSecurity(const ConnectionOptions& options, LoginMethod login) {
  std::size_t secured = 0;
  for (const std::string& url : options.url) secured += parseUrl(url).tls ? 1 : 0;
  const bool external = login == LoginMethod::external;
  if (secured < options.url.size()) {
    if (secured > 0) refuseOption("url", "all of them amqps: or all amqp:", "both kinds");
    if (options.tls) refuseOption("tls", "amqps: URLs", "an amqp: URL, which is not encrypted");
    if (external) refuseOption("login 'external'", "amqps: URLs", "an amqp: URL");
  }
  if (external && !(options.tls && options.tls->cert))
    refuseOption("login 'external'", "a client certificate in tls.cert", "none");
}

void checkConnection(const ConnectionOptions& shared, const AmqpConnectionOptions& options) {
  checkSecurity(shared, options.login);
  if (options.heartbeat.count() < 0 || options.heartbeat.count() > std::numeric_limits<std::uint16_t>::max()) {
    refuseOption("heartbeat", "0 to 65535 seconds", std::to_string(options.heartbeat.count()));
  }
  if (options.frameMax < frameMinSize || options.frameMax > std::numeric_limits<std::int32_t>::max()) {
    refuseOption("frameMax", "4096 to 2147483647 bytes", std::to_string(options.frameMax));
  }
  checkName("exchange", options.exchange);
  checkNameGiven("exchangeType", options.exchangeType);
}

// What RabbitMQ would refuse, or ignore, with fewer words.
void checkStream(const QueueOptions& queue, const ConsumerOptions& options) {
  if (!isStream(queue)) {
    if (queue.streamOffset) refuseOption("queue.streamOffset", "a queue of type 'stream'", "one of another type");
    return;
  }
  if (options.prefetch == std::uint16_t{0})
    refuseOption("prefetch", "1 to 65535 for a stream, which needs a bound", "0");
  if (options.ack == AckMode::none)
    refuseOption("ack", "'auto' or 'manual' for a stream, which needs acknowledgements", "'none'");
  const auto* offset = queue.streamOffset ? std::get_if<std::uint64_t>(&*queue.streamOffset) : nullptr;
  if (offset != nullptr && *offset > std::numeric_limits<std::int64_t>::max()) {
    refuseOption("queue.streamOffset", "an offset of at most 63 bits", std::to_string(*offset));
  }
}

void checkQueue(const QueueOptions& queue, const ConsumerOptions& options) {
  checkNameGiven("queue.name", queue.name);
  checkStream(queue, options);
  if (!queue.redeclare) return;
  if (!options.reconnect.enabled) {
    refuseOption("queue.redeclare", "reconnecting to be on, by which it is done", "reconnect: false");
  }
  if (!options.declare) refuseOption("queue.redeclare", "declaring to be on", "declare: false");
}

}  // namespace

void validateProducer(const ProducerOptions& options) {
  checkConnection(options, options);
  checkName("routingKey", options.routingKey);
  if (options.confirmTimeout.count() < 0 || options.confirmTimeout.count() > std::numeric_limits<std::int32_t>::max()) {
    refuseOption("confirmTimeout", "0 to 2147483647 ms", std::to_string(options.confirmTimeout.count()));
  }
}

void validateConsumer(const ConsumerOptions& options) {
  checkConnection(options, options);
  if (options.routingKey.empty()) refuseOption("routingKey", "at least one key", "an empty list");
  for (const std::string& key : options.routingKey) checkName("routingKey", key);
  if (options.queue) checkQueue(*options.queue, options);
  if (!options.queue && options.exchange.empty()) {
    refuseOption("queue", "the name of a queue, because the default exchange reaches queues by name only", "none");
  }
}

}  // namespace matmq::amqp
