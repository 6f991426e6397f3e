#include <limits>
#include <matmq/options.hpp>

#include "amqp/connection/uri.hpp"
#include "amqp/wire/wire.hpp"

namespace matmq {
namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& expected, const std::string& received) {
  throw Error(ErrorCode::invalidArgument, "Expected " + expected + " for " + option + " but received " + received);
}

void checkName(const std::string& option, const std::string& value) {
  if (value.size() > 255) refuse(option, "at most 255 bytes", std::to_string(value.size()));
}

void checkNotEmpty(const std::string& option, const std::string& value) {
  if (value.empty()) refuse(option, "a name", "an empty string");
  checkName(option, value);
}

void validateHighWaterMark(const HighWaterMark& mark) {
  if (mark.messages == 0) refuse("highWaterMark.messages", "at least 1", "0");
  if (mark.bytes == 0) refuse("highWaterMark.bytes", "at least 1", "0");
}

void checkPem(const std::string& option, const std::optional<PemSource>& pem) {
  if (!pem || pem->file.empty() != pem->text.empty()) return;
  refuse(option, "a file or the text of one", pem->file.empty() ? "neither" : "both");
}

// A list that mixes both schemes would let whoever blocks the TLS port have the password in the clear.
void validateTls(const ConnectionOptions& options) {
  std::size_t secured = 0;
  for (const std::string& url : options.urls) secured += amqp::parseUrl(url).tls ? 1 : 0;
  const bool external = options.login == LoginMethod::external;
  if (secured < options.urls.size()) {
    if (secured > 0) refuse("urls", "all of them amqps: or all amqp:", "both kinds");
    if (options.tls) refuse("tls", "amqps: URLs", "an amqp: URL, which is not encrypted");
    if (external) refuse("login 'external'", "amqps: URLs", "an amqp: URL");
  }
  if (external && !(options.tls && options.tls->cert))
    refuse("login 'external'", "a client certificate in tls.cert", "none");
  if (!options.tls) return;
  const TlsOptions& tls = *options.tls;
  checkPem("tls.ca", tls.ca);
  checkPem("tls.cert", tls.cert);
  checkPem("tls.key", tls.key);
  if (tls.cert.has_value() != tls.key.has_value()) {
    refuse("tls.cert and tls.key", "both or neither", tls.cert ? "a certificate without its key" : "a key alone");
  }
  if (tls.serverName.find('\0') != std::string::npos) refuse("tls.serverName", "a name", "one with a zero in it");
  if (tls.passphrase.find('\0') != std::string::npos) refuse("tls.passphrase", "no zero in it", "one");
}

void validateConnection(const ConnectionOptions& options) {
  if (options.urls.empty()) refuse("urls", "at least one URL", "an empty list");
  validateTls(options);
  if (options.heartbeat.count() < 0 || options.heartbeat.count() > std::numeric_limits<std::uint16_t>::max()) {
    refuse("heartbeat", "0 to 65535 seconds", std::to_string(options.heartbeat.count()));
  }
  if (options.connectTimeout.count() <= 0)
    refuse("connectTimeout", "more than 0 ms", std::to_string(options.connectTimeout.count()));
  if (options.frameMax < amqp::frameMinSize || options.frameMax > std::numeric_limits<std::int32_t>::max()) {
    refuse("frameMax", "4096 to 2147483647 bytes", std::to_string(options.frameMax));
  }
  if (options.reconnect.initialDelay.count() <= 0) {
    refuse("reconnect.initialDelay", "more than 0 ms", std::to_string(options.reconnect.initialDelay.count()));
  }
  if (options.reconnect.maxDelay < options.reconnect.initialDelay) {
    refuse("reconnect.maxDelay", "at least reconnect.initialDelay", std::to_string(options.reconnect.maxDelay.count()));
  }
  checkName("name", options.name);
}

void validateExchange(const ExchangeOptions& options) {
  checkName("exchange", options.exchange);
  checkNotEmpty("exchangeType", options.exchangeType);
}

// What RabbitMQ would refuse, or ignore, with fewer words.
void validateStream(const QueueOptions& queue, const ConsumerOptions& options) {
  if (!isStream(queue)) {
    if (queue.streamOffset) refuse("queue.streamOffset", "a queue of type 'stream'", "one of another type");
    return;
  }
  if (options.prefetch == 0) refuse("prefetch", "1 to 65535 for a stream, which needs a bound", "0");
  if (options.ack == AckMode::none)
    refuse("ack", "'auto' or 'manual' for a stream, which needs acknowledgements", "'none'");
  const auto* offset = queue.streamOffset ? std::get_if<std::uint64_t>(&*queue.streamOffset) : nullptr;
  if (offset != nullptr && *offset > std::numeric_limits<std::int64_t>::max()) {
    refuse("queue.streamOffset", "an offset of at most 63 bits", std::to_string(*offset));
  }
}

}  // namespace

bool isStream(const QueueOptions& queue) {
  if (queue.type == QueueType::stream) return true;
  const auto at = queue.arguments.find("x-queue-type");
  return at != queue.arguments.end() && at->second == FieldValue(std::string("stream"));
}

void validate(const ProducerOptions& options) {
  validateConnection(options);
  validateExchange(options);
  validateHighWaterMark(options.highWaterMark);
  checkName("routingKey", options.routingKey);
  if (options.confirmTimeout.count() < 0 || options.confirmTimeout.count() > std::numeric_limits<std::int32_t>::max()) {
    refuse("confirmTimeout", "0 to 2147483647 ms", std::to_string(options.confirmTimeout.count()));
  }
}

void validate(const ConsumerOptions& options) {
  validateConnection(options);
  validateExchange(options);
  validateHighWaterMark(options.highWaterMark);
  if (options.formats.empty()) refuse("formats", "at least one image format", "none");
  if (options.routingKeys.empty()) refuse("routingKeys", "at least one key", "an empty list");
  for (const std::string& key : options.routingKeys) checkName("routingKeys", key);
  if (options.queue) checkNotEmpty("queue.name", options.queue->name);
  if (options.queue) validateStream(*options.queue, options);
  if (options.queue && options.queue->redeclare && !options.reconnect.enabled) {
    refuse("queue.redeclare", "reconnecting to be on, by which it is done", "reconnect: false");
  }
  if (options.queue && options.queue->redeclare && !options.declare) {
    refuse("queue.redeclare", "declaring to be on", "declare: false");
  }
  if (!options.queue && options.exchange.empty()) {
    refuse("queue", "the name of a queue, because the default exchange reaches queues by name only", "none");
  }
}

}  // namespace matmq
