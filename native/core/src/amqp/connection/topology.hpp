// Exchange, queue and bindings as requests of a SetupScript.
#pragma once

#include <matmq/options.hpp>

#include "amqp/connection/setup_script.hpp"

namespace matmq::amqp {

/// exchange.declare, unless it is the default exchange or `declare` is false.
void declareExchange(SetupScript& script, const AmqpConnectionOptions& options);

/// Whether `type` or the argument x-queue-type says so.
[[nodiscard]] bool isStream(const QueueOptions& queue);
[[nodiscard]] bool isQuorum(const QueueOptions& queue);
/// Whether the argument x-single-active-consumer says so.
[[nodiscard]] bool hasSingleActiveConsumer(const QueueOptions& queue);

/// queue.declare (a temporary, exclusive one without a name of its own if `options.queue` is unset) and a queue.bind
/// for each routing key. `onName` gets the name the broker says.
void declareQueue(SetupScript& script, const AmqpConsumerOptions& options, std::function<void(std::string)> onName);

}  // namespace matmq::amqp
