// A consumer as it is, from the socket to what the program says of each message, and several senders of segments behind
// a broker that answers what it is asked. One sender is hostile.
#include <array>
#include <map>
#include <set>

#include "amqp/consume/subscriber.hpp"
#include "base/crc32c.hpp"
#include "broker_side.hpp"
#include "message/segment.hpp"

namespace fuzz {
namespace {

using namespace matmq;
using namespace matmq::amqp;

constexpr std::uint64_t messageBytes = 1 << 12;
constexpr std::uint16_t prefetch = 4;
constexpr std::size_t frameAround = 8;

/// What the message of an id consists of: no other message has the same octets.
std::byte octetAt(std::string_view id, std::uint64_t offset) noexcept {
  unsigned salt = 17;
  for (const char c : id) salt = salt * 31 + static_cast<unsigned char>(c);
  return static_cast<std::byte>(offset * 31 + offset / 251 + salt);
}

Bytes octets(std::string_view id, std::uint64_t offset, std::uint64_t size) {
  Bytes bytes(size);
  for (std::uint64_t i = 0; i < size; ++i) bytes[i] = octetAt(id, offset + i);
  return bytes;
}

void appendFrame(Bytes& out, std::uint8_t type, const Bytes& payload) {
  out.push_back(std::byte{type});
  for (const int shift : {8, 0}) out.push_back(static_cast<std::byte>(theChannel >> shift));
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<std::byte>(payload.size() >> shift));
  out.insert(out.end(), payload.begin(), payload.end());
  out.push_back(std::byte{0xCE});
}

/// The deliveries of the broker, and what the consumer says of them.
class Deliveries {
 public:
  [[nodiscard]] std::uint64_t next() {
    unsettled_.insert(++last_);
    return last_;
  }
  void settle(std::uint64_t tag, bool upTo) {
    expect(tag != 0 && tag <= last_, "a delivery is settled that there was");
    expect(unsettled_.contains(tag), "a delivery is settled once");
    if (upTo) {
      unsettled_.erase(unsettled_.begin(), unsettled_.upper_bound(tag));
    } else {
      unsettled_.erase(tag);
    }
  }

 private:
  std::set<std::uint64_t> unsettled_;
  std::uint64_t last_ = 0;
};

class Broker final : public net::Transport {
 public:
  /// `failed` gets the promise that did not hold: nothing may be thrown here.
  Broker(Input input, std::string& failed) : reader_(input), toSend_(login(false)), failed_(failed) {}

  net::IoResult read(std::span<const iovec> into) noexcept override {
    try {
      if (at_ == toSend_.size()) {
        toSend_.clear();
        at_ = 0;
        // A step at a time: the consumer answers between them, and its program works.
        if (!mayStep_) return {net::IoResult::Status::wouldBlock, 0, 0};
        mayStep_ = false;
        if (reader_.rest().empty()) return {net::IoResult::Status::ended, 0, 0};
        step();
      }
    } catch (const std::exception& error) {
      failed_ = error.what();
      return {net::IoResult::Status::ended, 0, 0};
    }
    std::size_t given = 0;
    for (const iovec& piece : into) {
      const std::size_t size = std::min(toSend_.size() - at_, piece.iov_len);
      std::copy_n(toSend_.begin() + static_cast<std::ptrdiff_t>(at_), size, static_cast<std::byte*>(piece.iov_base));
      at_ += size;
      given += size;
    }
    return {net::IoResult::Status::ok, given, 0};
  }

  net::IoResult write(std::span<const iovec> from) noexcept override {
    std::size_t size = 0;
    for (const iovec& piece : from) {
      const auto* begin = static_cast<const std::byte*>(piece.iov_base);
      received_.insert(received_.end(), begin, begin + piece.iov_len);
      size += piece.iov_len;
    }
    try {
      hear();
    } catch (const std::exception& error) {
      failed_ = error.what();
    }
    return {net::IoResult::Status::ok, size, 0};
  }
  [[nodiscard]] int fd() const noexcept override { return -1; }

