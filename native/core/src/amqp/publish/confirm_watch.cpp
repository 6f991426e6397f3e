#include "amqp/publish/confirm_watch.hpp"

#include <algorithm>
#include <utility>

namespace matmq::amqp {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds refusalLimit{1000};
/// 1 + 2 + 4 + 8 s: a quorum queue has its next leader by then. A queue that is full may stay so.
constexpr unsigned refusalsKept = 4;
/// The wait between two new connections grows no further than this, unless the first is longer.
constexpr milliseconds longest{std::chrono::minutes{30}};

milliseconds doubled(milliseconds first, unsigned times) noexcept {
  return std::min(first * (std::int64_t{1} << std::min(times, 16U)), std::max(first, longest));
}

}  // namespace

void ConfirmWatch::begin(bool again) noexcept {
  end();
  again_ = again;
}

void ConfirmWatch::end() noexcept {
  again_ = taken_ = blocked_ = false;
  waitingSince_.reset();
  refusingSince_.reset();
  end_ = oldestEnd_ = arrived_ = 0;
}

void ConfirmWatch::onSent(std::uint64_t end, Clock::time_point now) noexcept {
  end_ = end;
  if (waitingSince_) return;
  waitingSince_ = now;
  oldestEnd_ = end;
}

void ConfirmWatch::onAnswer(Answer answer, Clock::time_point now) noexcept {
  if (answer.oldest) {
    waitingSince_ = answer.waiting ? Deadline(now) : std::nullopt;
    oldestEnd_ = end_;  // of those that were sent, one
    silences_ = 0;
  }
  if (answer.taken) {
    taken_ = true;
    refusals_ = 0;
    refusingSince_.reset();
  } else if (!answer.returned && again_ && !taken_ && !refusingSince_) {
    refusingSince_ = now;
  }
}

void ConfirmWatch::onBlocked(bool blocked, Clock::time_point now) noexcept {
  blocked_ = blocked;
  if (blocked) return;
  if (waitingSince_) waitingSince_ = now;
  if (refusingSince_) refusingSince_ = now;
}

bool ConfirmWatch::keepsRefusals() const noexcept { return again_ && !taken_ && refusals_ < refusalsKept; }

Deadline ConfirmWatch::silenceDue() const noexcept {
  if (!waitingSince_ || limit_.count() == 0) return std::nullopt;
  return *waitingSince_ + doubled(limit_, silences_);
}

Deadline ConfirmWatch::refusalDue() const noexcept {
  if (!refusingSince_) return std::nullopt;
  return *refusingSince_ + doubled(refusalLimit, refusals_);
}

Deadline ConfirmWatch::deadline() const noexcept {
  return blocked_ ? std::nullopt : earlier(silenceDue(), refusalDue());
}

ConfirmWatch::Finding ConfirmWatch::judge(Clock::time_point now, std::uint64_t arrived) noexcept {
  if (blocked_) return Finding::none;
  if (const Deadline due = refusalDue(); due && now >= *due) {
    given_ = doubled(refusalLimit, refusals_++);
    return Finding::refusing;
  }
  if (const Deadline due = silenceDue(); !due || now < *due) return Finding::none;
  const std::uint64_t before = std::exchange(arrived_, arrived);
  if (arrived < oldestEnd_ && arrived > before) {  // a slow network, and not a silent broker
    waitingSince_ = now;
    return Finding::none;
  }
  given_ = doubled(limit_, silences_++);
  return Finding::silent;
}

}  // namespace matmq::amqp
