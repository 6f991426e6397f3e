// AMQP URLs (RabbitMQ URI specification): amqp://user:password@host:port/vhost
#pragma once

#include <cstdint>
#include <string>

namespace matmq::amqp {

/// Where to connect and as whom.
struct Endpoint {
  std::string host;
  std::uint16_t port = 5672;
  std::string user = "guest";
  std::string password = "guest";
  std::string vhost = "/";
  bool tls = false;

  /// "host:port", the form in which errors and events name a broker: never with credentials.
  [[nodiscard]] std::string peer() const;
};

/// Parses with rabbitmq-c's amqp_parse_url. An empty path means the virtual host "/".
/// @throws Error INVALID_URL; its text never repeats the URL, which may hold a password
[[nodiscard]] Endpoint parseUrl(const std::string& url);

}  // namespace matmq::amqp
