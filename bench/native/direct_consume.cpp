// The limit of consuming: frame headers parsed by hand, each body read straight into its place, which is used again and
// again. The connection itself is rabbitmq-c's. With --ack, so many messages are acknowledged at a time, and at most
// --prefetch are on their way; without, none are.
//
//   direct-consume --port PORT --exchange NAME --key KEY --size BYTES --count MESSAGES [--warm MESSAGES]
//                  [--ack MESSAGES --prefetch MESSAGES]
#include <fcntl.h>
#include <poll.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "arguments.hpp"
#include "frames.hpp"
#include "measure.hpp"
#include "rabbit.hpp"
#include "sockets.hpp"

namespace {

using namespace bench;
using namespace matmq::amqp;

/// Reads frames; of bodies, straight into one buffer.
class Reader {
 public:
  Reader(int fd, std::size_t largest) : fd_(fd), staging_(stagingSize), body_(largest) {}

  /// Returns when a message has arrived whole.
  void readMessage() {
    do {
      need(frameHeaderSize);
      const FrameHeader frame = getFrameHeader(staging_.data() + begin_);
      begin_ += frameHeaderSize;
      if (frame.type == frameBody) {
        readBody(frame.size);
      } else {
        need(frame.size + 1);
        if (frame.type == frameHeader) announce(getU64(staging_.data() + begin_ + 4));
        begin_ += frame.size;
      }
      if (staging_[begin_++] != frameEnd) throw std::runtime_error("a frame without its end octet");
    } while (!announced_ || left_ > 0);
    announced_ = false;
  }

 private:
  static constexpr std::size_t stagingSize = std::size_t{64} * 1024;

  void announce(std::uint64_t size) {
    if (size > body_.size()) throw std::runtime_error("a larger message than expected");
    left_ = size;
    at_ = 0;
    announced_ = true;
  }

  void readBody(std::size_t size) {
    if (!announced_ || size > left_) throw std::runtime_error("a body frame that nothing announced");
    const std::size_t staged = std::min(size, end_ - begin_);
    std::memcpy(body_.data() + at_, staging_.data() + begin_, staged);
    begin_ += staged;
    at_ += staged;
    for (std::size_t rest = size - staged; rest > 0;) {
      begin_ = end_ = 0;
      const std::array vectors{iovec{body_.data() + at_, rest}, iovec{staging_.data(), staging_.size()}};
      const std::size_t n = read(vectors);
      const std::size_t placed = std::min(n, rest);
      end_ = n - placed;
      at_ += placed;
      rest -= placed;
    }
    left_ -= size;
    need(1);
  }

  void need(std::size_t size) {
    while (end_ - begin_ < size) {
      std::memmove(staging_.data(), staging_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
      end_ += read(std::array{iovec{staging_.data() + end_, staging_.size() - end_}});
    }
  }

  template <std::size_t N>
  std::size_t read(const std::array<iovec, N>& vectors) {
    for (;;) {
      const ssize_t n = readv(fd_, vectors.data(), N);
      if (n > 0) return static_cast<std::size_t>(n);
      if (n == 0) throw std::runtime_error("the peer has gone");
      if (errno == EAGAIN) {
        pollfd wait{fd_, POLLIN, 0};
        poll(&wait, 1, -1);
      } else if (errno != EINTR) {
        throwErrno("readv");
      }
    }
  }

  int fd_;
  Octets staging_;
  Octets body_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t left_ = 0;
  std::size_t at_ = 0;
  bool announced_ = false;
};

/// Receives, and acknowledges so many messages at a time, or none.
class Consumer {
 public:
  Consumer(int fd, std::size_t largest, std::uint64_t ack) : fd_(fd), ack_(ack), reader_(fd, largest) {}

  void receive(std::uint64_t count) {
    for (; count > 0; --count) {
      reader_.readMessage();
      ++received_;
      if (ack_ > 0 && received_ % ack_ == 0) acknowledge();
    }
  }

 private:
  // All so far: on a channel with one consumer, a delivery's tag is its number.
  void acknowledge() {
    const Octets ack = methodFrame(channel, methodId(60, 80), Fields().u64(received_).u8(1));
    std::array vectors{vectorOf(ack)};
    writeAll(fd_, vectors);
  }

  int fd_;
  std::uint64_t ack_;
  Reader reader_;
  std::uint64_t received_ = 0;
};

// Only sent: its answer is for the reader, which passes over it.
void subscribe(const Rabbit& rabbit, const std::string& queue, bool noAck) {
  amqp_basic_consume_t consume{};
  consume.queue = bytesOf(queue);
  consume.no_ack = noAck ? 1 : 0;
  const int status = amqp_send_method(rabbit.state(), channel, AMQP_BASIC_CONSUME_METHOD, &consume);
  if (status != AMQP_STATUS_OK) throw std::runtime_error(amqp_error_string2(status));
}

int directConsume(int argc, const char* const* argv) {
  const Arguments arguments(argc, argv, {"port", "exchange", "key", "size", "count", "warm", "ack", "prefetch"});
  const std::size_t size = arguments.number("size");
  const std::uint64_t count = arguments.number("count");
  const std::string& exchange = arguments.text("exchange");
  Rabbit rabbit(static_cast<std::uint16_t>(arguments.number("port")));
  rabbit.declareExchange(exchange);
  const std::string queue = rabbit.declareQueue(exchange, arguments.text("key"));
  const std::uint64_t ack = arguments.number("ack", 0);
  if (ack > 0) rabbit.limitPrefetch(static_cast<std::uint16_t>(arguments.number("prefetch")));
  // A blocking read saves a call to poll.
  fcntl(rabbit.fd(), F_SETFL, fcntl(rabbit.fd(), F_GETFL) & ~O_NONBLOCK);
  subscribe(rabbit, queue, ack == 0);
  Consumer consumer(rabbit.fd(), size, ack);
  sayReady();
  consumer.receive(arguments.number("warm", 0));
  sayWarm();
  consumer.receive(1);
  Measurement measurement;
  measurement.start();
  consumer.receive(count - 1);
  measurement.stop();
  measurement.report(count - 1, (count - 1) * size);
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return bench::runMain(argc, argv, directConsume); }
