// What a client says of itself when it logs in (AMQP 0-9-1, 1.4.2; RabbitMQ's capabilities).
#pragma once

#include "amqp/codec.hpp"
#include "amqp/link.hpp"

namespace matmq::amqp {

/// connection.start-ok with SASL PLAIN: product, version, platform, the connection's name, and the capabilities MatMQ
/// relies on.
[[nodiscard]] Bytes startOk(const Endpoint& endpoint, const std::string& connectionName);

/// Product and version of the peer, from connection.start.
[[nodiscard]] BrokerInfo brokerInfo(const amqp_connection_start_t& start);

/// Is `mechanism` among those offered (a list parted by spaces)?
[[nodiscard]] bool offers(std::string_view mechanisms, std::string_view mechanism);

}  // namespace matmq::amqp
