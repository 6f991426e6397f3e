#include "amqp/wire/frame_reader.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <matmq/error.hpp>
#include <string>

namespace matmq::amqp {

net::IoResult FrameReader::readOnce(net::Transport& transport, FrameSink& sink) {
  compact();
  std::array<iovec, 2> into{};
  std::size_t count = 0;
  const std::size_t direct = available() == 0 ? bodyLeft_ : 0;
  if (direct > 0) into[count++] = {bodyAt_, direct};
  std::size_t room = staging_.size() - end_;
  // Behind a frame of a large body stand an end octet and the next frame's header, or what announces the next message:
  // reading no more than that keeps bodies out of the staging buffer. Small messages share one read instead.
  if (direct > 0 && moreBody_) room = std::min(room, frameOverhead);
  if (direct > 0 && !moreBody_ && body_.size > largeBody) room = std::min(room, tailSize);
  into[count++] = {staging_.data() + end_, room};

  const net::IoResult result = transport.read(std::span(into).first(count));
  if (result.status != net::IoResult::Status::ok) return result;
  bytesRead_ += result.bytes;
  drained_ = result.bytes < direct + room;
  const std::size_t placed = std::min(direct, result.bytes);
  bodyAt_ += placed;
  bodyLeft_ -= placed;
  end_ += result.bytes - placed;
  parse(sink);
  return result;
}

void FrameReader::compact() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ > 0) {
    std::memmove(staging_.data(), staging_.data() + begin_, available());
    end_ -= begin_;
    begin_ = 0;
  }
}

// True when the body frame under way is complete (or none is).
bool FrameReader::parseBody(FrameSink& sink) {
  if (bodyLeft_ > 0) {
    const std::size_t n = std::min(bodyLeft_, available());
    std::memcpy(bodyAt_, staging_.data() + begin_, n);
    bodyAt_ += n;
    bodyLeft_ -= n;
    begin_ += n;
    if (bodyLeft_ > 0) return false;
  }
  if (awaitingEnd_) {
    if (available() == 0) return false;
    if (staging_[begin_] != frameEnd)
      throw Error(ErrorCode::protocolError, "The peer sent a body frame without its end octet");
    ++begin_;
    awaitingEnd_ = false;
    sink.onBodyFrame(body_.channel, body_.size);
  }
  return true;
}

void FrameReader::parse(FrameSink& sink) {
  while (parseBody(sink)) {
    if (available() < frameHeaderSize) return;
    const FrameHeader frame = getFrameHeader(staging_.data() + begin_);
    if (frame.size > frameMax_ - frameOverhead) {
      throw Error(ErrorCode::protocolError, "Expected AMQP 0-9-1 frames of at most " + std::to_string(frameMax_) +
                                                " bytes but the peer announced one of " +
                                                std::to_string(std::uint64_t{frame.size} + frameOverhead) +
                                                "; is this an AMQP broker, and not another service or a TLS port?");
    }
    if (frame.type == frameBody) {
      begin_ += frameHeaderSize;
      body_ = frame;
      const BodySpace space = sink.bodySpace(frame.channel, frame.size);
      bodyAt_ = space.at;
      moreBody_ = space.more;
      bodyLeft_ = frame.size;
      awaitingEnd_ = true;
      continue;
    }
    if (frame.type != frameMethod && frame.type != frameHeader && frame.type != frameHeartbeat) {
      throw Error(ErrorCode::protocolError, "The peer sent a frame of the unknown type " + std::to_string(frame.type));
    }
    if (available() < frame.size + frameOverhead) {
      // It must be whole in the staging buffer, which grows when a peer really sends such a frame.
      if (staging_.size() < frame.size + frameOverhead) staging_.resize(frame.size + frameOverhead);
      return;
    }
    const std::byte* payload = staging_.data() + begin_ + frameHeaderSize;
    if (payload[frame.size] != frameEnd)
      throw Error(ErrorCode::protocolError, "The peer sent a frame without its end octet");
    begin_ += frame.size + frameOverhead;
    sink.onFrame(frame, {payload, frame.size});
  }
}

}  // namespace matmq::amqp
