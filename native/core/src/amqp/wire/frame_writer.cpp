#include "amqp/wire/frame_writer.hpp"

#include <algorithm>
#include <climits>

namespace matmq::amqp {
namespace {

// One sendmsg: enough vectors and octets to fill a socket buffer, few enough that a partial write wastes little work.
constexpr std::size_t maxVectors = std::min(512, IOV_MAX);
constexpr std::size_t maxOctets = std::size_t{4} * 1024 * 1024;

iovec readOnlyVector(const std::byte* data, std::size_t size) noexcept {
  return {const_cast<std::byte*>(data), size};  // NOLINT(cppcoreguidelines-pro-type-const-cast): sendmsg reads it
}

}  // namespace

std::size_t FrameWriter::Unit::size() const noexcept {
  if (chunk == 0) return head.size();
  const std::size_t frames = (body.size + chunk - 1) / chunk;
  return head.size() + body.size + (frames - 1) * frameOverhead + 1;
}

/// Fills a vector list from any position of a unit on.
class FrameWriter::Gather {
 public:
  void add(const Unit& unit, std::size_t from) {
    if (from < unit.head.size()) {
      push(unit.head.data() + from, unit.head.size() - from);
      from = unit.head.size();
    }
    if (unit.chunk == 0) return;
    const std::size_t body = unit.body.size;
    const std::size_t stride = unit.chunk + frameOverhead;
    std::size_t frame = (from - unit.head.size()) / stride;
    std::size_t within = (from - unit.head.size()) % stride;
    for (std::size_t start = frame * unit.chunk; start < body && !full(); ++frame, start += unit.chunk, within = 0) {
      const std::size_t length = std::min(unit.chunk, body - start);
      if (within < length) {
        addBody(unit.body, start + within, length - within);
        within = length;
      }
      addJoint(unit, body - start - length, within - length);
    }
  }

  [[nodiscard]] bool full() const noexcept { return count_ + 2 > maxVectors || octets_ >= maxOctets; }
  [[nodiscard]] std::span<const iovec> vectors() const noexcept { return std::span(vectors_).first(count_); }

 private:
  void push(const std::byte* data, std::size_t size) noexcept {
    if (size == 0 || count_ == maxVectors) return;
    vectors_[count_++] = readOnlyVector(data, size);
    octets_ += size;
  }

  // Rows of a region of interest lie apart: one vector each. Stops short when the list is full; the rest is for the
  // next call.
  void addBody(const Slice& body, std::size_t from, std::size_t length) {
    body.forEachRun(from, length, [this](std::span<const std::byte> run) {
      truncated_ = count_ == maxVectors;
      if (!truncated_) push(run.data(), run.size());
      return !truncated_;
    });
  }

  // Behind the last chunk stands the end octet alone.
  void addJoint(const Unit& unit, std::size_t left, std::size_t skip) {
    if (truncated_) return;
    const auto& joint = left >= unit.chunk ? unit.fullJoint : unit.lastJoint;
    const std::size_t size = left == 0 ? 1 : frameOverhead;
    push(joint.data() + skip, size - skip);
  }

  std::array<iovec, maxVectors> vectors_;
  std::size_t count_ = 0;
  std::size_t octets_ = 0;
  bool truncated_ = false;
};

void FrameWriter::enqueue(Bytes frames) {
  queuedBytes_ += frames.size();
  Unit unit;
  unit.head = std::move(frames);
  units_.push_back(std::move(unit));
}

void FrameWriter::enqueueMessage(Bytes methodAndHeader, Slice slice) {
  Unit unit;
  unit.head = std::move(methodAndHeader);
  unit.message = true;
  const std::size_t body = slice.size;
  if (body > 0) {
    unit.chunk = frameMax_ - frameOverhead;
    const std::size_t first = std::min(unit.chunk, body);
    unit.head.resize(unit.head.size() + frameHeaderSize);
    putFrameHeader(unit.head.data() + unit.head.size() - frameHeaderSize, frameBody, theChannel,
                   static_cast<std::uint32_t>(first));
    const std::size_t last = body % unit.chunk == 0 ? unit.chunk : body % unit.chunk;
    unit.fullJoint[0] = unit.lastJoint[0] = frameEnd;
    putFrameHeader(unit.fullJoint.data() + 1, frameBody, theChannel, static_cast<std::uint32_t>(unit.chunk));
    putFrameHeader(unit.lastJoint.data() + 1, frameBody, theChannel, static_cast<std::uint32_t>(last));
    unit.body = std::move(slice);
  }
  queuedBytes_ += unit.size();
  units_.push_back(std::move(unit));
}

net::IoResult FrameWriter::writeOnce(net::Transport& transport) {
  Gather gather;
  std::size_t from = frontWritten_;
  for (const Unit& unit : units_) {
    gather.add(unit, from);
    from = 0;
    if (gather.full()) break;
  }
  const net::IoResult result = transport.write(gather.vectors());
  if (result.status != net::IoResult::Status::ok) return result;
  bytesWritten_ += result.bytes;
  queuedBytes_ -= result.bytes;
  frontWritten_ += result.bytes;
  while (!units_.empty()) {
    const std::size_t size = units_.front().size();
    if (frontWritten_ < size) break;
    frontWritten_ -= size;
    if (units_.front().message) ++messagesWritten_;
    units_.pop_front();
  }
  return result;
}

}  // namespace matmq::amqp
