// What happens to a connection, told in order.
#pragma once

#include <chrono>
#include <matmq/error.hpp>
#include <optional>
#include <string>

namespace matmq {

struct Event {
  enum class Kind : std::uint8_t { connected, disconnected, reconnecting, blocked, unblocked, closed };
  Kind kind = Kind::connected;
  std::string peer;                    ///< host:port; never credentials
  std::string reason;                  ///< blocked: the broker's words
  std::optional<Error> error;          ///< disconnected, closed: why, when it was not this program's wish
  std::chrono::milliseconds delay{0};  ///< reconnecting: the wait before the try
  unsigned attempt = 0;                ///< reconnecting: 1, 2, ...
};

}  // namespace matmq
