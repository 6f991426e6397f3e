#include <condition_variable>
#include <matmq/consumer.hpp>
#include <matmq/engine/async_consumer.hpp>
#include <mutex>

#include "base/signal.hpp"

namespace matmq {

class Consumer::Impl {
 public:
  explicit Impl(const ConsumerOptions& options)
      : ack_(options.ack),
        limits_(options.limits),
        formats_(options.formats),
        consumer_(options, [this] { absorb(); }) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return connected_ || closed_; });
    if (closed_) throw Error(closingError());
  }

  std::shared_ptr<const Message> receive(std::optional<std::chrono::milliseconds> timeout) {
    const Clock::time_point deadline = Clock::now() + timeout.value_or(std::chrono::milliseconds(0));
    if (ack_ == AckMode::automatic) acknowledgeHandedOut();
    for (;;) {
      std::uint64_t seen = 0;
      bool over = false;
      {
        const std::lock_guard lock(mutex_);
        seen = news_;
        over = closed_;
      }
      auto messages = consumer_.take(1, 0);
      if (!messages.empty()) return handOut(std::move(messages.front()));
      if (over) throw Error(closingError());
      std::unique_lock lock(mutex_);
      const auto changed = [&] { return news_ != seen; };
      if (!timeout) {
        changed_.wait(lock, changed);
      } else if (!changed_.wait_until(lock, deadline, changed)) {
        throw Error(ErrorCode::timeout,
                    "Expected a message within " + std::to_string(timeout->count()) + " ms but none arrived");
      }
    }
  }

  [[nodiscard]] bool isManual() const noexcept { return ack_ == AckMode::manual; }

  bool settle(const Message& message, bool ack, bool requeue) {
    return ack ? consumer_.acknowledge(message.number, false) : consumer_.reject(message.number, requeue);
  }

  void exit() noexcept {
    if (ack_ == AckMode::automatic) acknowledgeHandedOut();
    close();
  }

  void close() noexcept {
    consumer_.close();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_; });
  }

  [[nodiscard]] const ImageLimits& limits() const noexcept { return limits_; }
  [[nodiscard]] ImageFormats formats() const noexcept { return formats_; }
  ConsumerStats stats() const { return consumer_.stats(); }

 private:
  Error closingError() const { return closedBy_.value_or(Error(ErrorCode::closed, "The consumer is closed")); }

  std::shared_ptr<const Message> handOut(std::shared_ptr<Message> message) {
    if (message->error) throw Error(*message->error);
    if (!message->encodedProperties.empty()) {
      message->properties = consumer_.decodeProperties(message->encodedProperties);
    }
    if (message->isEndOfTransmission()) {
      consumer_.acknowledge(message->number, ack_ == AckMode::automatic);
      throw Error(ErrorCode::endOfTransmission, "The producer sent the end of its transmission");
    }
    const std::lock_guard lock(mutex_);
    handedOut_ = message->number;
    return message;
  }

  void acknowledgeHandedOut() {
    std::unique_lock lock(mutex_);
    const auto number = std::exchange(handedOut_, std::nullopt);
    lock.unlock();
    if (number) consumer_.acknowledge(*number, true);
  }

  // On the I/O thread.
  void absorb() {
    const ConsumerReport report = consumer_.collect();
    {
      const std::lock_guard lock(mutex_);
      ++news_;
      for (const Event& event : report.events) {
        if (event.kind == Event::Kind::connected) connected_ = true;
        if (event.kind != Event::Kind::closed) continue;
        closed_ = true;
        closedBy_ = event.error;
      }
    }
    changed_.notify_all();
  }

  const AckMode ack_;
  const ImageLimits limits_;
  const ImageFormats formats_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t news_ = 0;
  bool connected_ = false;
  bool closed_ = false;
  std::optional<Error> closedBy_;
  std::optional<DeliveryNumber> handedOut_;
  AsyncConsumer consumer_;  // last: its I/O thread calls absorb() until it is gone
};

Consumer::Consumer(ConsumerOptions options) : impl_(std::make_unique<Impl>(options)) {}
Consumer::~Consumer() { impl_->close(); }

std::shared_ptr<const Message> Consumer::receive(std::optional<std::chrono::milliseconds> timeout) {
  return impl_->receive(timeout);
}

ReceivedImage Consumer::receiveImage(const DecodeOptions& options, std::optional<std::chrono::milliseconds> timeout) {
  auto message = receive(timeout);
  DecodeOptions limited = options;
  limited.limits.pixels = std::min(options.limits.pixels, impl_->limits().pixels);
  limited.limits.decodedBytes = std::min(options.limits.decodedBytes, impl_->limits().decodedBytes);
  limited.limits.decodeTime = std::min(options.limits.decodeTime, impl_->limits().decodeTime);
  if (!limited.formats) limited.formats = impl_->formats();
  try {
    DecodedImage image = decodeMessage(*message, limited);
    return {std::move(message), std::move(image)};
  } catch (...) {
    // The program never gets it, and so could not say anything of it.
    if (impl_->isManual()) impl_->settle(*message, false, false);
    throw;
  }
}

bool Consumer::ack(const Message& message) { return impl_->settle(message, true, false); }
bool Consumer::nack(const Message& message, bool requeue) { return impl_->settle(message, false, requeue); }
void Consumer::exit() noexcept { impl_->exit(); }
ConsumerStats Consumer::stats() const { return impl_->stats(); }

}  // namespace matmq
