// What a client says of itself when it logs in (AMQP 0-9-1, 1.4.2; RabbitMQ's capabilities).
#pragma once

#include "amqp/connection/connection.hpp"
#include "amqp/wire/codec.hpp"

namespace matmq::amqp {

/// The SASL mechanism's name.
[[nodiscard]] std::string_view mechanismOf(LoginMethod login) noexcept;

/// connection.start-ok: the login, and product, version, platform, the connection's name, and the capabilities MatMQ
/// relies on.
[[nodiscard]] Bytes startOk(const Endpoint& endpoint, Settings settings);

/// Product and version of the peer, from connection.start.
[[nodiscard]] BrokerInfo brokerInfo(const amqp_connection_start_t& start);

/// Is `mechanism` among those offered (a list parted by spaces)?
[[nodiscard]] bool offers(std::string_view mechanisms, std::string_view mechanism);

}  // namespace matmq::amqp
