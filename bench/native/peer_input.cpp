#include "peer_input.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace bench {
namespace {

// Largest frame that is no body: what is announced at login, in practice some hundred octets.
constexpr std::size_t stagingSize = std::size_t{128} * 1024;
// Read at a time: a message's method and header frames and little of its body, which is cheaper thrown away than
// copied.
constexpr std::size_t lookAhead = 512;

}  // namespace

PeerInput::PeerInput(int fd) : fd_(fd), staging_(stagingSize) {}

std::optional<std::span<const std::byte>> PeerInput::take(std::size_t size) {
  if (size > staging_.size()) return std::nullopt;
  while (end_ - begin_ < size) {
    if (begin_ > 0) {
      std::memmove(staging_.data(), staging_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (!fill()) return std::nullopt;
  }
  const std::span<const std::byte> result(staging_.data() + begin_, size);
  begin_ += size;
  return result;
}

bool PeerInput::skip(std::size_t size) {
  const std::size_t staged = std::min(size, end_ - begin_);
  begin_ += staged;
  for (std::size_t left = size - staged; left > 0;) {
    const ssize_t n = recv(fd_, nullptr, left, MSG_TRUNC);
    if (n <= 0) return false;
    left -= static_cast<std::size_t>(n);
  }
  return true;
}

bool PeerInput::idle() const {
  if (end_ > begin_) return false;
  pollfd look{fd_, POLLIN, 0};
  return poll(&look, 1, 0) == 0;
}

bool PeerInput::fill() {
  const std::size_t room = std::min(staging_.size() - end_, lookAhead);
  const ssize_t n = recv(fd_, staging_.data() + end_, room, 0);
  if (n <= 0) return false;
  end_ += static_cast<std::size_t>(n);
  return true;
}

}  // namespace bench
