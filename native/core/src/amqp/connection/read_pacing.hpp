// When to look at the socket again. A stream of small messages wakes the loop for each of them if it always looks at
// once, and each wake of the loop wakes the program too: the threads then spend more on being woken than on messages.
// So in a stream the socket is left alone for a moment, in which messages gather in the kernel; as network cards
// moderate their interrupts.
//
// Rules
// 1. Only a stream is paced: inputs that follow each other within `streamGap`, pauses not counted. Whatever comes after
//    a silence is read at once, so a single message has no delay.
// 2. A pause is as long as it takes for `Gather` to arrive at the rate of the last input, and never longer than
//    `longestPause`. Where that is less than `shortestPause`, each wake carries enough already.
// 3. Only what gathers is paced: the first pause is a short one. One after which a single message was there (a question
//    and its answer) was in vain, and more and more inputs go without one then.
// 4. Large messages are not paced: each is worth a wake of its own.
// 5. The peer must not find its window full: what may gather is bounded by the caller.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/signal.hpp"

namespace matmq::amqp {

/// What is worth a wake.
struct Gather {
  std::size_t bytes = std::size_t{256} * 1024;
  std::size_t messages = 16;
};

class ReadPacing {
 public:
  using Duration = Clock::duration;
  static constexpr std::chrono::microseconds shortestPause{50};
  static constexpr std::chrono::microseconds firstPause{100};
  static constexpr std::chrono::microseconds longestPause{1000};
  static constexpr std::chrono::microseconds streamGap{400};
  static constexpr std::size_t largeMessage = std::size_t{128} * 1024;
  static constexpr unsigned leastSkipped = 16;
  static constexpr unsigned mostSkipped = 4096;

  /// A wake of the loop has read `bytes`, more than none, with `messages` of a program's (or the peer's answers to
  /// them) in them.
  void onInput(Clock::time_point now, std::size_t bytes, std::size_t messages, const Gather& enough) noexcept {
    const Duration since = now - lastInput_;
    const bool stream = now - std::max(lastInput_, resumeAt_) < streamGap;
    lastInput_ = now;
    if (std::exchange(gathered_, false)) judge(messages);
    if (!stream || bytes >= std::max<std::size_t>(messages, 1) * largeMessage) return;
    if (toSkip_ > 0) {
      --toSkip_;
      return;
    }
    const Duration pause =
        std::min({timeFor(enough.bytes, bytes, since), timeFor(enough.messages, messages, since), Duration(allowed_)});
    if (pause < shortestPause) return;
    gathered_ = true;
    resumeAt_ = now + pause;
  }

  /// Until when the socket is to be left alone; nothing: it is to be looked at.
  [[nodiscard]] Deadline pausedUntil(Clock::time_point now) const noexcept {
    return now < resumeAt_ ? Deadline(resumeAt_) : std::nullopt;
  }

 private:
  // How long `wanted` takes when `came` took `since`.
  static Duration timeFor(std::size_t wanted, std::size_t came, Duration since) noexcept {
    if (came == 0) return longestPause;
    const double ratio = static_cast<double>(wanted) / static_cast<double>(came);
    const double ticks =
        std::min(ratio * static_cast<double>(since.count()), static_cast<double>(Duration(longestPause).count()));
    return Duration(static_cast<Duration::rep>(ticks));
  }

  // Was the pause worth it?
  void judge(std::size_t messages) noexcept {
    if (messages > 1) {
      skipped_ = leastSkipped;
      allowed_ = std::min(allowed_ * 2, longestPause);
    } else {
      toSkip_ = skipped_;
      skipped_ = std::min(skipped_ * 2, mostSkipped);
      allowed_ = firstPause;
    }
  }

  Clock::time_point lastInput_{};
  Clock::time_point resumeAt_{};
  bool gathered_ = false;  ///< the next input had a pause before it
  std::chrono::microseconds allowed_{firstPause};
  unsigned skipped_ = leastSkipped;  ///< how many inputs go unpaced after the next pause in vain
  unsigned toSkip_ = 0;
};

}  // namespace matmq::amqp
