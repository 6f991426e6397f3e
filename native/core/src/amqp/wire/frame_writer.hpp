// Outbound frames, gathered from where the bytes lie: many frames, and many small messages, a call.
//
// Rules
// 1. What was enqueued goes out in that order, each message whole.
// 2. A message's payload is referenced, not copied; its owner is held until its last octet was taken by the socket.
// 3. No state but an octet count is kept for a half-written message: any position in its frames is computed from it.
#pragma once

#include <array>
#include <deque>

#include "amqp/wire/codec.hpp"
#include "base/slice.hpp"
#include "net/transport.hpp"

namespace matmq::amqp {

class FrameWriter {
 public:
  FrameWriter() = default;
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;

  void setFrameMax(std::uint32_t frameMax) noexcept { frameMax_ = frameMax; }

  /// Whole frames that are no content: methods, heartbeats, the protocol header.
  void enqueue(Bytes frames);
  /// A message: its method and header frames, then its body in frames of frameMax.
  void enqueueMessage(Bytes methodAndHeader, Slice body);

  /// Writes once, as much as the socket takes.
  net::IoResult writeOnce(net::Transport& transport);

  [[nodiscard]] bool empty() const noexcept { return units_.empty(); }
  [[nodiscard]] std::size_t queuedBytes() const noexcept { return queuedBytes_; }
  [[nodiscard]] std::size_t queuedUnits() const noexcept { return units_.size(); }
  /// Messages whose last octet the socket has taken, since the start.
  [[nodiscard]] std::uint64_t messagesWritten() const noexcept { return messagesWritten_; }
  [[nodiscard]] std::uint64_t bytesWritten() const noexcept { return bytesWritten_; }

 private:
  /// Octets that stand together on the wire: `head` (frames, and the header of the first body frame), then the body's
  /// chunks with a joint (end octet and the next frame's header) between each two, then the last end octet.
  struct Unit {
    Bytes head;
    Slice body;
    std::size_t chunk = 0;  ///< payload octets of a full frame; 0: no body
    std::array<std::byte, frameOverhead> lastJoint{};
    std::array<std::byte, frameOverhead> fullJoint{};
    bool message = false;

    [[nodiscard]] std::size_t size() const noexcept;
  };
  class Gather;

  std::uint32_t frameMax_ = frameMinSize;
  std::deque<Unit> units_;
  std::size_t frontWritten_ = 0;  ///< octets of units_.front() that are out
  std::size_t queuedBytes_ = 0;
  std::uint64_t messagesWritten_ = 0;
  std::uint64_t bytesWritten_ = 0;
};

}  // namespace matmq::amqp
