// The thread of one producer or consumer: connects, serves the connection, connects again.
//
// Ownership and threading
// 1. start() starts the thread; the destructor ends it at once, whatever the peer does, and joins it.
// 2. close() and the signal may be used from any thread; everything else happens on the I/O thread.
// 3. The IoUser's callbacks run on the I/O thread with no lock held.
#pragma once

#include <atomic>
#include <matmq/engine/events.hpp>
#include <memory>
#include <random>
#include <thread>

#include "amqp/connection/connection.hpp"
#include "amqp/connection/settings.hpp"
#include "base/signal.hpp"
#include "net/tls/credentials.hpp"

namespace matmq::amqp {

class IoUser : public ConnectionUser {
 public:
  virtual void onEvent(Event event) = 0;
  /// The connection is gone; another may follow. Before the event `disconnected`.
  virtual void onLost(const Error& why) = 0;
  /// Nothing follows: closed by the program (no error) or for good. Before the event `closed`.
  virtual void onEnd(const std::optional<Error>& why) = 0;
  /// May another connection mend what is final for everybody else?
  [[nodiscard]] virtual bool mends(const Error& /*why*/) const { return false; }
  /// Before each wait: what the socket has carried so far on this connection.
  virtual void onTraffic(std::uint64_t bytesRead, std::uint64_t bytesWritten) = 0;
};

/// The end of an orderly close, whatever the peer does: exit() promises 5 s, and the program is to hear of it within.
inline constexpr std::chrono::milliseconds closeTimeout{4500};

/// A connection that stood so long counts as a success: the back-off begins anew. A peer that accepts the login and
/// ends the connection at once, each time, is not tried at full speed.
inline constexpr std::chrono::milliseconds steadyAfter{1000};

class IoThread {
 public:
  /// `signal` is raised by whoever has something for the loop to look at; it may outlive the thread.
  /// @throws Error INVALID_URL
  IoThread(Settings settings, IoUser& user, std::shared_ptr<Signal> signal);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  void start();
  /// Asks for the orderly end.
  void close() noexcept;
  /// After the event `closed`, which is the thread's last act: gives thread and descriptor back. Does nothing on the
  /// thread itself.
  void join() noexcept;

 private:
  void run() noexcept;
  std::optional<Error> connectAndServe();
  std::optional<Error> attempt(const Endpoint& endpoint);
  std::unique_ptr<net::Transport> connect(const Endpoint& endpoint, Clock::time_point deadline);
  void serve(Connection& connection);
  void serveClose(Connection& connection);
  void poll(Connection& connection, Deadline deadline);
  bool backOff(unsigned attempt);
  [[nodiscard]] bool ending() const noexcept { return closing_.load() || aborting_.load(); }

  const Settings settings_;
  IoUser& user_;
  std::shared_ptr<Signal> signal_;
  std::vector<Endpoint> endpoints_;
  std::size_t nextEndpoint_ = 0;
  net::tls::CredentialStore credentials_;
  bool everConnected_ = false;
  bool connectedThisTime_ = false;
  bool stoodThisTime_ = false;  ///< for steadyAfter
  std::minstd_rand jitter_;
  std::atomic<bool> closing_{false};
  std::atomic<bool> aborting_{false};
  std::thread thread_;
};

}  // namespace matmq::amqp
