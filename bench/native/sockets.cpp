#include "sockets.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <system_error>

namespace bench {
namespace {

sockaddr_in loopback(std::uint16_t port) noexcept {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// sockaddr is what every address is cast to: the interface of the system calls.
sockaddr* generic(sockaddr_in& address) noexcept { return reinterpret_cast<sockaddr*>(&address); }

matmq::UniqueFd newSocket() {
  matmq::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) throwErrno("socket");
  return fd;
}

void sendWithoutDelay(const matmq::UniqueFd& fd) {
  const int on = 1;
  if (setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) throwErrno("TCP_NODELAY");
}

// Leaves in `vectors` what is not written yet.
void advance(std::span<iovec>& vectors, std::size_t written) noexcept {
  while (!vectors.empty() && written >= vectors.front().iov_len) {
    written -= vectors.front().iov_len;
    vectors = vectors.subspan(1);
  }
  if (written == 0) return;
  iovec& front = vectors.front();
  front.iov_base = static_cast<std::byte*>(front.iov_base) + written;
  front.iov_len -= written;
}

}  // namespace

void throwErrno(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

Listener listenOnLoopback() {
  Listener listener{newSocket(), 0};
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  const int fd = listener.socket.get();
  if (bind(fd, generic(address), size) != 0) throwErrno("bind");
  if (listen(fd, SOMAXCONN) != 0) throwErrno("listen");
  if (getsockname(fd, generic(address), &size) != 0) throwErrno("getsockname");
  listener.port = ntohs(address.sin_port);
  return listener;
}

matmq::UniqueFd acceptFrom(const Listener& listener) {
  matmq::UniqueFd fd(accept4(listener.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (fd.get() < 0) throwErrno("accept");
  sendWithoutDelay(fd);
  return fd;
}

matmq::UniqueFd connectToLoopback(std::uint16_t port) {
  matmq::UniqueFd fd = newSocket();
  sockaddr_in address = loopback(port);
  if (connect(fd.get(), generic(address), sizeof address) != 0) throwErrno("connect");
  sendWithoutDelay(fd);
  return fd;
}

void writeAll(int fd, std::span<iovec> vectors) {
  while (!vectors.empty()) {
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = std::min<std::size_t>(vectors.size(), IOV_MAX);
    const ssize_t written = sendmsg(fd, &message, MSG_NOSIGNAL);
    if (written >= 0) {
      advance(vectors, static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd wait{fd, POLLOUT, 0};
      if (poll(&wait, 1, -1) < 0 && errno != EINTR) throwErrno("poll");
    } else if (errno != EINTR) {
      throwErrno("sendmsg");
    }
  }
}

}  // namespace bench
