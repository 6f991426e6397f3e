// A flag that another thread raises and a poll() loop sees: an eventfd.
//
// Threading: raise may be called from any thread, at any time; it writes to the kernel only when the flag was down. One
// thread waits. It does three things in this order, or a raise is lost: lower, look at everything that a raise may have
// announced, wait.
#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>

#include "base/unique_fd.hpp"

namespace matmq {

using Clock = std::chrono::steady_clock;
using Deadline = std::optional<Clock::time_point>;  ///< nothing: for ever

[[nodiscard]] constexpr Deadline earlier(Deadline a, Deadline b) noexcept {
  if (!a) return b;
  if (!b) return a;
  return *a < *b ? a : b;
}

class Signal {
 public:
  /// @throws Error OUT_OF_RESOURCES when the process has no descriptors left
  Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void raise() noexcept;
  void lower() noexcept;
  /// After a wait that it ended.
  void drain() const noexcept;
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  /// Closes the eventfd. Nobody waits any more; to raise it is harmless.
  void retire() noexcept;

 private:
  std::mutex mutex_;  ///< between a raise and retire()
  UniqueFd fd_;
  std::atomic<bool> raised_{false};
};

/// Waits until `fd` (may be -1: none) has one of `events`, `signal` is raised, or the deadline passes.
/// Returns the events of `fd`, 0 for the others. Takes EINTR upon itself.
short waitFor(int fd, short events, const Signal& signal, Deadline deadline) noexcept;

}  // namespace matmq
