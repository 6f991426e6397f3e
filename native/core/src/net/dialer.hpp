// From a host name to a connected TCP socket, interruptible at every point.
#pragma once

#include <functional>

#include "base/signal.hpp"
#include "base/unique_fd.hpp"
#include "net/endpoint.hpp"

namespace matmq::net {

/// Resolves and connects; tries every address of the host, each with its share of the time left.
/// Waits on `signal` too, and gives up (an empty descriptor) as soon as `cancelled()` answers true.
/// The socket is non-blocking, close-on-exec and TCP_NODELAY.
/// @throws Error HOST_NOT_FOUND, CONNECT_FAILED, CONNECT_TIMEOUT, each naming host and port
[[nodiscard]] UniqueFd dial(const Endpoint& endpoint, Clock::time_point deadline, Signal& signal,
                            const std::function<bool()>& cancelled);

}  // namespace matmq::net
