// A flag that another thread raises and a poll() loop sees: an eventfd.
//
// Threading: raise may be called from any thread, at any time; it writes to the kernel only when the flag was down.
#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>
#include <optional>

#include "unique_fd.hpp"

namespace matmq {

using Clock = std::chrono::steady_clock;
using Deadline = std::optional<Clock::time_point>;  ///< nothing: for ever

class Signal {
 public:
  /// @throws std::system_error when the process has no descriptors left
  Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  void raise() noexcept;
  /// Puts the flag down; call it before looking at what raise() announced.
  void lower() noexcept;
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::atomic<bool> raised_{false};
};

/// Waits until `fd` (may be -1: none) has one of `events`, `signal` is raised, or the deadline passes.
/// Returns the events of `fd`, 0 for the others. Takes EINTR upon itself.
short waitFor(int fd, short events, const Signal& signal, Deadline deadline) noexcept;

}  // namespace matmq
