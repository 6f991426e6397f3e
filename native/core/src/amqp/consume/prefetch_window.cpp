#include "amqp/consume/prefetch_window.hpp"

#include <algorithm>

#include "amqp/connection/topology.hpp"

namespace matmq::amqp {
namespace {

using std::chrono::duration;

/// The program's work that the broker may hand over ahead.
constexpr duration<double> workAhead{0.25};
/// A pace is taken from so many messages at least, or when so much time has passed.
constexpr std::uint64_t periodMessages = 64;
constexpr std::chrono::seconds longestPeriod{1};

bool adapts(const ConsumerOptions& options) {
  if (options.prefetch || options.ack == AckMode::none) return false;
  if (!options.queue) return true;  // temporary and exclusive
  return options.declare && !isStream(*options.queue) && !hasSingleActiveConsumer(*options.queue);
}

}  // namespace

PrefetchWindow::PrefetchWindow(const ConsumerOptions& options)
    : adapts_(adapts(options)), count_(options.prefetch.value_or(least)) {}

void PrefetchWindow::restart(Clock::time_point now) noexcept {
  if (adapts_) count_ = least;
  unsettled_ = 0;
  stay(now);
}

void PrefetchWindow::stay(Clock::time_point now) noexcept {
  wanted_.reset();
  settled_ = 0;
  largest_ = 0;
  began_ = now;
}

void PrefetchWindow::change(Clock::time_point now) noexcept {
  if (wanted_) count_ = *wanted_;
  stay(now);
}

void PrefetchWindow::arrived(std::uint64_t bodySize) noexcept {
  ++unsettled_;
  largest_ = std::max(largest_, bodySize);
}

void PrefetchWindow::settled(std::size_t outstanding, Clock::time_point now) noexcept {
  if (!adapts_ || outstanding > unsettled_) return;
  settled_ += unsettled_ - outstanding;
  unsettled_ = outstanding;
  const std::uint64_t period = std::max<std::uint64_t>(periodMessages, count_);
  if (now <= began_ || (settled_ < period && now - began_ < longestPeriod)) return;
  const std::uint16_t want = countFor(settled_, now - began_);
  stay(now);
  // Each change costs the broker three methods: small ones are not worth it.
  if (want < 2 * count_ && want > count_ / 2) return;
  wanted_ = want;
  holdsUntil_ = now + longestHold;
}

Deadline PrefetchWindow::holdsUntil() const noexcept {
  if (!wanted_) return std::nullopt;
  return holdsUntil_;
}

std::uint16_t PrefetchWindow::countFor(std::uint64_t messages, Clock::duration taken) const noexcept {
  const double ahead = static_cast<double>(messages) * (workAhead / taken);
  const double fitting = static_cast<double>(mostBytes) / static_cast<double>(std::max<std::uint64_t>(1, largest_));
  return static_cast<std::uint16_t>(std::clamp<double>(std::min(ahead, fitting), least, most));
}

}  // namespace matmq::amqp
