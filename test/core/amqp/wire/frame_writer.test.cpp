// The writer's octets, however the socket cuts them.
#include "amqp/wire/frame_writer.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <numeric>
#include <random>

using namespace matmq;
using namespace matmq::amqp;

namespace {

/// Takes as many octets a call as `limit` says, and keeps them.
class MemoryTransport final : public net::Transport {
 public:
  explicit MemoryTransport(std::function<std::size_t()> limit) : limit_(std::move(limit)) {}
  net::IoResult read(std::span<const iovec>) noexcept override { return {net::IoResult::Status::wouldBlock, 0, 0}; }
  net::IoResult write(std::span<const iovec> from) noexcept override {
    std::size_t left = limit_();
    std::size_t taken = 0;
    for (const iovec& piece : from) {
      const std::size_t n = std::min(left, piece.iov_len);
      const auto* data = static_cast<const std::byte*>(piece.iov_base);
      octets.insert(octets.end(), data, data + n);
      left -= n;
      taken += n;
      if (left == 0) break;
    }
    return {net::IoResult::Status::ok, taken, 0};
  }
  [[nodiscard]] int fd() const noexcept override { return -1; }

  Bytes octets;

 private:
  std::function<std::size_t()> limit_;
};

Bytes ramp(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 + i / 251);
  return bytes;
}

Payload payloadOf(const Bytes& bytes) { return {nullptr, bytes.data(), bytes.size(), 1, bytes.size()}; }

/// The plain way: every body frame written out.
Bytes expected(const Bytes& head, const Bytes& body, std::size_t chunk) {
  Bytes out = head;
  for (std::size_t at = 0; at < body.size(); at += chunk) {
    const std::size_t n = std::min(chunk, body.size() - at);
    Bytes header(frameHeaderSize);
    putFrameHeader(header.data(), frameBody, theChannel, static_cast<std::uint32_t>(n));
    out.insert(out.end(), header.begin(), header.end());
    out.insert(out.end(), body.begin() + static_cast<std::ptrdiff_t>(at),
               body.begin() + static_cast<std::ptrdiff_t>(at + n));
    out.push_back(frameEnd);
  }
  return out;
}

void drain(FrameWriter& writer, MemoryTransport& transport) {
  while (!writer.empty()) REQUIRE(writer.writeOnce(transport).status == net::IoResult::Status::ok);
  CHECK(writer.queuedBytes() == 0);
}

}  // namespace

TEST_CASE("a body of any size is cut into frames of the negotiated size") {
  constexpr std::size_t chunk = frameMinSize - frameOverhead;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, chunk - 1, chunk, chunk + 1, 2 * chunk, 5 * chunk + 17}) {
    CAPTURE(size);
    FrameWriter writer;
    MemoryTransport transport([] { return SIZE_MAX; });
    const Bytes head = ramp(60);
    const Bytes body = ramp(size);
    writer.enqueueMessage(head, payloadOf(body));
    drain(writer, transport);
    CHECK(transport.octets == expected(head, body, chunk));
    CHECK(writer.messagesWritten() == 1);
    CHECK(writer.bytesWritten() == transport.octets.size());
  }
}

TEST_CASE("octets are the same wherever the socket stops taking them") {
  constexpr std::size_t chunk = frameMinSize - frameOverhead;
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    FrameWriter writer;
    MemoryTransport transport([&] { return std::uniform_int_distribution<std::size_t>(1, 9000)(random); });
    std::vector<Bytes> bodies;
    Bytes whole;
    bodies.reserve(20);
    for (int i = 0; i < 20; ++i) {
      const Bytes head = ramp(40 + static_cast<std::size_t>(i));
      if (i % 5 == 4) {
        writer.enqueue(head);
        whole.insert(whole.end(), head.begin(), head.end());
        continue;
      }
      const Bytes& body = bodies.emplace_back(ramp(std::uniform_int_distribution<std::size_t>(0, 3 * chunk)(random)));
      writer.enqueueMessage(head, payloadOf(body));
      const Bytes frames = expected(head, body, chunk);
      whole.insert(whole.end(), frames.begin(), frames.end());
    }
    drain(writer, transport);
    REQUIRE(transport.octets == whole);
    CHECK(writer.messagesWritten() == 16);
  }
}

