// How often a stray segment goes back to its queue. What a sender sends goes round between consumers then, so that has
// bounds of its own: rounds for each segment, and a budget for all of them, which fills again with time.
//
// Threading: one thread uses it.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <string>

namespace matmq::amqp {

class StrayRounds {
 public:
  using Clock = std::chrono::steady_clock;

  /// Of one segment, where other consumers may have the rest of its message: with four of them, one in ten thousand
  /// does not come to the right one in so many.
  static constexpr unsigned most = 32;

  /// Whether this segment, of `mostRounds`, may go back once more; it is counted then.
  [[nodiscard]] bool mayGoRound(const std::string& name, unsigned mostRounds, Clock::time_point now);
  /// Whether there is nothing left for this segment, whatever is found out about it: it need not wait.
  [[nodiscard]] bool isSpent(const std::string& name, Clock::time_point now);

 private:
  void fill(Clock::time_point now) noexcept;

  static constexpr double budget = 512;
  static constexpr double perSecond = 8;
  static constexpr std::size_t remembered = 4096;

  double left_ = budget;
  Clock::time_point filled_;
  std::map<std::string, unsigned> rounds_;
  std::deque<std::string> names_;  ///< the oldest first
};

}  // namespace matmq::amqp
