#include "amqp/consume/prefetch_window.hpp"

#include <algorithm>

#include "amqp/connection/topology.hpp"
#include "amqp/wire/envelope.hpp"

namespace matmq::amqp {
namespace {

using std::chrono::duration;

/// The program's work that the broker may hand over ahead.
constexpr duration<double> workAhead{0.25};
/// A pace is taken from so many messages at least, or when so much time has passed.
constexpr std::uint64_t periodMessages = 64;
constexpr std::chrono::seconds longestPeriod{1};

bool isKnownAsClassic(const ConsumerOptions& options, const BrokerInfo& broker) {
  if (!options.queue) return true;  // temporary and exclusive
  if (!options.declare || hasSingleActiveConsumer(*options.queue) || options.queue->type != QueueType::classic)
    return false;
  const auto type = options.queue->arguments.find("x-queue-type");
  if (type != options.queue->arguments.end()) return type->second == FieldValue(std::string("classic"));
  return !mayHaveDefaultQueueType(broker.product, broker.version);
}

}  // namespace

PrefetchWindow::PrefetchWindow(const ConsumerOptions& options)
    : options_(options), count_(options.prefetch.value_or(least)) {}

void PrefetchWindow::restart(Clock::time_point now) noexcept {
  adapts_ = false;
  if (!options_.prefetch) count_ = least;
  unsettled_ = 0;
  begin(now);
}

void PrefetchWindow::onReady(const BrokerInfo& broker) {
  adapts_ = !options_.prefetch && options_.ack != AckMode::none && isKnownAsClassic(options_, broker);
}

void PrefetchWindow::begin(Clock::time_point now) noexcept {
  settled_ = 0;
  largest_ = 0;
  began_ = now;
}

void PrefetchWindow::arrived(std::uint64_t bodySize) noexcept {
  ++unsettled_;
  largest_ = std::max(largest_, bodySize);
}

bool PrefetchWindow::review(std::size_t outstanding, Clock::time_point now) noexcept {
  if (!adapts_ || outstanding > unsettled_) return false;
  settled_ += unsettled_ - outstanding;
  unsettled_ = outstanding;
  const std::uint64_t period = std::max<std::uint64_t>(periodMessages, count_);
  if (now <= began_ || (settled_ < period && now - began_ < longestPeriod)) return false;
  const std::uint16_t want = countFor(settled_, now - began_);
  begin(now);
  // Each change costs the broker three methods: small ones are not worth it.
  if (want < 2 * count_ && want > count_ / 2) return false;
  count_ = want;
  return true;
}

Deadline PrefetchWindow::reviewAt() const noexcept {
  if (!adapts_ || count_ == least) return std::nullopt;
  return began_ + longestPeriod;
}

std::uint16_t PrefetchWindow::countFor(std::uint64_t messages, Clock::duration taken) const noexcept {
  const double ahead = static_cast<double>(messages) * (workAhead / taken);
  const double fitting = static_cast<double>(mostBytes) / static_cast<double>(std::max<std::uint64_t>(1, largest_));
  return static_cast<std::uint16_t>(std::clamp<double>(std::min(ahead, fitting), least, most));
}

}  // namespace matmq::amqp