  /// What the program does next.
  [[nodiscard]] unsigned decision() noexcept { return reader_.u8(); }
  /// The broker may do something, once, when all that it said before has been read.
  void mayStep() noexcept { mayStep_ = live_ && at_ == toSend_.size(); }
  [[nodiscard]] bool atEnd() const noexcept { return reader_.rest().empty() && at_ == toSend_.size(); }
  /// Whether all octets of a message of this id were sent by its own sender.
  [[nodiscard]] bool wasSent(const std::string& id, std::uint64_t size) const {
    const auto sent = sent_.find(id);
    return sent != sent_.end() && sent->second == size;
  }
  [[nodiscard]] bool isForged(const std::string& id) const { return forged_.contains(id); }
  /// Messages that were sent whole, and that nobody forged, of a sender that did not begin them anew.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& sent() const noexcept { return sent_; }

 private:
  struct Sender {
    char name = 'a';
    unsigned messages = 0;
    std::uint64_t size = 1;  ///< of a segment
    std::uint64_t count = 0;
    std::uint64_t next = 0;  ///< segment; at `count` a new message begins
  };

  void step() {
    const unsigned choice = reader_.u8();
    Sender& sender = senders_[choice & 3];
    if ((choice & 3) == 3 && (choice & 4) != 0) return lie();
    if ((choice & 24) == 24) return sendWhole(sender);
    if (sender.next == sender.count || (choice & 32) != 0) begin(sender);
    const unsigned at_once = 1 + (choice >> 6);
    for (unsigned i = 0; i < at_once && sender.next < sender.count; ++i) sendSegment(sender, sender.next++);
  }

  void begin(Sender& sender) {
    ++sender.messages;
    sender.count = 2 + (reader_.u8() & 15);
    sender.size = 1 + reader_.u8();
    sender.next = 0;
  }

  static std::string idOf(const Sender& sender) {
    std::string id(1, sender.name);
    return id.append("-").append(std::to_string(sender.messages));
  }

  void sendSegment(const Sender& sender, std::uint64_t index) {
    const std::uint64_t lastSize = 1 + sender.messages % sender.size;
    Segment segment{index, sender.count, index * sender.size, (sender.count - 1) * sender.size + lastSize, {}};
    if (segment.last()) segment.checksum = crc32c(0, octets(idOf(sender), 0, segment.total));
    const std::uint64_t size = segment.last() ? lastSize : sender.size;
    const std::string id = idOf(sender);
    deliver(id, &segment, octets(id, segment.offset, size));
    if (segment.last()) sent_.emplace(id, segment.total);
  }

  void sendWhole(Sender& sender) {
    ++sender.messages;
    sender.next = sender.count;
    const std::string id = idOf(sender);
    const std::uint64_t size = reader_.u8();
    deliver(id, nullptr, octets(id, 0, size));
    sent_.emplace(id, size);
  }

  /// A segment whose headers are what the input says, of a message of anybody.
  void lie() {
    const unsigned lies = reader_.u8();
    const Sender& victim = senders_[lies & 3];
    Segment segment{victim.next, victim.count, victim.next * victim.size, victim.count * victim.size, {}};
    std::uint64_t size = victim.size;
    if ((lies & 4) != 0) segment.index = reader_.u16();
    if ((lies & 8) != 0) segment.count = reader_.u16();
    if ((lies & 16) != 0) segment.offset = reader_.u16();
    if ((lies & 32) != 0) segment.total = std::uint64_t{reader_.u16()} << (reader_.u8() & 47);
    if ((lies & 64) != 0) segment.checksum = reader_.u16();
    if ((lies & 128) != 0) size = reader_.u8();
    std::string id = idOf(victim);
    if ((lies & 3) == 3) id.push_back(static_cast<char>('a' + (reader_.u8() & 15)));
    forged_.insert(id);
    deliver(id, &segment, octets("forged", segment.offset, size));
  }

  void deliver(const std::string& id, const Segment* segment, const Bytes& body) {
    amqp_basic_deliver_t method{};
    method.consumer_tag = bytesOf(consumerTag_);
    method.delivery_tag = deliveries_.next();
    appendMethod(toSend_, theChannel, AMQP_BASIC_DELIVER_METHOD, method);
    Properties properties;
    properties.messageId = id;
    if (segment != nullptr) writeSegment(properties.headers, *segment);
    pool_.reset();
    appendContentHeader(toSend_, theChannel, body.size(), properties, pool_, 131072);
    if (!body.empty()) appendFrame(toSend_, AMQP_FRAME_BODY, body);
  }

