// Inbound octets to frames. Bodies go straight from the socket to where the sink wants them; everything else passes
// through one staging buffer.
//
// Rules
// 1. A frame is handed over when its end octet was seen, a body frame's bytes as they come.
// 2. A peer's size is never believed beyond the negotiated frame size: anything larger is PROTOCOL_ERROR.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "amqp/wire/wire.hpp"
#include "net/transport.hpp"

namespace matmq::amqp {

struct BodySpace {
  std::byte* at = nullptr;
  bool more = false;  ///< the message goes on after this frame
};

class FrameSink {
 public:
  FrameSink() = default;
  virtual ~FrameSink() = default;
  FrameSink(const FrameSink&) = delete;
  FrameSink& operator=(const FrameSink&) = delete;

  /// A whole method, header or heartbeat frame. `payload` is valid during the call.
  virtual void onFrame(const FrameHeader& frame, std::span<const std::byte> payload) = 0;
  /// A body frame begins: where its `size` octets go. Valid until onBodyFrame.
  virtual BodySpace bodySpace(std::uint16_t channel, std::uint32_t size) = 0;
  /// The body frame is complete.
  virtual void onBodyFrame(std::uint16_t channel, std::uint32_t size) = 0;
};

class FrameReader {
 public:
  FrameReader() : staging_(stagingSize) {}
  FrameReader(const FrameReader&) = delete;
  FrameReader& operator=(const FrameReader&) = delete;

  /// The negotiated frame size; frameMinSize until then.
  void setFrameMax(std::uint32_t frameMax) noexcept { frameMax_ = frameMax; }

  /// Reads once and hands over what became whole. Also counts octets.
  /// @throws Error PROTOCOL_ERROR, and what the sink throws
  net::IoResult readOnce(net::Transport& transport, FrameSink& sink);

  [[nodiscard]] std::uint64_t bytesRead() const noexcept { return bytesRead_; }
  /// Whether the last read gave less than there was room for.
  [[nodiscard]] bool drained() const noexcept { return drained_; }

 private:
  static constexpr std::size_t stagingSize = 128 * 1024;
  /// How much to read beyond a large body: enough for the frames that announce the next one, little of its body.
  static constexpr std::size_t tailSize = 4096;
  /// From this size on, copying the start of a body costs more than a read that spares it.
  static constexpr std::size_t largeBody = 64 * 1024;

  void parse(FrameSink& sink);
  bool parseBody(FrameSink& sink);
  void compact();
  [[nodiscard]] std::size_t available() const noexcept { return end_ - begin_; }

  std::vector<std::byte> staging_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint32_t frameMax_ = frameMinSize;
  std::uint64_t bytesRead_ = 0;
  bool drained_ = false;

  // the body frame under way
  FrameHeader body_{};
  std::byte* bodyAt_ = nullptr;
  std::size_t bodyLeft_ = 0;
  bool awaitingEnd_ = false;
  bool moreBody_ = false;  ///< the message goes on after this frame
};

}  // namespace matmq::amqp
