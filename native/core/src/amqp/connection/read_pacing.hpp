// When to look at the socket again. A stream of small messages wakes the loop for each of them if it always looks at
// once, and each wake of the loop wakes the program too: the threads then spend more on being woken than on messages.
// So in a stream the socket is left alone for a moment, in which messages gather in the kernel; as network cards
// moderate their interrupts.
//
// Rules
// 1. Only a stream is paced: inputs that follow each other within `streamGap`. Whatever comes after a silence is read
//    at once, so a single message has no delay.
// 2. Only what gathers is paced: a pause after which one frame was there (a question and its answer, a window of one)
//    was in vain, and more and more inputs go without one then.
// 3. Large inputs are not paced: each wake already carries enough, and the peer must not find its window full.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/signal.hpp"

namespace matmq::amqp {

class ReadPacing {
 public:
  static constexpr std::chrono::microseconds pause{100};
  static constexpr std::chrono::microseconds streamGap{400};
  static constexpr std::size_t largeInput = std::size_t{64} * 1024;
  static constexpr unsigned leastSkipped = 16;
  static constexpr unsigned mostSkipped = 4096;

  /// A wake of the loop has read `bytes` with `frames` methods and headers in them; more than none.
  void onInput(Clock::time_point now, std::size_t bytes, std::size_t frames) noexcept {
    const bool stream = now - lastInput_ < streamGap;
    lastInput_ = now;
    if (std::exchange(gathered_, false)) judge(frames);
    if (!stream || bytes >= largeInput) return;
    if (toSkip_ > 0) {
      --toSkip_;
    } else {
      gathered_ = true;
      resumeAt_ = now + pause;
    }
  }

  /// Until when the socket is to be left alone; nothing: it is to be looked at.
  [[nodiscard]] Deadline pausedUntil(Clock::time_point now) const noexcept {
    return now < resumeAt_ ? Deadline(resumeAt_) : std::nullopt;
  }

 private:
  // Was the pause worth it? A message alone is two frames: its method and its header.
  void judge(std::size_t frames) noexcept {
    if (frames > 2) {
      skipped_ = leastSkipped;
    } else {
      toSkip_ = skipped_;
      skipped_ = std::min(skipped_ * 2, mostSkipped);
    }
  }

  Clock::time_point lastInput_{};
  Clock::time_point resumeAt_{};
  bool gathered_ = false;            ///< the next input had a pause before it
  unsigned skipped_ = leastSkipped;  ///< how many inputs go unpaced after the next pause in vain
  unsigned toSkip_ = 0;
};

}  // namespace matmq::amqp
