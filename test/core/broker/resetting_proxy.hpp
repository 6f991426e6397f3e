// A TCP proxy that resets its connections after random numbers of octets, for as many times as it is told.
//
// Threading: one thread of its own accepts and carries; resets() may be asked from any. The destructor ends it.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <list>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

namespace support {

class ResettingProxy {
 public:
  /// In front of what listens on `port` of the loopback interface.
  ResettingProxy(std::uint16_t port, int resets, unsigned seed) : target_(port), wanted_(resets), random_(seed) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("the proxy cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~ResettingProxy() {
    ending_ = true;
    thread_.join();
    for (const Passage& passage : passages_) close(passage);
    ::close(listener_);
  }
  ResettingProxy(const ResettingProxy&) = delete;
  ResettingProxy& operator=(const ResettingProxy&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] int resets() const noexcept { return resets_.load(); }

 private:
  struct Passage {
    int client = -1;
    int broker = -1;
    long left = -1;  ///< octets until the reset; negative: none
  };

  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
  }

  static void close(const Passage& passage) {
    ::close(passage.client);
    ::close(passage.broker);
  }

  void run() {
    while (!ending_) {
      std::vector<pollfd> fds{{listener_, POLLIN, 0}};
      for (const Passage& passage : passages_) {
        fds.push_back({passage.client, POLLIN, 0});
        fds.push_back({passage.broker, POLLIN, 0});
      }
      ::poll(fds.data(), fds.size(), 5);
      std::size_t i = 1;
      for (auto at = passages_.begin(); at != passages_.end(); i += 2) {
        const bool alive = (fds[i].revents == 0 || carry(at->client, at->broker, at->left)) &&
                           (fds[i + 1].revents == 0 || carry(at->broker, at->client, at->left));
        if (!alive) close(*at);
        at = alive ? std::next(at) : passages_.erase(at);
      }
      if (fds[0].revents != 0) accept();
    }
  }

  void accept() {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int broker = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(target_);
    if (::connect(broker, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      return close({client, broker});
    }
    // Small numbers are as likely as large ones, so that login and declarations have their share.
    const bool reset = resets_.load() < wanted_;
    const double magnitude = std::uniform_real_distribution<double>(0, 13)(random_);
    passages_.push_back({client, broker, reset ? static_cast<long>(std::exp(magnitude)) : -1});
  }

  // False: it is over, by the peers or by the reset.
  bool carry(int from, int to, long& left) {
    std::array<char, 16 * 1024> chunk{};
    const std::size_t most = left < 0 ? chunk.size() : std::min(chunk.size(), static_cast<std::size_t>(left));
    const ssize_t got = ::recv(from, chunk.data(), most, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return true;
    if (got <= 0) return false;
    for (ssize_t sent = 0; sent < got;) {
      const ssize_t taken = ::send(to, chunk.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
      if (taken <= 0) return false;
      sent += taken;
    }
    if (left < 0) return true;
    left -= got;
    if (left > 0) return true;
    // Closing with this is a reset, and throws away what is in the buffers.
    const linger now{1, 0};
    ::setsockopt(from, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::setsockopt(to, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ++resets_;
    return false;
  }

  const std::uint16_t target_;
  const int wanted_;
  std::minstd_rand random_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::list<Passage> passages_;
  std::atomic<int> resets_{0};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace support
