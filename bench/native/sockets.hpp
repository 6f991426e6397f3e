// Blocking sockets on the loopback interface.
#pragma once

#include <sys/uio.h>

#include <base/unique_fd.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace bench {

/// @throws std::system_error naming what failed and errno.
[[noreturn]] void throwErrno(const std::string& what);

struct Listener {
  matmq::UniqueFd socket;
  std::uint16_t port = 0;
};

/// Listens on a port that the system chooses.
Listener listenOnLoopback();
matmq::UniqueFd acceptFrom(const Listener& listener);
matmq::UniqueFd connectToLoopback(std::uint16_t port);

/// Writes all that `vectors` point to, as many a call as the system takes; changes them on the way. The socket may be
/// non-blocking.
void writeAll(int fd, std::span<iovec> vectors);

}  // namespace bench
