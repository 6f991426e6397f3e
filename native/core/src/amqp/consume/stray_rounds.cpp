#include "amqp/consume/stray_rounds.hpp"

#include <algorithm>

namespace matmq::amqp {

void StrayRounds::fill(Clock::time_point now) noexcept {
  const std::chrono::duration<double> since = now - filled_;
  left_ = std::min(budget, left_ + since.count() * perSecond);
  filled_ = now;
}

bool StrayRounds::isSpent(const std::string& name, Clock::time_point now) {
  fill(now);
  const auto at = rounds_.find(name);
  return left_ < 1 || (at != rounds_.end() && at->second >= most);
}

bool StrayRounds::mayGoRound(const std::string& name, unsigned mostRounds, Clock::time_point now) {
  fill(now);
  if (left_ < 1) return false;
  const auto [at, isNew] = rounds_.try_emplace(name, 0U);
  if (isNew) names_.push_back(name);
  if (at->second >= mostRounds) return false;
  ++at->second;
  --left_;
  if (names_.size() > remembered) {
    rounds_.erase(names_.front());
    names_.pop_front();
  }
  return true;
}

}  // namespace matmq::amqp
