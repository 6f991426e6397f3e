#include <matmq/async_producer.hpp>

#include "amqp/publish/publisher.hpp"

namespace matmq {

// Members are destroyed from the last to the first: the I/O thread is joined before anything it uses is gone.
class AsyncProducer::Impl {
 public:
  Impl(ProducerOptions options, std::function<void()> wake)
      : options_(std::move(options)),
        signal_(std::make_shared<Signal>()),
        outbox_(std::make_shared<Outbox>(options_.highWaterMark, options_.whenFull, std::move(wake), signal_)),
        publisher_(options_, outbox_),
        io_(options_, publisher_, signal_) {}
  ~Impl() { outbox_->endEncoding(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void start() { io_.start(); }

  Outbox& outbox() noexcept { return *outbox_; }
  [[nodiscard]] const std::string& instance() const noexcept { return publisher_.instance(); }

  void close() {
    outbox_->refuse(
        Error(ErrorCode::closed, "The producer '" + options_.name + "' is closed; make a new one to send more"));
    io_.close();
  }

  void join() noexcept { io_.join(); }

  ProducerStats stats() const {
    ProducerStats stats;
    outbox_->fillStats(stats);
    publisher_.fillStats(stats);
    return stats;
  }

 private:
  const ProducerOptions options_;
  const std::shared_ptr<Signal> signal_;
  const std::shared_ptr<Outbox> outbox_;
  amqp::Publisher publisher_;
  amqp::IoThread io_;
};

AsyncProducer::AsyncProducer(ProducerOptions options, std::function<void()> wake) {
  validate(options);
  impl_ = std::make_unique<Impl>(std::move(options), std::move(wake));
  impl_->start();  // only now: the first wake may come before this returns, and whoever it wakes uses impl_
}
AsyncProducer::~AsyncProducer() = default;

std::uint64_t AsyncProducer::trySend(OutgoingMessage&& message) { return impl_->outbox().push(std::move(message)); }
ProducerReport AsyncProducer::collect() { return impl_->outbox().collect(); }
void AsyncProducer::attend(bool attended) { impl_->outbox().attend(attended); }
void AsyncProducer::close() { impl_->close(); }
void AsyncProducer::join() { impl_->join(); }
const std::string& AsyncProducer::instance() const noexcept { return impl_->instance(); }
ProducerStats AsyncProducer::stats() const { return impl_->stats(); }

}  // namespace matmq
