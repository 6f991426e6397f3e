#include "net/transport.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace matmq::net {
namespace {

IoResult failure(int error) noexcept {
  if (error == EAGAIN || error == EWOULDBLOCK) return {IoResult::Status::wouldBlock, 0, 0};
  return {IoResult::Status::failed, 0, error};
}

}  // namespace

std::string Transport::explain(const IoResult& result) const {
  return result.status == IoResult::Status::failed ? std::generic_category().message(result.error)
                                                   : std::string("the peer closed the socket");
}

std::size_t Transport::receiveBuffer() const noexcept {
  int octets = 0;
  socklen_t size = sizeof octets;
  return ::getsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &octets, &size) == 0 ? static_cast<std::size_t>(octets) : 0;
}

std::size_t unacknowledgedOctets(int socket) noexcept {
  int octets = 0;
  return ::ioctl(socket, SIOCOUTQ, &octets) == 0 ? static_cast<std::size_t>(octets) : 0;
}

IoResult TcpTransport::read(std::span<const iovec> into) noexcept {
  for (;;) {
    const ssize_t n = ::readv(socket_.get(), into.data(), static_cast<int>(into.size()));
    if (n > 0) return {IoResult::Status::ok, static_cast<std::size_t>(n), 0};
    if (n == 0) return {IoResult::Status::ended, 0, 0};
    if (errno != EINTR) return failure(errno);
  }
}

IoResult TcpTransport::write(std::span<const iovec> from) noexcept {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(from.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast): sendmsg reads it
  message.msg_iovlen = from.size();
  for (;;) {
    const ssize_t n = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (n >= 0) return {IoResult::Status::ok, static_cast<std::size_t>(n), 0};
    if (errno != EINTR) return failure(errno);
  }
}

}  // namespace matmq::net
