#include "confirms.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "sockets.hpp"

namespace bench {
namespace {

using namespace matmq::amqp;

constexpr std::size_t stagingSize = std::size_t{64} * 1024;
// Method id, delivery tag, flags.
constexpr std::size_t confirmSize = 4 + 8 + 1;

}  // namespace

Confirms::Confirms(int fd) : fd_(fd), staging_(stagingSize) {}

void Confirms::takeArrived() {
  while (read(MSG_DONTWAIT)) continue;
}

void Confirms::waitFor(std::uint64_t count) {
  while (through_ < count) {
    if (read(0)) continue;
    pollfd wait{fd_, POLLIN, 0};
    if (poll(&wait, 1, -1) < 0 && errno != EINTR) throwErrno("poll");
  }
}

bool Confirms::read(int flags) {
  const ssize_t n = recv(fd_, staging_.data() + end_, staging_.size() - end_, flags);
  if (n == 0) throw std::runtime_error("the peer has gone");
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR) return false;
    throwErrno("recv");
  }
  end_ += static_cast<std::size_t>(n);
  parse();
  return true;
}

void Confirms::parse() {
  std::size_t begin = 0;
  while (end_ - begin >= frameHeaderSize) {
    const FrameHeader frame = getFrameHeader(staging_.data() + begin);
    if (frame.size > staging_.size() - frameOverhead) throw std::runtime_error("a frame that is no confirm");
    if (end_ - begin < frame.size + frameOverhead) break;
    const std::byte* const payload = staging_.data() + begin + frameHeaderSize;
    begin += frame.size + frameOverhead;
    if (frame.type == frameHeartbeat) continue;
    if (frame.type != frameMethod || frame.size != confirmSize || getU32(payload) != methodId(60, 80))
      throw std::runtime_error("something else than a confirm arrived");
    confirm(getU64(payload + 4), std::to_integer<unsigned>(payload[12]) != 0);
  }
  std::memmove(staging_.data(), staging_.data() + begin, end_ - begin);
  end_ -= begin;
}

void Confirms::confirm(std::uint64_t tag, bool multiple) {
  if (multiple) {
    through_ = std::max(through_, tag);
  } else {
    beyond_.insert(tag);
  }
  while (!beyond_.empty() && *beyond_.begin() <= through_ + 1) {
    through_ = std::max(through_, *beyond_.begin());
    beyond_.erase(beyond_.begin());
  }
}

}  // namespace bench
