// The options of a connection: what every broker has, and what is AMQP's.
#pragma once

#include <matmq/options.hpp>

namespace matmq::amqp {

/// Of a producer or a consumer, which both derive from these. They must outlive whoever is given this.
struct Settings {
  const ConnectionOptions& shared;
  const AmqpConnectionOptions& amqp;
};

}  // namespace matmq::amqp
