#include <matmq/engine/async_consumer.hpp>

#include "client/drivers.hpp"

namespace matmq {

// Members are destroyed from the last to the first: the I/O thread is joined before anything it uses is gone.
class AsyncConsumer::Impl {
 public:
  Impl(ConsumerOptions options, std::function<void()> wake)
      : options_(std::move(options)),
        signal_(std::make_shared<Signal>()),
        inbox_(options_.highWaterMark, options_.ack, std::move(wake), signal_),
        driver_(driverFor(options_.url).makeConsumer(options_, inbox_, signal_)) {}

  Inbox& inbox() noexcept { return inbox_; }
  ConsumerDriver& driver() noexcept { return *driver_; }

  ConsumerStats stats() const {
    ConsumerStats stats;
    inbox_.fillStats(stats);
    driver_->fillStats(stats);
    return stats;
  }

 private:
  const ConsumerOptions options_;
  const std::shared_ptr<Signal> signal_;
  Inbox inbox_;
  const std::unique_ptr<ConsumerDriver> driver_;
};

AsyncConsumer::AsyncConsumer(ConsumerOptions options, std::function<void()> wake) {
  validate(options);
  impl_ = std::make_unique<Impl>(std::move(options), std::move(wake));
  impl_->driver().start();  // only now: the first wake may come before this returns, and whoever it wakes uses impl_
}
AsyncConsumer::~AsyncConsumer() = default;

std::vector<std::shared_ptr<Message>> AsyncConsumer::take(std::size_t maxMessages, std::size_t maxBytes) {
  return impl_->inbox().take(maxMessages, maxBytes);
}
bool AsyncConsumer::acknowledge(DeliveryNumber number, bool upTo) {
  return impl_->inbox().settle(number, upTo ? Acknowledgement::Kind::ackUpTo : Acknowledgement::Kind::ack);
}
bool AsyncConsumer::reject(DeliveryNumber number, bool requeue) {
  return impl_->inbox().settle(number, requeue ? Acknowledgement::Kind::requeue : Acknowledgement::Kind::reject);
}
Properties AsyncConsumer::decodeProperties(std::string_view encoded) const {
  return impl_->driver().decodeProperties(encoded);
}
ConsumerReport AsyncConsumer::collect() { return impl_->inbox().collect(); }
void AsyncConsumer::close() {
  impl_->inbox().hurry();
  impl_->driver().close();
}
void AsyncConsumer::join() { impl_->driver().join(); }
ConsumerStats AsyncConsumer::stats() const { return impl_->stats(); }
std::string AsyncConsumer::sourceName() const { return impl_->driver().sourceName(); }

}  // namespace matmq
