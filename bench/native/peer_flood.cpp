#include "peer_flood.hpp"

#include <algorithm>
#include <vector>

#include "frames.hpp"
#include "peer_session.hpp"

namespace bench {
namespace {

constexpr std::size_t octetsPerCall = std::size_t{256} * 1024;

}  // namespace

void deliver(const Flood& flood, std::uint16_t channel, const std::string& consumerTag, const std::stop_token& stop,
             const std::function<void(std::span<iovec>)>& write) {
  const GatheredBody body(flood.size, channel, peerFrameMax);
  Fields arguments;
  arguments.shortText(consumerTag).u64(0).u8(0).shortText("").shortText("k");
  // Frame header, method id, consumer tag: then comes the delivery tag, the one thing that differs.
  const std::size_t tagAt = matmq::amqp::frameHeaderSize + 4 + 1 + consumerTag.size();
  const std::size_t perCall = messagesPerCall(flood.size, octetsPerCall);
  std::vector<Octets> methods(perCall, methodFrame(channel, methodId(60, 60), arguments));
  std::vector<iovec> vectors;
  for (std::uint64_t sent = 0; sent < flood.count && !stop.stop_requested();) {
    vectors.clear();
    const std::size_t now = std::min<std::uint64_t>(perCall, flood.count - sent);
    for (std::size_t i = 0; i < now; ++i) {
      matmq::amqp::putU64(methods[i].data() + tagAt, ++sent);
      vectors.push_back(vectorOf(methods[i]));
      body.addTo(vectors);
    }
    write(vectors);
  }
}

}  // namespace bench