  void hear() {
    std::size_t at = greeting_;
    for (; received_.size() - at >= frameAround - 1;) {
      std::size_t size = 0;
      for (std::size_t i = 3; i < 7; ++i) size = size << 8 | std::to_integer<std::size_t>(received_[at + i]);
      if (received_.size() - at < size + frameAround) break;
      if (received_[at] == std::byte{AMQP_FRAME_METHOD}) hearMethod({received_.data() + at + 7, size});
      at += size + frameAround;
    }
    if (received_.size() < greeting_) return;
    greeting_ = 0;
    received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  void hearMethod(std::span<std::byte> payload) {
    amqp_method_number_t id = 0;
    for (std::size_t i = 0; i < 4; ++i) id = id << 8 | std::to_integer<amqp_method_number_t>(payload[i]);
    void* decoded = nullptr;
    pool_.reset();
    const amqp_bytes_t encoded{payload.size() - 4, payload.data() + 4};
    expect(amqp_decode_method(id, pool_.get(), encoded, &decoded) == 0, "what a consumer says can be read");
    switch (id) {
      case AMQP_BASIC_ACK_METHOD: {
        const auto* ack = static_cast<const amqp_basic_ack_t*>(decoded);
        return deliveries_.settle(ack->delivery_tag, ack->multiple != 0);
      }
      case AMQP_BASIC_NACK_METHOD: {
        const auto* nack = static_cast<const amqp_basic_nack_t*>(decoded);
        expect(nack->multiple == 0, "nothing is refused together");
        return deliveries_.settle(nack->delivery_tag, false);
      }
      case AMQP_QUEUE_DECLARE_METHOD: {
        if (!live_) return;
        amqp_queue_declare_ok_t ok{};
        ok.queue = bytesOf("q");
        ok.consumer_count = reader_.u8() & 3;
        return appendMethod(toSend_, theChannel, AMQP_QUEUE_DECLARE_OK_METHOD, ok);
      }
      case AMQP_BASIC_CONSUME_METHOD: {
        const auto* consume = static_cast<const amqp_basic_consume_t*>(decoded);
        if (!live_) {
          consumerTag_ = view(consume->consumer_tag);
          live_ = true;
          return;
        }
        expect(++subscriptions_ <= 64, "second subscriptions are bounded");
        if (consume->nowait != 0) return;
        amqp_basic_consume_ok_t ok{};
        ok.consumer_tag = consume->consumer_tag;
        return appendMethod(toSend_, theChannel, AMQP_BASIC_CONSUME_OK_METHOD, ok);
      }
      case AMQP_BASIC_CANCEL_METHOD: {
        const auto* cancel = static_cast<const amqp_basic_cancel_t*>(decoded);
        expect(subscriptions_-- > 0, "what is cancelled was subscribed to");
        if (cancel->nowait != 0) return;
        amqp_basic_cancel_ok_t ok{};
        ok.consumer_tag = cancel->consumer_tag;
        return appendMethod(toSend_, theChannel, AMQP_BASIC_CANCEL_OK_METHOD, ok);
      }
      case AMQP_BASIC_QOS_METHOD:
        if (live_) appendMethod(toSend_, theChannel, AMQP_BASIC_QOS_OK_METHOD, amqp_basic_qos_ok_t{});
        return;
      default:
        return;
    }
  }

  Reader reader_;
  DecodePool pool_;
  Bytes toSend_;
  std::size_t at_ = 0;
  Bytes received_;
  std::size_t greeting_ = 8;  ///< octets of the protocol header, which is no frame
  bool live_ = false;         ///< what was subscribed to first is behind us: login() has the answers up to there
  int subscriptions_ = 0;     ///< second ones
  bool mayStep_ = false;
  std::string consumerTag_;
  std::map<std::string, std::uint64_t> sent_;  ///< whole messages by their id: their size
  std::set<std::string> forged_;               ///< ids under which somebody else sent, too
  Deliveries deliveries_;
  std::array<Sender, 4> senders_{Sender{'a'}, Sender{'b'}, Sender{'c'}, Sender{'d'}};
  std::string& failed_;
};

/// The program: it keeps some messages for a while, and settles them as the input says.
class Program {
 public:
  Program(Inbox& inbox, Broker& broker) : inbox_(inbox), broker_(broker) {}

