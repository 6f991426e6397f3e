// The one place that chooses a broker: by the scheme of the URL.
#pragma once

#include <map>
#include <matmq/options.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/signal.hpp"
#include "driver/driver.hpp"
#include "queue/inbox.hpp"
#include "queue/outbox.hpp"

namespace matmq {

/// What makes the drivers of one broker.
struct DriverKind {
  std::span<const std::string_view> schemes;  ///< such as "amqp", "amqps"
  /// Check the options that are this broker's alone, and the URLs. @throws Error INVALID_ARGUMENT, INVALID_URL
  void (*validateProducer)(const ProducerOptions& options);
  void (*validateConsumer)(const ConsumerOptions& options);
  std::unique_ptr<ProducerDriver> (*makeProducer)(const ProducerOptions& options, std::shared_ptr<Outbox> outbox,
                                                  std::shared_ptr<Signal> signal);
  std::unique_ptr<ConsumerDriver> (*makeConsumer)(const ConsumerOptions& options, Inbox& inbox,
                                                  std::shared_ptr<Signal> signal);
  std::map<std::string, std::string> (*libraries)();
};

/// The kind that all of these URLs name. Errors never repeat a URL, which may hold a password.
/// @throws Error INVALID_URL when the scheme is unknown, INVALID_ARGUMENT when they name several brokers
[[nodiscard]] const DriverKind& driverFor(const std::vector<std::string>& url);

/// Name and version of each library that drivers work with.
[[nodiscard]] std::map<std::string, std::string> driverLibraries();

/// Another broker, for the tests of the engines. `kind` must outlive everything that is made. Not while others connect.
void addDriver(const DriverKind& kind);

}  // namespace matmq
