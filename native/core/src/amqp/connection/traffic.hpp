// Counters of a connection that any thread may read, summed over reconnects.
#pragma once

#include <atomic>
#include <cstdint>
#include <matmq/engine/events.hpp>

#include "amqp/wire/codec.hpp"

namespace matmq::amqp {

class Traffic {
 public:
  /// The event to announce.
  [[nodiscard]] Event onReady(std::string peer) {
    peer_ = std::move(peer);
    ++connects_;
    connected_ = true;
    Event event;
    event.kind = Event::Kind::connected;
    event.peer = peer_;
    return event;
  }
  void onLost() noexcept {
    connected_ = blocked_ = false;
    earlierRead_ = bytesRead_;
    earlierWritten_ = bytesWritten_;
  }
  /// connection.blocked or connection.unblocked (RabbitMQ), as the event to announce.
  [[nodiscard]] Event onBlocked(const Method& method) {
    Event event;
    blocked_ = method.id == AMQP_CONNECTION_BLOCKED_METHOD;
    event.kind = blocked_ ? Event::Kind::blocked : Event::Kind::unblocked;
    event.peer = peer_;
    if (blocked_) event.reason = view(method.as<amqp_connection_blocked_t>().reason);
    return event;
  }
  /// Octets so far on this connection.
  void count(std::uint64_t read, std::uint64_t written) noexcept {
    bytesRead_ = earlierRead_ + read;
    bytesWritten_ = earlierWritten_ + written;
  }

  /// Copies the counters into a ProducerStats or ConsumerStats.
  template <typename Stats>
  void fill(Stats& stats) const noexcept {
    stats.bytesRead = bytesRead_;
    stats.bytesWritten = bytesWritten_;
    stats.connects = connects_;
    stats.connected = connected_;
    stats.blocked = blocked_;
  }
  [[nodiscard]] std::uint64_t connects() const noexcept { return connects_; }

 private:
  std::atomic<std::uint64_t> connects_{0};
  std::atomic<bool> connected_{false};
  std::atomic<bool> blocked_{false};
  std::atomic<std::uint64_t> bytesRead_{0};
  std::atomic<std::uint64_t> bytesWritten_{0};
  // of the I/O thread alone
  std::string peer_;
  std::uint64_t earlierRead_ = 0;
  std::uint64_t earlierWritten_ = 0;
};

}  // namespace matmq::amqp
