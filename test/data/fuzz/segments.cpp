#include <algorithm>
#include <cstring>
#include <set>

#include "base/crc32c.hpp"
#include "message/assembler.hpp"
#include "targets.hpp"

namespace fuzz {
namespace {

using namespace matmq;

constexpr std::uint64_t messageBytes = 1 << 12;

/// What every message of this target consists of.
std::byte octetAt(std::uint64_t offset) noexcept { return static_cast<std::byte>(offset * 31 + offset / 251); }

std::uint32_t checksumOf(std::uint64_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = octetAt(i);
  return crc32c(0, bytes);
}

/// A program of a consumer and of senders that are honest or not, as the input says.
class Session {
 public:
  explicit Session(Input input) : reader_(input), assembler_(Assembler::boundsFor(messageBytes)) {}

  void run() {
    while (!reader_.rest().empty()) {
      step();
      check();
    }
  }

 private:
  void step() {
    const unsigned choice = reader_.u8();
    switch (choice & 15) {
      case 0:
        now_ += std::chrono::seconds(choice);
        return assembler_.expire(now_);
      case 1:
        return assembler_.touch(now_);
      case 2:
        return assembler_.done(messageId());
      case 3: {
        const std::string id = messageId();
        if (assembler_.isOpen(id)) assembler_.giveUp(id, "the input says so");
        return;
      }
      case 4: {
        const auto inOrder = [](const Message& older) { return !older.redelivered; };
        for (const std::string& id : assembler_.overtakenBy(messageId(), inOrder)) {
          expect(assembler_.isOpen(id), "what is overtaken is open");
        }
        return;
      }
      case 5:
        for (const auto& message : assembler_.clear()) expect(message->error.has_value(), "what is torn off says why");
        return outstanding_.clear();
      default:
        return receive((choice & 16) != 0);
    }
  }

  std::string messageId() { return "0123456789abcdef-" + std::to_string(reader_.u8() & 7); }

  std::uint64_t u64() {
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) value = value << 8 | reader_.u8();
    return value;
  }

  void receive(bool honest) {
    const std::string id = messageId();
    const std::uint64_t count = reader_.u8();
    const std::uint64_t size = reader_.u8();
    const std::uint64_t lastSize = reader_.u8();
    Segment segment{reader_.u8(), count, 0, 0, std::nullopt};
    segment.offset = segment.index * size;
    segment.total = count == 0 ? 0 : (count - 1) * size + lastSize;
    std::uint64_t bodySize = segment.last() ? lastSize : size;
    if (segment.last()) segment.checksum = checksumOf(segment.total);
    if (!honest) {
      const unsigned lies = reader_.u8();
      if ((lies & 1) != 0) segment.index = u64();
      if ((lies & 2) != 0) segment.count = u64();
      if ((lies & 4) != 0) segment.offset = u64();
      if ((lies & 8) != 0) segment.total = u64();
      if ((lies & 16) != 0) segment.checksum = reader_.u16();
      if ((lies & 32) != 0) bodySize = reader_.u16();
      if ((lies & 64) != 0) segment.checksum = std::nullopt;
    }
    const auto envelope = std::make_shared<Message>();
    envelope->number = ++number_;
    envelope->properties.messageId = id;
    writeSegment(envelope->properties.headers, segment);
    outstanding_.insert(number_);
    feed(envelope, bodySize);
  }

  void feed(const std::shared_ptr<Message>& envelope, std::uint64_t bodySize) {
    try {
      const std::optional<Segment> read = readSegment(envelope->properties.headers, bodySize);
      expect(read.has_value(), "headers of a segment are seen");
      std::byte* const to = assembler_.begin(envelope, *read, bodySize, now_);
      for (std::uint64_t i = 0; to != nullptr && i < bodySize; ++i) to[i] = octetAt(read->offset + i);
    } catch (const Error& error) {
      expect(error.code() == ErrorCode::badSegments, "headers that are no segment's are BAD_SEGMENTS");
      return assembler_.beginBad(envelope, error);
    }
    assembler_.finish();
  }

  void check() {
    for (const Assembler::Ended& ended : assembler_.takeEnded()) {
      for (const DeliveryNumber number : ended.deliveries) {
        expect(outstanding_.erase(number) == 1, "a delivery comes back once");
      }
      if (ended.how == Assembler::End::whole) checkWhole(*ended.message);
    }
    expect(assembler_.heldDeliveries() == outstanding_.size(), "the deliveries that did not come back are held");
    expect(assembler_.openBytes() <= 4 * messageBytes, "what is open is within its bounds");
    expect((assembler_.openMessages() == 0) == (assembler_.openBytes() == 0), "what is open has bytes");
  }

  static void checkWhole(const Message& message) {
    expect(message.body.size() <= messageBytes, "no message is larger than limits.messageBytes");
    for (std::size_t i = 0; i < message.body.size(); ++i) {
      expect(message.body.view[i] == octetAt(i), "a whole message is the one that was sent");
    }
  }

  Reader reader_;
  Assembler assembler_;
  Assembler::Clock::time_point now_{};
  DeliveryNumber number_ = 0;
  std::set<DeliveryNumber> outstanding_;
};

}  // namespace

void reassemble(Input input) { Session(input).run(); }

}  // namespace fuzz