  void turn() {
    for (const auto& message : inbox_.take(64, 1 << 20)) receive(*message);
    expect(inHand_.size() <= prefetch, "the program has no more messages in hand than prefetch says");
    if (inHand_.empty()) return;
    const unsigned decision = broker_.decision();
    if ((decision & 1) != 0 && inHand_.size() < prefetch) return;  // later
    using Kind = Acknowledgement::Kind;
    constexpr std::array kinds{Kind::ack, Kind::ackUpTo, Kind::reject, Kind::requeue};
    const Kind kind = kinds[decision >> 1 & 3];
    auto which = inHand_.begin();
    std::advance(which, (decision >> 3) % inHand_.size());
    const DeliveryNumber number = *which;
    expect(inbox_.settle(number, kind), "what the program has can be settled");
    expect(!inbox_.settle(number, kind), "but once");
    if (kind == Kind::ackUpTo) {
      inHand_.erase(inHand_.begin(), inHand_.upper_bound(number));
    } else {
      inHand_.erase(number);
    }
  }

  /// Takes and settles all that there is.
  void finish() {
    for (auto left = inbox_.take(64, 1 << 20); !left.empty() || !inHand_.empty(); left = inbox_.take(64, 1 << 20)) {
      for (const auto& message : left) receive(*message);
      for (const DeliveryNumber number : std::exchange(inHand_, {}))
        static_cast<void>(inbox_.settle(number, Acknowledgement::Kind::ack));
    }
    for (const auto& [id, size] : broker_.sent()) {
      if (broker_.isForged(id) || size > messageBytes) continue;
      expect(refused_ || received_.contains(id), "an honest message arrives, unless one was refused");
    }
  }

 private:
  void receive(const Message& message) {
    refused_ = refused_ || message.error.has_value();
    if (message.error) return;
    expect(message.body.size() <= messageBytes, "no message is larger than limits.messageBytes");
    expect(inHand_.insert(message.number).second, "a number is used once");
    // Of all properties, a message that came whole has those that the program asks for.
    const std::string id = amqp::decodeProperties(message.encodedProperties).messageId.value_or("");
    if (broker_.isForged(id)) return;
    received_.insert(id);
    expect(broker_.wasSent(id, message.body.size()), "a whole message has the size of the one that was sent");
    for (std::size_t i = 0; i < message.body.size(); ++i)
      expect(message.body.view[i] == octetAt(id, i), "and its octets");
  }

  Inbox& inbox_;
  Broker& broker_;
  std::set<DeliveryNumber> inHand_;
  std::set<std::string> received_;
  bool refused_ = false;
};

}  // namespace

void consumeFromSenders(Input input) {
  ConsumerOptions options;
  options.limits.messageBytes = messageBytes;
  options.prefetch = prefetch;
  options.ack = AckMode::manual;
  options.queue = QueueOptions{};
  options.queue->name = "q";
  Inbox inbox(
      options.highWaterMark, AckMode::manual, [] {}, std::make_shared<Signal>());
  Subscriber subscriber(options, inbox);
  std::string failed;
  auto transport = std::make_unique<Broker>(input, failed);
  Broker& broker = *transport;
  Program program(inbox, broker);
  bool finished = false;
  serve({options, options}, subscriber, std::move(transport), [&] {
    program.turn();
    if (broker.atEnd() && !std::exchange(finished, true)) program.finish();
    broker.mayStep();
    ConsumerStats stats;
    subscriber.fillStats(stats);
    expect(stats.openMessages <= 64, "open messages are bounded");
    expect(stats.openBytes <= 4 * messageBytes, "and so is their memory");
    static_cast<void>(inbox.collect());
    if (!failed.empty()) throw Finding(failed);
  });
  if (!failed.empty()) throw Finding(failed);
  expect(finished, "the program came to its end");
}

}  // namespace fuzz
