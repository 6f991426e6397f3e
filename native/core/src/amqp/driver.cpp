#include "amqp/driver.hpp"

#include "amqp/consume/subscriber.hpp"
#include "amqp/publish/publisher.hpp"
#include "amqp/wire/codec.hpp"
#include "net/tls/library.hpp"

namespace matmq::amqp {
namespace {

// Members are destroyed from the last to the first: the I/O thread is joined before anything it uses is gone.
class AmqpProducerDriver final : public ProducerDriver {
 public:
  AmqpProducerDriver(const ProducerOptions& options, std::shared_ptr<Outbox> outbox, std::shared_ptr<Signal> signal)
      : publisher_(options, std::move(outbox)), io_({options, options}, publisher_, std::move(signal)) {}

  void start() override { io_.start(); }
  void close() noexcept override { io_.close(); }
  void join() noexcept override { io_.join(); }
  [[nodiscard]] const std::string& instance() const noexcept override { return publisher_.instance(); }
  void fillStats(ProducerStats& stats) const noexcept override { publisher_.fillStats(stats); }

 private:
  Publisher publisher_;
  IoThread io_;
};

class AmqpConsumerDriver final : public ConsumerDriver {
 public:
  AmqpConsumerDriver(const ConsumerOptions& options, Inbox& inbox, std::shared_ptr<Signal> signal)
      : subscriber_(options, inbox), io_({options, options}, subscriber_, std::move(signal)) {}

  void start() override { io_.start(); }
  void close() noexcept override {
    subscriber_.stopTaking();
    io_.close();
  }
  void join() noexcept override { io_.join(); }
  [[nodiscard]] std::string sourceName() const override { return subscriber_.queueName(); }
  void fillStats(ConsumerStats& stats) const noexcept override { subscriber_.fillStats(stats); }
  [[nodiscard]] Properties decodeProperties(std::string_view encoded) const override {
    return amqp::decodeProperties(encoded);
  }

 private:
  Subscriber subscriber_;
  IoThread io_;
};

}  // namespace

std::unique_ptr<ProducerDriver> makeProducerDriver(const ProducerOptions& options, std::shared_ptr<Outbox> outbox,
                                                   std::shared_ptr<Signal> signal) {
  return std::make_unique<AmqpProducerDriver>(options, std::move(outbox), std::move(signal));
}

std::unique_ptr<ConsumerDriver> makeConsumerDriver(const ConsumerOptions& options, Inbox& inbox,
                                                   std::shared_ptr<Signal> signal) {
  return std::make_unique<AmqpConsumerDriver>(options, inbox, std::move(signal));
}

std::map<std::string, std::string> libraries() {
  return {{"rabbitmq-c", amqp_version()}, {"gnutls", net::tls::libraryVersion()}};
}

}  // namespace matmq::amqp
