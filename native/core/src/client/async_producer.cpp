#include <matmq/engine/async_producer.hpp>

#include "client/drivers.hpp"

namespace matmq {

// Members are destroyed from the last to the first: the I/O thread is joined before anything it uses is gone.
class AsyncProducer::Impl {
 public:
  Impl(ProducerOptions options, std::function<void()> wake)
      : options_(std::move(options)),
        signal_(std::make_shared<Signal>()),
        outbox_(std::make_shared<Outbox>(options_.highWaterMark, options_.whenFull, std::move(wake), signal_)),
        driver_(driverFor(options_.url).makeProducer(options_, outbox_, signal_)) {}
  ~Impl() {
    driver_.reset();
    outbox_->endEncoding();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Outbox& outbox() noexcept { return *outbox_; }
  ProducerDriver& driver() noexcept { return *driver_; }

  void close() {
    outbox_->refuse(
        Error(ErrorCode::closed, "The producer '" + options_.name + "' is closed; make a new one to send more"));
    driver_->close();
  }

  ProducerStats stats() const {
    ProducerStats stats;
    outbox_->fillStats(stats);
    driver_->fillStats(stats);
    return stats;
  }

 private:
  const ProducerOptions options_;
  const std::shared_ptr<Signal> signal_;
  const std::shared_ptr<Outbox> outbox_;
  std::unique_ptr<ProducerDriver> driver_;
};

AsyncProducer::AsyncProducer(ProducerOptions options, std::function<void()> wake) {
  validate(options);
  impl_ = std::make_unique<Impl>(std::move(options), std::move(wake));
  impl_->driver().start();  // only now: the first wake may come before this returns, and whoever it wakes uses impl_
}
AsyncProducer::~AsyncProducer() = default;

std::uint64_t AsyncProducer::trySend(OutgoingMessage&& message) { return impl_->outbox().push(std::move(message)); }
ProducerReport AsyncProducer::collect() { return impl_->outbox().collect(); }
void AsyncProducer::awaitSettlements(bool awaited) { impl_->outbox().awaitSettlements(awaited); }
void AsyncProducer::close() { impl_->close(); }
void AsyncProducer::join() { impl_->driver().join(); }
const std::string& AsyncProducer::instance() const noexcept { return impl_->driver().instance(); }
ProducerStats AsyncProducer::stats() const { return impl_->stats(); }

}  // namespace matmq
