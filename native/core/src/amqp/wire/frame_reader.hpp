// Inbound octets to frames. Bodies go straight from the socket to where the sink wants them; everything else passes
// through one staging buffer.
//
// Rules
// 1. A frame is handed over when its end octet was seen, a body frame's bytes as they come.
// 2. A peer's size is never believed beyond the negotiated frame size: anything larger is PROTOCOL_ERROR.
// 3. One read takes several bodies where it is known, or to be expected, where each of them begins: in the frames of a
//    large body, and in a stream of messages that are all of one size and announced in frames of one size (a camera's
//    frames). Each body is then read into memory of its own, as if it had been cut out of the staging buffer. Where the
//    stream turns out to be another one, what was read is put together again and parsed as if it had come in one piece:
//    an expectation that fails costs a copy of at most `mostAhead` octets, and what never repeats is not expected.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "amqp/wire/wire.hpp"
#include "net/transport.hpp"

namespace matmq::amqp {

struct BodySpace {
  std::byte* at = nullptr;
  /// Octets of the message that follow in later frames. There is room for them behind this frame's.
  std::uint64_t left = 0;
};

class FrameSink {
 public:
  FrameSink() = default;
  virtual ~FrameSink() = default;
  FrameSink(const FrameSink&) = delete;
  FrameSink& operator=(const FrameSink&) = delete;

  /// A whole method, header or heartbeat frame. `payload` is valid during the call.
  virtual void onFrame(const FrameHeader& frame, std::span<const std::byte> payload) = 0;
  /// The content header that comes next announces, if it is as expected, a body of `size` octets that is here already.
  /// A sink that takes the memory and names it as the body's place saves a copy.
  virtual void expectBody(std::shared_ptr<std::byte> /*memory*/, std::uint32_t /*size*/) {}
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

  /// Of bodies that one read takes: at most so many octets, but one whole body.
  static constexpr std::size_t mostAhead = std::size_t{256} * 1024;

 private:
  static constexpr std::size_t stagingSize = 128 * 1024;
  /// How much to read beyond a large body: enough for the frames that announce the next one, little of its body.
  static constexpr std::size_t tailSize = 4096;
  /// From this size on, copying the start of a body costs more than a read that spares it.
  static constexpr std::size_t largeBody = 64 * 1024;
  /// Below this a body is copied anyway.
  static constexpr std::uint32_t smallestExpected = 2048;
  static constexpr std::size_t mostBodiesAhead = 16;
  /// A message is expected to be as the one before when so many were.
  static constexpr unsigned leastRepeated = 2;

  /// A body that is read past the staging buffer: `filled` of its `size` octets belong between those in front of
  /// `offset` in the buffer and those from there on.
  struct Cut {
    std::size_t offset = 0;
    std::byte* at = nullptr;
    std::uint32_t size = 0;
    std::uint32_t filled = 0;
    std::shared_ptr<std::byte> memory;  ///< null: `at` is the sink's own
  };

  void plan();
  void cutRestOfBody();
  void cutExpectedBodies();
  std::size_t addCut(std::size_t begin, std::size_t offset, Cut cut);
  [[nodiscard]] std::size_t roomBehind(std::size_t direct) const noexcept;
  void place(std::size_t bytes);
  void parse(FrameSink& sink);
  bool parseBody(FrameSink& sink);
  void beginBody(const FrameHeader& frame, FrameSink& sink);
  void takeCut();
  bool rejoin();
  void compact();
  void advance(std::size_t octets) noexcept;
  /// Octets in the staging buffer up to the next cut.
  [[nodiscard]] std::size_t available() const noexcept {
    return (cuts_.empty() ? end_ : cuts_.front().offset) - begin_;
  }

  std::vector<std::byte> staging_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint32_t frameMax_ = frameMinSize;
  std::uint64_t bytesRead_ = 0;
  bool drained_ = false;

  // the read under way: where its octets go, and what was cut out of the staging buffer
  std::vector<iovec> into_;
  std::deque<Cut> cuts_;
  std::vector<std::shared_ptr<std::byte>> spare_;  ///< of bodies that were expected and did not come yet
  std::uint32_t spareSize_ = 0;

  // the body frame under way
  FrameHeader body_{};
  std::byte* bodyAt_ = nullptr;
  std::size_t bodyLeft_ = 0;
  std::uint64_t bodyAfter_ = 0;  ///< octets of the message in later frames
  bool awaitingEnd_ = false;

  // what a stream of messages repeats
  std::uint64_t position_ = 0;  ///< octets parsed
  std::uint64_t bodyEnd_ = 0;   ///< the position behind the last body frame's octets
  std::uint64_t gap_ = 0;       ///< octets between the last two bodies
  unsigned repeated_ = 0;       ///< messages in a row with a body and a gap of the same sizes
};

}  // namespace matmq::amqp
