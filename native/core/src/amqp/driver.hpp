// AMQP 0-9-1 behind the seam (driver/driver.hpp).
#pragma once

#include <map>
#include <matmq/options.hpp>
#include <memory>

#include "base/signal.hpp"
#include "driver/driver.hpp"
#include "queue/inbox.hpp"
#include "queue/outbox.hpp"

namespace matmq::amqp {

/// The options that are AMQP's, and the URLs. @throws Error INVALID_ARGUMENT, INVALID_URL
void validateProducer(const ProducerOptions& options);
void validateConsumer(const ConsumerOptions& options);

/// `options` (and `inbox`) must outlive the driver. @throws Error INVALID_URL
[[nodiscard]] std::unique_ptr<ProducerDriver> makeProducerDriver(const ProducerOptions& options,
                                                                 std::shared_ptr<Outbox> outbox,
                                                                 std::shared_ptr<Signal> signal);
[[nodiscard]] std::unique_ptr<ConsumerDriver> makeConsumerDriver(const ConsumerOptions& options, Inbox& inbox,
                                                                 std::shared_ptr<Signal> signal);

/// rabbitmq-c, and the library of TLS.
[[nodiscard]] std::map<std::string, std::string> libraries();

}  // namespace matmq::amqp
