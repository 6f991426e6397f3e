// Deliveries, as many as a consumer can take.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>

namespace bench {

struct Flood {
  std::size_t size = 0;  ///< bytes of a message
  std::uint64_t count = 0;
};

/// Writes `flood` to a consumer, until all is out or it is told to stop. `write` takes whole frames.
void deliver(const Flood& flood, std::uint16_t channel, const std::string& consumerTag, const std::stop_token& stop,
             const std::function<void(std::span<iovec>)>& write);

}  // namespace bench
