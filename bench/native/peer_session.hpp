// One connection of the peer: enough of an AMQP 0-9-1 broker for a client to publish to it or to consume from it.
#pragma once

#include <base/unique_fd.hpp>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "frames.hpp"
#include "peer_flood.hpp"
#include "peer_input.hpp"

namespace bench {

inline constexpr std::uint32_t peerFrameMax = 131072;

struct PeerOptions {
  /// What a consumer gets; without it there is nothing to consume.
  std::optional<Flood> flood;
  /// Several messages with one confirm, as brokers do under load; otherwise each its own.
  bool multipleConfirms = false;
};

struct PeerCount {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
};

class PeerSession {
 public:
  PeerSession(matmq::UniqueFd socket, const PeerOptions& options);

  /// Serves until the connection ends. Returns what was published on it.
  PeerCount serve();

 private:
  bool onFrame(const matmq::amqp::FrameHeader& frame);
  bool onMethod(std::uint16_t onChannel, std::span<const std::byte> payload);
  void onMessage();
  void confirmPending();
  void startFlood(std::uint16_t onChannel, const std::string& consumerTag);
  void send(const Octets& octets);
  void reply(std::uint16_t onChannel, std::uint32_t id, const Fields& arguments = {});
  void write(std::span<iovec> vectors);

  matmq::UniqueFd socket_;
  const PeerOptions& options_;
  PeerInput input_;
  PeerCount count_;
  std::uint64_t bodyLeft_ = 0;
  std::optional<std::uint16_t> confirms_;  ///< the channel that asked for them
  bool closed_ = false;
  std::uint64_t confirmed_ = 0;
  std::uint64_t published_ = 0;  ///< since confirm.select
  std::mutex writing_;           ///< whole frames: the flood and the replies take turns
  std::jthread flood_;
};

}  // namespace bench