TEST_CASE("rows of a region of interest are gathered as if they were packed") {
  constexpr std::size_t chunk = frameMinSize - frameOverhead;
  std::mt19937 random(11);
  for (const std::size_t rowBytes : {std::size_t{1}, std::size_t{3}, std::size_t{900}, chunk, chunk + 5}) {
    for (const std::size_t rows : {std::size_t{1}, std::size_t{2}, std::size_t{700}}) {
      CAPTURE(rowBytes);
      CAPTURE(rows);
      const std::size_t step = rowBytes + 13;
      const Bytes image = ramp(step * rows);
      Bytes packed;
      for (std::size_t row = 0; row < rows; ++row) {
        const auto begin = image.begin() + static_cast<std::ptrdiff_t>(row * step);
        packed.insert(packed.end(), begin, begin + static_cast<std::ptrdiff_t>(rowBytes));
      }
      FrameWriter writer;
      MemoryTransport transport([&] { return std::uniform_int_distribution<std::size_t>(1, 20000)(random); });
      const Bytes head = ramp(50);
      writer.enqueueMessage(head, Payload{nullptr, image.data(), rowBytes, rows, step});
      drain(writer, transport);
      CHECK(transport.octets == expected(head, packed, chunk));
    }
  }
}

TEST_CASE("slices of a body are the body, cut anywhere") {
  constexpr std::size_t chunk = frameMinSize - frameOverhead;
  std::mt19937 random(13);
  for (const std::size_t step : {std::size_t{900}, std::size_t{917}}) {
    const std::size_t rowBytes = 900;
    const std::size_t rows = 50;
    const Bytes image = ramp(step * rows);
    Bytes packed;
    for (std::size_t row = 0; row < rows; ++row) {
      const auto begin = image.begin() + static_cast<std::ptrdiff_t>(row * step);
      packed.insert(packed.end(), begin, begin + static_cast<std::ptrdiff_t>(rowBytes));
    }
    const Payload payload{nullptr, image.data(), rowBytes, rows, step};
    FrameWriter writer;
    MemoryTransport transport([&] { return std::uniform_int_distribution<std::size_t>(1, 9000)(random); });
    Bytes whole;
    for (std::size_t from = 0; from < packed.size();) {
      const std::size_t size =
          std::min(packed.size() - from, std::uniform_int_distribution<std::size_t>(1, 9000)(random));
      const Bytes head = ramp(20);
      writer.enqueueMessage(head, Slice(payload, from, size));
      const auto begin = packed.begin() + static_cast<std::ptrdiff_t>(from);
      const Bytes frames = expected(head, Bytes(begin, begin + static_cast<std::ptrdiff_t>(size)), chunk);
      whole.insert(whole.end(), frames.begin(), frames.end());
      from += size;
    }
    drain(writer, transport);
    CHECK(transport.octets == whole);
  }
}

TEST_CASE("a message's memory is let go when its last octet is out, not before") {
  const Bytes body = ramp(10000);
  bool released = false;
  FrameWriter writer;
  std::size_t limit = 10000;
  MemoryTransport transport([&] { return limit; });
  {
    const std::shared_ptr<const void> owner(body.data(), [&](const void*) { released = true; });
    Payload payload = payloadOf(body);
    payload.owner = owner;
    writer.enqueueMessage(ramp(30), std::move(payload));
  }
  CHECK(writer.writeOnce(transport).bytes == limit);
  CHECK_FALSE(released);
  drain(writer, transport);
  CHECK(released);
}
