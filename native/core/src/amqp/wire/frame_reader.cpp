#include "amqp/wire/frame_reader.hpp"

#include <algorithm>
#include <cstring>
#include <matmq/error.hpp>
#include <string>

#include "base/body_pool.hpp"

namespace matmq::amqp {

net::IoResult FrameReader::readOnce(net::Transport& transport, FrameSink& sink) {
  compact();
  plan();
  std::size_t room = 0;
  for (const iovec& vector : into_) room += vector.iov_len;
  const net::IoResult result = transport.read(into_);
  place(result.status == net::IoResult::Status::ok ? result.bytes : 0);
  if (result.status != net::IoResult::Status::ok) return result;
  bytesRead_ += result.bytes;
  drained_ = result.bytes < room;
  parse(sink);
  return result;
}

void FrameReader::compact() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ > 0) {
    std::memmove(staging_.data(), staging_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
}

void FrameReader::advance(std::size_t octets) noexcept {
  begin_ += octets;
  position_ += octets;
}

// Where the octets of the next read go.
void FrameReader::plan() {
  into_.clear();
  const std::size_t direct = end_ == begin_ ? bodyLeft_ : 0;
  if (direct > 0) into_.push_back({bodyAt_, direct});
  if (direct > 0 && bodyAfter_ > 0) {
    cutRestOfBody();
  } else if (repeated_ >= leastRepeated && (direct > 0 || bodyLeft_ == 0)) {
    cutExpectedBodies();
  }
  const std::size_t end = cuts_.empty() ? end_ : cuts_.back().offset;
  into_.push_back({staging_.data() + end, std::min(roomBehind(direct), staging_.size() - end)});
}

// Behind a frame of a large body stand an end octet and the next frame's header, or what announces the next message:
// reading no more than that keeps bodies out of the staging buffer. Small messages share one read instead.
std::size_t FrameReader::roomBehind(std::size_t direct) const noexcept {
  if (!cuts_.empty()) return tailSize;
  if (direct > 0 && bodyAfter_ > 0) return frameOverhead;
  if (direct > 0 && body_.size > largeBody) return tailSize;
  return stagingSize;
}

// The octets up to `offset` of the staging buffer, from `begin` on, then those of the cut. Returns `offset`.
std::size_t FrameReader::addCut(std::size_t begin, std::size_t offset, Cut cut) {
  cut.offset = offset;
  into_.push_back({staging_.data() + begin, offset - begin});
  into_.push_back({cut.at, cut.size});
  cuts_.push_back(std::move(cut));
  return offset;
}

// The next frames of the body under way are as large as this one, but for the last.
void FrameReader::cutRestOfBody() {
  if (body_.size < smallestExpected) return;  // a peer may cut a body into frames of one octet
  std::byte* at = bodyAt_ + bodyLeft_;
  std::uint64_t left = bodyAfter_;
  std::size_t end = end_;
  for (std::size_t ahead = 0; left > 0 && (ahead == 0 || ahead + body_.size <= mostAhead);) {
    if (end + frameOverhead + tailSize > stagingSize) return;
    const auto size = static_cast<std::uint32_t>(std::min<std::uint64_t>(left, body_.size));
    end = addCut(end, end + frameOverhead, {0, at, size, 0, nullptr});
    at += size;
    left -= size;
    ahead += size;
  }
}

void FrameReader::cutExpectedBodies() {
  const std::uint32_t size = body_.size;
  const std::uint64_t since = position_ + (end_ == begin_ ? bodyLeft_ : 0) - bodyEnd_;
  const std::uint64_t arrived = since + (end_ - begin_);
  if (bodyLeft_ > 0 ? position_ + bodyLeft_ != bodyEnd_ : arrived >= gap_) return;
  if (spareSize_ != size) spare_.clear();
  spareSize_ = size;
  std::size_t end = end_;
  std::size_t offset = end_ + static_cast<std::size_t>(gap_ - arrived);
  for (std::size_t n = 0; n < mostBodiesAhead && (n == 0 || (n + 1) * size <= mostAhead); ++n) {
    if (offset + tailSize > stagingSize) return;
    std::shared_ptr<std::byte> memory;
    if (spare_.empty()) {
      memory = body_pool::tryAllocate(size);
      if (!memory) return;  // nothing is expected then: whoever takes the body says what is to become of it
    } else {
      memory = std::move(spare_.back());
      spare_.pop_back();
    }
    std::byte* const at = memory.get();
    end = addCut(end, offset, {0, at, size, 0, std::move(memory)});
    offset += static_cast<std::size_t>(gap_);
  }
}

// The octets of a read, in the order of the plan.
void FrameReader::place(std::size_t bytes) {
  std::size_t left = bytes;
  const auto take = [&left](std::size_t room) {
    const std::size_t taken = std::min(left, room);
    left -= taken;
    return taken;
  };
  if (end_ == begin_ && bodyLeft_ > 0) {
    const std::size_t placed = take(bodyLeft_);
    bodyAt_ += placed;
    bodyLeft_ -= placed;
    position_ += placed;
  }
  for (Cut& cut : cuts_) {
    end_ += take(cut.offset - end_);
    cut.filled = static_cast<std::uint32_t>(take(cut.size));
  }
  end_ += left;
  for (; !cuts_.empty() && cuts_.back().filled == 0; cuts_.pop_back()) {
    if (cuts_.back().memory) spare_.push_back(std::move(cuts_.back().memory));
  }
}

// The staging buffer as if nothing had been cut out of it. False when nothing was.
bool FrameReader::rejoin() {
  if (cuts_.empty()) return false;
  std::vector<std::byte> whole;
  std::size_t size = end_ - begin_;
  for (const Cut& cut : cuts_) size += cut.filled;
  whole.reserve(std::max(size, staging_.size()));
  for (const Cut& cut : cuts_) {
    whole.insert(whole.end(), staging_.begin() + static_cast<std::ptrdiff_t>(begin_),
                 staging_.begin() + static_cast<std::ptrdiff_t>(cut.offset));
    whole.insert(whole.end(), cut.at, cut.at + cut.filled);
    begin_ = cut.offset;
  }
  whole.insert(whole.end(), staging_.begin() + static_cast<std::ptrdiff_t>(begin_),
               staging_.begin() + static_cast<std::ptrdiff_t>(end_));
  whole.resize(std::max(size, staging_.size()));
  staging_ = std::move(whole);
  begin_ = 0;
  end_ = size;
  cuts_.clear();
  repeated_ = 0;
  return true;
}

// True when the body frame under way is complete (or none is).
bool FrameReader::parseBody(FrameSink& sink) {
  if (bodyLeft_ > 0) {
    const std::size_t n = std::min(bodyLeft_, available());
    std::memcpy(bodyAt_, staging_.data() + begin_, n);
    bodyAt_ += n;
    bodyLeft_ -= n;
    advance(n);
    if (bodyLeft_ > 0) return false;
  }
  if (awaitingEnd_) {
    if (available() == 0) return false;
    if (staging_[begin_] != frameEnd)
      throw Error(ErrorCode::protocolError, "The peer sent a body frame without its end octet");
    advance(1);
    awaitingEnd_ = false;
    sink.onBodyFrame(body_.channel, body_.size);
  }
  return true;
}

void FrameReader::beginBody(const FrameHeader& frame, FrameSink& sink) {
  const bool first = bodyAfter_ == 0;
  const BodySpace space = sink.bodySpace(frame.channel, frame.size);
  bodyAt_ = space.at;
  bodyLeft_ = frame.size;
  bodyAfter_ = space.left;
  awaitingEnd_ = true;
  const std::uint64_t gap = position_ - bodyEnd_;
  const bool again = first && space.left == 0 && frame.size == body_.size && gap == gap_;
  repeated_ = again && frame.size >= smallestExpected ? repeated_ + 1 : 0;
  gap_ = gap;
  body_ = frame;
  bodyEnd_ = position_ + frame.size;
}

// The body that begins here is the next one that was cut out, or what was expected is wrong.
void FrameReader::takeCut() {
  if (cuts_.empty()) return;
  Cut& cut = cuts_.front();
  if (begin_ != cut.offset || body_.size != cut.size) {
    rejoin();
    return;
  }
  if (bodyAt_ != cut.at) std::memcpy(bodyAt_, cut.at, cut.filled);
  bodyAt_ += cut.filled;
  bodyLeft_ -= cut.filled;
  position_ += cut.filled;
  cuts_.pop_front();
}

void FrameReader::parse(FrameSink& sink) {
  while (parseBody(sink)) {
    if (available() < frameHeaderSize) {
      if (rejoin()) continue;
      return;
    }
    const FrameHeader frame = getFrameHeader(staging_.data() + begin_);
    if (frame.size > frameMax_ - frameOverhead) {
      throw Error(ErrorCode::protocolError, "Expected AMQP 0-9-1 frames of at most " + std::to_string(frameMax_) +
                                                " bytes but the peer announced one of " +
                                                std::to_string(std::uint64_t{frame.size} + frameOverhead) +
                                                "; is this an AMQP broker, and not another service or a TLS port?");
    }
    if (frame.type == frameBody) {
      advance(frameHeaderSize);
      beginBody(frame, sink);
      takeCut();
      continue;
    }
    if (frame.type != frameMethod && frame.type != frameHeader && frame.type != frameHeartbeat) {
      throw Error(ErrorCode::protocolError, "The peer sent a frame of the unknown type " + std::to_string(frame.type));
    }
    if (available() < frame.size + frameOverhead) {
      if (rejoin()) continue;
      // It must be whole in the staging buffer, which grows when a peer really sends such a frame.
      if (staging_.size() < frame.size + frameOverhead) staging_.resize(frame.size + frameOverhead);
      return;
    }
    const std::byte* payload = staging_.data() + begin_ + frameHeaderSize;
    if (payload[frame.size] != frameEnd)
      throw Error(ErrorCode::protocolError, "The peer sent a frame without its end octet");
    advance(frame.size + frameOverhead);
    if (frame.type == frameHeader && !cuts_.empty() && cuts_.front().memory) {
      sink.expectBody(cuts_.front().memory, cuts_.front().size);
    }
    sink.onFrame(frame, {payload, frame.size});
  }
}

}  // namespace matmq::amqp
