// AMQP URLs (RabbitMQ URI specification): amqp://user:password@host:port/vhost
#pragma once

#include <string>

#include "net/endpoint.hpp"

namespace matmq::amqp {

/// Where to connect, and as whom.
struct Endpoint : net::Endpoint {
  std::string user = "guest";
  std::string password = "guest";
  std::string vhost = "/";
};

/// Parses with rabbitmq-c's amqp_parse_url. An empty path means the virtual host "/".
/// @throws Error INVALID_URL; its text never repeats the URL, which may hold a password
[[nodiscard]] Endpoint parseUrl(const std::string& url);

}  // namespace matmq::amqp
