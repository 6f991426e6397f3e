// What the targets that speak as a broker share.
#pragma once

#include <poll.h>

#include <memory>

#include "amqp/connection/connection.hpp"
#include "targets.hpp"

namespace fuzz {

/// A broker's side of a login and of all that a producer, or a consumer, declares.
[[nodiscard]] matmq::amqp::Bytes login(bool producer);

/// Turns the connection until it ends; `afterTurn` is the program. The transport must end.
template <typename Program>
void serve(matmq::amqp::Settings settings, matmq::amqp::ConnectionUser& user,
           std::unique_ptr<matmq::net::Transport> transport, Program&& afterTurn) {
  matmq::amqp::Endpoint endpoint;
  endpoint.host = "broker";
  matmq::amqp::Connection connection(std::move(transport), endpoint, settings, user,
                                     matmq::Clock::now() + std::chrono::hours(1));
  try {
    while (!connection.closed()) {
      connection.turn(static_cast<short>(connection.interest() | POLLIN));
      afterTurn();
    }
  } catch (const matmq::Error& error) {
    expect(error.kind() == matmq::ErrorKind::connection || error.kind() == matmq::ErrorKind::channel,
           "a connection ends with an error of the connection or of the channel");
  }
}

}  // namespace fuzz
