// Where to connect.
#pragma once

#include <cstdint>
#include <string>

namespace matmq::net {

/// What is spoken there, for errors that say what may be wrong.
struct Protocol {
  const char* name = "";  ///< such as "AMQP"
  std::uint16_t port = 0;
  std::uint16_t tlsPort = 0;
};

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  bool tls = false;
  Protocol protocol;

  /// "host:port", the form in which errors and events name a broker: never with credentials.
  [[nodiscard]] std::string peer() const {
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
  }
};

}  // namespace matmq::net
