#include "peer_session.hpp"

#include <sys/socket.h>

#include <array>
#include <cstring>
#include <exception>
#include <utility>

#include "sockets.hpp"

namespace bench {
namespace {

using namespace matmq::amqp;

constexpr std::uint16_t mostChannels = 2047;
// No heartbeats: a measurement is over before one would be due.
constexpr std::uint16_t heartbeatSeconds = 0;
// A client that waits for room may have fewer messages on their way than this, so it is not the only reason to confirm.
constexpr std::uint64_t confirmAtOnce = 64;

Fields serverStart() {
  Fields capabilities;
  for (const char* name : {"publisher_confirms", "consumer_cancel_notify", "basic.nack", "connection.blocked",
                           "exchange_exchange_bindings", "authentication_failure_close", "per_consumer_qos"})
    capabilities.shortText(name).u8('t').u8(1);
  Fields properties;
  properties.shortText("product").u8('S').longText("MatMQ benchmark peer");
  properties.shortText("capabilities").u8('F').u32(static_cast<std::uint32_t>(capabilities.octets().size()));
  properties.put(capabilities.octets());
  Fields start;
  start.u8(0).u8(9).u32(static_cast<std::uint32_t>(properties.octets().size())).put(properties.octets());
  return start.longText("PLAIN").longText("en_US"), start;
}

// A short string at `at` of a method's payload, and where the next field begins.
std::pair<std::string, std::size_t> shortText(std::span<const std::byte> payload, std::size_t at) {
  const std::size_t size = std::to_integer<std::size_t>(payload[at]);
  const auto text = payload.subspan(at + 1, size);
  std::string result(size, '\0');
  std::memcpy(result.data(), text.data(), size);
  return {std::move(result), at + 1 + size};
}

}  // namespace

PeerSession::PeerSession(matmq::UniqueFd socket, const PeerOptions& options)
    : socket_(std::move(socket)), options_(options), input_(socket_.get()) {}

PeerCount PeerSession::serve() {
  if (!input_.take(protocolHeader.size())) return count_;
  reply(0, methodId(10, 10), serverStart());
  while (!closed_) {
    if (confirms_ && options_.multipleConfirms && input_.idle()) confirmPending();
    const auto header = input_.take(frameHeaderSize);
    if (!header || !onFrame(getFrameHeader(header->data()))) break;
  }
  // A flood that is still going on fails to write, and ends.
  shutdown(socket_.get(), SHUT_RDWR);
  return count_;
}

bool PeerSession::onFrame(const FrameHeader& frame) {
  if (frame.type == frameBody) {
    if (!input_.skip(frame.size + 1)) return false;
    count_.bytes += frame.size;
    bodyLeft_ -= frame.size;
    if (bodyLeft_ == 0) onMessage();
    return true;
  }
  const auto payload = input_.take(frame.size + 1);
  if (!payload || payload->back() != frameEnd) return false;
  if (frame.type == frameMethod) return onMethod(frame.channel, payload->first(frame.size));
  if (frame.type == frameHeader) {
    bodyLeft_ = getU64(payload->data() + 4);
    if (bodyLeft_ == 0) onMessage();
  }
  return true;
}

bool PeerSession::onMethod(std::uint16_t onChannel, std::span<const std::byte> payload) {
  switch (getU32(payload.data())) {
    case methodId(60, 40):  // basic.publish: its header follows
      return true;
    case methodId(10, 11):  // start-ok: tune
      reply(0, methodId(10, 30), Fields().u16(mostChannels).u32(peerFrameMax).u16(heartbeatSeconds));
      return true;
    case methodId(10, 40):  // connection.open
      reply(0, methodId(10, 41), Fields().shortText(""));
      return true;
    case methodId(10, 50):  // connection.close
      closed_ = true;
      reply(0, methodId(10, 51));
      return true;
    case methodId(20, 10):  // channel.open
      reply(onChannel, methodId(20, 11), Fields().longText(""));
      return true;
    case methodId(20, 40):  // channel.close
      reply(onChannel, methodId(20, 41));
      return true;
    case methodId(40, 10):  // exchange.declare
      reply(onChannel, methodId(40, 11));
      return true;
    case methodId(50, 10): {  // queue.declare
      const std::string asked = shortText(payload, 6).first;
      reply(onChannel, methodId(50, 11), Fields().shortText(asked.empty() ? "amq.gen-bench" : asked).u32(0).u32(0));
      return true;
    }
    case methodId(50, 20):  // queue.bind
      reply(onChannel, methodId(50, 21));
      return true;
    case methodId(60, 10):  // basic.qos
      reply(onChannel, methodId(60, 11));
      return true;
    case methodId(60, 20): {  // basic.consume
      const std::size_t afterQueue = shortText(payload, 6).second;
      std::string tag = shortText(payload, afterQueue).first;
      if (tag.empty()) tag = "bench";
      reply(onChannel, methodId(60, 21), Fields().shortText(tag));
      startFlood(onChannel, tag);
      return true;
    }
    case methodId(60, 30):  // basic.cancel
      reply(onChannel, methodId(60, 31), Fields().shortText(shortText(payload, 4).first));
      return true;
    case methodId(85, 10):  // confirm.select
      confirms_ = onChannel;
      reply(onChannel, methodId(85, 11));
      return true;
    default:  // tune-ok, acknowledgements: nothing to answer
      return true;
  }
}

void PeerSession::onMessage() {
  ++count_.messages;
  if (!confirms_) return;
  ++published_;
  if (!options_.multipleConfirms || published_ - confirmed_ >= confirmAtOnce) confirmPending();
}

void PeerSession::confirmPending() {
  if (confirmed_ == published_) return;
  confirmed_ = published_;
  reply(*confirms_, methodId(60, 80), Fields().u64(published_).u8(options_.multipleConfirms ? 1 : 0));
}

void PeerSession::startFlood(std::uint16_t onChannel, const std::string& consumerTag) {
  if (!options_.flood) return;
  flood_ = std::jthread([this, onChannel, consumerTag](const std::stop_token& stop) {
    try {
      deliver(*options_.flood, onChannel, consumerTag, stop, [this](std::span<iovec> vectors) { write(vectors); });
    } catch (const std::exception&) {
      // The consumer has gone.
    }
  });
}

void PeerSession::send(const Octets& octets) {
  std::array vectors{vectorOf(octets)};
  write(vectors);
}

void PeerSession::reply(std::uint16_t onChannel, std::uint32_t id, const Fields& arguments) {
  send(methodFrame(onChannel, id, arguments));
}

void PeerSession::write(std::span<iovec> vectors) {
  const std::lock_guard lock(writing_);
  writeAll(socket_.get(), vectors);
}

}  // namespace bench
