// A connection made with rabbitmq-c, as the C programs need it.
#pragma once

#include <cstdint>
#include <string>

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp.h>
#include <amqp_tcp_socket.h>
#endif

namespace bench {

inline constexpr amqp_channel_t channel = 1;
inline constexpr std::uint32_t frameMax = 131072;

amqp_bytes_t bytesOf(const std::string& text) noexcept;

/// Logged in as guest on the loopback interface, with one open channel.
class Rabbit {
 public:
  /// @throws std::runtime_error naming the step that failed
  explicit Rabbit(std::uint16_t port);
  ~Rabbit();
  Rabbit(const Rabbit&) = delete;
  Rabbit& operator=(const Rabbit&) = delete;

  [[nodiscard]] amqp_connection_state_t state() const noexcept { return state_; }
  [[nodiscard]] int fd() const noexcept { return amqp_get_sockfd(state_); }

  void declareExchange(const std::string& exchange);
  /// A queue that goes with the connection, bound to the exchange. Returns its name.
  std::string declareQueue(const std::string& exchange, const std::string& routingKey);
  /// From now on, the peer confirms what is published.
  void selectConfirms();
  /// So many unacknowledged messages at most are sent to a consumer.
  void limitPrefetch(std::uint16_t messages);
  /// Closes the connection in order: the peer has then read all that was sent.
  void close();

  /// @throws std::runtime_error when the last call failed
  void check(const char* what) const;

 private:
  amqp_connection_state_t state_;
};

}  // namespace bench
