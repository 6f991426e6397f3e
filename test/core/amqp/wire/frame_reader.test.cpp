// The reader's frames, however the socket delivers the octets.
#include "amqp/wire/frame_reader.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <matmq/error.hpp>
#include <random>
#include <string>

using namespace matmq;
using namespace matmq::amqp;

namespace {

using Octets = std::vector<std::byte>;

/// Gives as many octets a read as `limit` says.
class MemoryTransport final : public net::Transport {
 public:
  MemoryTransport(Octets octets, std::function<std::size_t()> limit)
      : octets_(std::move(octets)), limit_(std::move(limit)) {}
  net::IoResult read(std::span<const iovec> into) noexcept override {
    std::size_t left = std::min(limit_(), octets_.size() - at_);
    if (left == 0) return {net::IoResult::Status::ended, 0, 0};
    std::size_t given = 0;
    for (const iovec& piece : into) {
      const std::size_t n = std::min(left, piece.iov_len);
      std::copy_n(octets_.begin() + static_cast<std::ptrdiff_t>(at_), n, static_cast<std::byte*>(piece.iov_base));
      at_ += n;
      given += n;
      left -= n;
    }
    return {net::IoResult::Status::ok, given, 0};
  }
  net::IoResult write(std::span<const iovec>) noexcept override { return {net::IoResult::Status::wouldBlock, 0, 0}; }
  [[nodiscard]] int fd() const noexcept override { return -1; }

 private:
  Octets octets_;
  std::size_t at_ = 0;
  std::function<std::size_t()> limit_;
};

/// Writes down what it is told; takes bodies of a known size together.
class Recorder final : public FrameSink {
 public:
  void onFrame(const FrameHeader& frame, std::span<const std::byte> payload) override {
    log +=
        std::to_string(frame.type) + ":" + std::to_string(frame.channel) + ":" + std::to_string(payload.size()) + " ";
    frames.insert(frames.end(), payload.begin(), payload.end());
  }
  BodySpace bodySpace(std::uint16_t, std::uint32_t size) override {
    const std::size_t at = body.size();
    body.resize(at + size);
    return {body.data() + at, more};
  }
  void onBodyFrame(std::uint16_t channel, std::uint32_t size) override {
    log += "3:" + std::to_string(channel) + ":" + std::to_string(size) + " ";
  }
  std::string log;
  Octets frames;
  Octets body;
  bool more = true;
};

void append(Octets& out, std::uint8_t type, std::uint16_t channel, std::size_t size, unsigned seed) {
  Octets frame(frameHeaderSize);
  putFrameHeader(frame.data(), type, channel, static_cast<std::uint32_t>(size));
  for (std::size_t i = 0; i < size; ++i) frame.push_back(static_cast<std::byte>(i * 7 + seed));
  frame.push_back(frameEnd);
  out.insert(out.end(), frame.begin(), frame.end());
}

/// Reads everything; returns what the reader threw.
std::string readAll(FrameReader& reader, MemoryTransport& transport, FrameSink& sink) {
  try {
    while (reader.readOnce(transport, sink).status == net::IoResult::Status::ok) {
    }
    return "";
  } catch (const Error& error) {
    return std::string(error.codeName());
  }
}

Octets mixedTraffic() {
  Octets octets;
  for (unsigned i = 0; i < 12; ++i) {
    append(octets, frameMethod, 1, 20 + i, i);
    append(octets, frameHeader, 1, 30, i);
    append(octets, frameBody, 1, i * 11'000 % 131'064, i);
    append(octets, frameHeartbeat, 0, 0, 0);
    append(octets, frameBody, 1, 131'064, i);
  }
  return octets;
}

}  // namespace

TEST_CASE("frames are the same wherever the socket cuts the stream") {
  const Octets octets = mixedTraffic();
  Recorder whole;
  FrameReader reader;
  reader.setFrameMax(131'072);
  MemoryTransport atOnce(octets, [] { return SIZE_MAX; });
  REQUIRE(readAll(reader, atOnce, whole).empty());
  REQUIRE(whole.body.size() > 12 * 131'064U);
  CHECK(reader.bytesRead() == octets.size());

  std::mt19937 random(3);
  for (const std::size_t most : {std::size_t{7}, std::size_t{500}, std::size_t{70'000}}) {
    for (const bool more :
         {true, false}) {  // whether the sink says that a body goes on steers how far the reader reads
      CAPTURE(most);
      CAPTURE(more);
      Recorder cut;
      cut.more = more;
      FrameReader again;
      again.setFrameMax(131'072);
      MemoryTransport pieces(octets, [&] { return std::uniform_int_distribution<std::size_t>(1, most)(random); });
      REQUIRE(readAll(again, pieces, cut).empty());
      CHECK(cut.log == whole.log);
      CHECK(cut.frames == whole.frames);
      CHECK(cut.body == whole.body);
    }
  }
}

TEST_CASE("one octet at a time is enough") {
  Octets octets;
  append(octets, frameMethod, 1, 10, 1);
  append(octets, frameBody, 1, 300, 2);
  append(octets, frameHeartbeat, 0, 0, 0);
  Recorder recorder;
  FrameReader reader;
  MemoryTransport transport(octets, [] { return std::size_t{1}; });
  CHECK(readAll(reader, transport, recorder).empty());
  CHECK(recorder.log == "1:1:10 3:1:300 8:0:0 ");
}

TEST_CASE("a frame larger than negotiated is a protocol error, before memory is taken for it") {
  Octets octets;
  append(octets, frameMethod, 1, frameMinSize, 1);
  Recorder recorder;
  FrameReader reader;
  MemoryTransport transport(octets, [] { return std::size_t{7}; });
  CHECK(readAll(reader, transport, recorder) == "PROTOCOL_ERROR");
}

TEST_CASE("a wrong end octet, an unknown frame type and plain garbage are protocol errors") {
  Octets wrongEnd;
  append(wrongEnd, frameMethod, 1, 5, 1);
  wrongEnd.back() = std::byte{0};
  Octets wrongBodyEnd;
  append(wrongBodyEnd, frameBody, 1, 5, 1);
  wrongBodyEnd.back() = std::byte{0};
  Octets unknownType;
  append(unknownType, 4, 1, 5, 1);
  Octets http;
  for (const char c : std::string("HTTP/1.1 400 Bad Request\r\n")) http.push_back(static_cast<std::byte>(c));
  for (const Octets& octets : {wrongEnd, wrongBodyEnd, unknownType, http}) {
    Recorder recorder;
    FrameReader reader;
    MemoryTransport transport(octets, [] { return SIZE_MAX; });
    CHECK(readAll(reader, transport, recorder) == "PROTOCOL_ERROR");
  }
}
