#include <algorithm>

#include "amqp/consume/subscriber.hpp"
#include "amqp/publish/publisher.hpp"
#include "broker_side.hpp"
#include "targets.hpp"

namespace fuzz {
namespace {

using namespace matmq;
using namespace matmq::amqp;

constexpr std::size_t messageBytes = 1 << 16;

/// Gives the input in reads of at most `most` octets; takes whatever is written.
class InputTransport final : public net::Transport {
 public:
  InputTransport(std::vector<std::byte> octets, std::size_t most) : octets_(std::move(octets)), most_(most) {}

  net::IoResult read(std::span<const iovec> into) noexcept override {
    std::size_t left = std::min(most_, octets_.size() - at_);
    if (left == 0) return {net::IoResult::Status::ended, 0, 0};
    std::size_t given = 0;
    for (const iovec& piece : into) {
      const std::size_t size = std::min(left, piece.iov_len);
      std::copy_n(octets_.begin() + static_cast<std::ptrdiff_t>(at_), size, static_cast<std::byte*>(piece.iov_base));
      at_ += size;
      given += size;
      left -= size;
    }
    return {net::IoResult::Status::ok, given, 0};
  }
  net::IoResult write(std::span<const iovec> from) noexcept override {
    std::size_t size = 0;
    for (const iovec& piece : from) size += piece.iov_len;
    return {net::IoResult::Status::ok, size, 0};
  }
  [[nodiscard]] int fd() const noexcept override { return -1; }

 private:
  std::vector<std::byte> octets_;
  std::size_t at_ = 0;
  std::size_t most_;
};

void consume(Bytes octets, std::size_t most) {
  ConsumerOptions options;
  options.limits.messageBytes = messageBytes;
  Inbox inbox(
      options.highWaterMark, AckMode::manual, [] {}, std::make_shared<Signal>());
  Subscriber subscriber(options, inbox);
  serve({options, options}, subscriber, std::make_unique<InputTransport>(std::move(octets), most), [&] {
    for (const auto& message : inbox.take(64, 1 << 20)) {
      expect(message->body.size() <= messageBytes, "no body is larger than limits.messageBytes");
      if (!message->error) static_cast<void>(amqp::decodeProperties(message->encodedProperties));
      using Kind = Acknowledgement::Kind;
      inbox.settle(message->number, message->isEndOfTransmission() ? Kind::ackUpTo : Kind::requeue);
    }
    static_cast<void>(inbox.collect());
  });
}

void produce(Bytes octets, std::size_t most) {
  ProducerOptions options;
  options.mandatory = true;
  const auto outbox = std::make_shared<Outbox>(
      options.highWaterMark, WhenFull::wait, [] {}, std::make_shared<Signal>());
  Publisher publisher(options, outbox);
  constexpr int messages = 5;
  for (int i = 0; i < messages; ++i) static_cast<void>(outbox->push(textMessage("message")));
  serve({options, options}, publisher, std::make_unique<InputTransport>(std::move(octets), most),
        [&] { static_cast<void>(outbox->collect()); });
}

}  // namespace

void readFrames(Input input) {
  Reader reader(input);
  const unsigned choice = reader.u8();
  constexpr std::size_t sizes[]{1, 3, 8, 100, 1000, 10'000, 100'000, 1'000'000};
  const std::size_t most = sizes[choice & 7];
  const bool producer = (choice & 8) != 0;
  Bytes octets;
  if ((choice & 16) != 0) octets = login(producer);
  octets.insert(octets.end(), reader.rest().begin(), reader.rest().end());
  if (producer) {
    produce(std::move(octets), most);
  } else {
    consume(std::move(octets), most);
  }
}

}  // namespace fuzz
