#include <matmq/async_consumer.hpp>

#include "amqp/consume/subscriber.hpp"

namespace matmq {

// Members are destroyed from the last to the first: the I/O thread is joined before anything it uses is gone.
class AsyncConsumer::Impl {
 public:
  Impl(ConsumerOptions options, std::function<void()> wake)
      : options_(std::move(options)),
        signal_(std::make_shared<Signal>()),
        inbox_(options_.highWaterMark, options_.ack, std::move(wake), signal_),
        subscriber_(options_, inbox_),
        io_(options_, subscriber_, signal_) {}

  void start() { io_.start(); }

  Inbox& inbox() noexcept { return inbox_; }
  [[nodiscard]] std::string queueName() const { return subscriber_.queueName(); }

  void close() noexcept {
    subscriber_.stopTaking();
    io_.close();
  }

  void join() noexcept { io_.join(); }

  ConsumerStats stats() const {
    ConsumerStats stats;
    inbox_.fillStats(stats);
    subscriber_.fillStats(stats);
    return stats;
  }

 private:
  const ConsumerOptions options_;
  const std::shared_ptr<Signal> signal_;
  Inbox inbox_;
  amqp::Subscriber subscriber_;
  amqp::IoThread io_;
};

AsyncConsumer::AsyncConsumer(ConsumerOptions options, std::function<void()> wake) {
  validate(options);
  impl_ = std::make_unique<Impl>(std::move(options), std::move(wake));
  impl_->start();  // only now: the first wake may come before this returns, and whoever it wakes uses impl_
}
AsyncConsumer::~AsyncConsumer() = default;

std::vector<std::shared_ptr<const Message>> AsyncConsumer::take(std::size_t maxMessages, std::size_t maxBytes) {
  return impl_->inbox().take(maxMessages, maxBytes);
}
bool AsyncConsumer::acknowledge(DeliveryId id, bool upTo) {
  return impl_->inbox().settle(id, upTo ? Verdict::Kind::ackUpTo : Verdict::Kind::ack);
}
bool AsyncConsumer::reject(DeliveryId id, bool requeue) {
  return impl_->inbox().settle(id, requeue ? Verdict::Kind::requeue : Verdict::Kind::reject);
}
ConsumerReport AsyncConsumer::collect() { return impl_->inbox().collect(); }
void AsyncConsumer::close() { impl_->close(); }
void AsyncConsumer::join() { impl_->join(); }
ConsumerStats AsyncConsumer::stats() const { return impl_->stats(); }
std::string AsyncConsumer::queueName() const { return impl_->queueName(); }

}  // namespace matmq
