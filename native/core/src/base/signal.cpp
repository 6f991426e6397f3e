#include "base/signal.hpp"

#include <sys/eventfd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <system_error>

#include "base/resources.hpp"

namespace matmq {
namespace {

timespec timeUntil(Clock::time_point deadline) noexcept {
  // Compared first: a difference from the least time there is would overflow, into a wait of centuries.
  const Clock::time_point now = Clock::now();
  const std::chrono::nanoseconds left = now < deadline ? deadline - now : std::chrono::nanoseconds(0);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  return {seconds.count(), (left - seconds).count()};
}

}  // namespace

Signal::Signal() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!fd_) throw resourceError("a descriptor to wake a thread with", {errno, std::generic_category()});
}

void Signal::raise() noexcept {
  if (raised_.exchange(true)) return;
  const std::uint64_t one = 1;
  const std::lock_guard lock(mutex_);
  if (!fd_) return;
  [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof one);
}

void Signal::retire() noexcept {
  const std::lock_guard lock(mutex_);
  fd_ = UniqueFd();
}

void Signal::lower() noexcept {
  if (raised_.load()) raised_.exchange(false);
}

// Whatever the flag says: a raise() may have been between its exchange and its write when the flag was put down, and
// octets that nobody takes would end every wait at once.
void Signal::drain() const noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(fd_.get(), &count, sizeof count);
}

short waitFor(int fd, short events, const Signal& signal, Deadline deadline) noexcept {
  std::array<pollfd, 2> fds{{{signal.fd(), POLLIN, 0}, {fd, events, 0}}};
  for (;;) {
    const timespec left = deadline ? timeUntil(*deadline) : timespec{};
    const int ready = ::ppoll(fds.data(), fds.size(), deadline ? &left : nullptr, nullptr);
    if (ready > 0 && fds[0].revents != 0) signal.drain();
    if (ready > 0) return fds[1].revents;
    if (ready == 0) return 0;
    if (errno != EINTR) return POLLERR;
  }
}

}  // namespace matmq
