// The reader's frames, however the socket delivers the octets.
#include "amqp/wire/frame_reader.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <matmq/error.hpp>
#include <random>
#include <string>

#include "base/body_pool.hpp"

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
    mostVectors = std::max(mostVectors, into.size());
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
  std::size_t mostVectors = 0;  ///< that a read asked for

 private:
  Octets octets_;
  std::size_t at_ = 0;
  std::function<std::size_t()> limit_;
};

/// Writes down what it is told; takes all bodies into one buffer.
class Recorder final : public FrameSink {
 public:
  explicit Recorder(std::size_t most = std::size_t{16} << 20) : buffer_(most) {}
  void onFrame(const FrameHeader& frame, std::span<const std::byte> payload) override {
    log +=
        std::to_string(frame.type) + ":" + std::to_string(frame.channel) + ":" + std::to_string(payload.size()) + " ";
    frames.insert(frames.end(), payload.begin(), payload.end());
  }
  BodySpace bodySpace(std::uint16_t, std::uint32_t size) override {
    const std::size_t at = taken_;
    taken_ += size;
    return {buffer_.data() + at, left};
  }
  void onBodyFrame(std::uint16_t channel, std::uint32_t size) override {
    log += "3:" + std::to_string(channel) + ":" + std::to_string(size) + " ";
  }
  [[nodiscard]] Octets body() const { return {buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(taken_)}; }
  std::string log;
  Octets frames;
  std::uint64_t left = 0;  ///< what it says to follow in later frames, true or not

 private:
  Octets buffer_;
  std::size_t taken_ = 0;
};

/// Takes each body into memory of its own, and the memory that it is offered if `takes` says so, as a consumer does.
class Bodies final : public FrameSink {
 public:
  void onFrame(const FrameHeader& frame, std::span<const std::byte> payload) override {
    if (frame.type == frameHeader) {
      const std::uint32_t size = getU32(payload.data());
      taken = takes && offered_ && offeredSize_ == size;
      if (taken) ++inPlace;
      memory_ = taken ? std::move(offered_) : body_pool::allocate(size);
      offered_.reset();
    } else {
      frames.insert(frames.end(), payload.begin(), payload.end());
    }
  }
  void expectBody(std::shared_ptr<std::byte> memory, std::uint32_t size) override {
    offered_ = std::move(memory);
    offeredSize_ = size;
  }
  BodySpace bodySpace(std::uint16_t, std::uint32_t) override { return {memory_.get(), 0}; }
  void onBodyFrame(std::uint16_t, std::uint32_t size) override {
    bodies.emplace_back(memory_.get(), memory_.get() + size);
    kept_.push_back(std::move(memory_));  // what comes later must not be written there
  }
  Octets frames;
  std::vector<Octets> bodies;
  bool takes = true;
  bool taken = false;
  int inPlace = 0;

 private:
  std::shared_ptr<std::byte> offered_;
  std::uint32_t offeredSize_ = 0;
  std::shared_ptr<std::byte> memory_;
  std::vector<std::shared_ptr<std::byte>> kept_;
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
  REQUIRE(whole.body().size() > 12 * 131'064U);
  CHECK(reader.bytesRead() == octets.size());

  std::mt19937 random(3);
  for (const std::size_t most : {std::size_t{7}, std::size_t{500}, std::size_t{70'000}}) {
    for (const std::uint64_t left : {0, 100, 300'000}) {  // what the sink says to follow steers where the reader reads
      CAPTURE(most);
      CAPTURE(left);
      Recorder cut;
      cut.left = left;
      FrameReader again;
      again.setFrameMax(131'072);
      MemoryTransport pieces(octets, [&] { return std::uniform_int_distribution<std::size_t>(1, most)(random); });
      REQUIRE(readAll(again, pieces, cut).empty());
      CHECK(cut.log == whole.log);
      CHECK(cut.frames == whole.frames);
      CHECK(cut.body() == whole.body());
    }
  }
}

namespace {

constexpr std::size_t methodSize = 60;

/// A message: its method, a header that says the size of its body, the body.
void appendMessage(Octets& out, std::uint32_t size, unsigned seed, std::size_t method = methodSize) {
  append(out, frameMethod, 1, method, seed);
  const std::size_t header = out.size();
  append(out, frameHeader, 1, 200, seed);
  putU32(out.data() + header + frameHeaderSize, size);
  append(out, frameBody, 1, size, seed);
}

/// How the socket may cut the stream.
std::vector<std::function<std::size_t()>> waysToCut() {
  const auto random = std::make_shared<std::mt19937>(5);
  std::vector<std::function<std::size_t()>> ways{[] { return SIZE_MAX; }};
  for (const std::size_t most : {std::size_t{60}, std::size_t{900}, std::size_t{30'000}, std::size_t{200'000}}) {
    ways.emplace_back([random, most] { return std::uniform_int_distribution<std::size_t>(1, most)(*random); });
  }
  return ways;
}

void checkBodies(const Octets& octets, const std::vector<std::uint32_t>& sizes) {
  Octets frames;
  for (const auto& cut : waysToCut()) {
    for (const bool takes : {true, false}) {
      Bodies sink;
      sink.takes = takes;
      FrameReader reader;
      reader.setFrameMax(131'072);
      MemoryTransport transport(octets, cut);
      REQUIRE(readAll(reader, transport, sink).empty());
      REQUIRE(sink.bodies.size() == sizes.size());
      for (std::size_t i = 0; i < sizes.size(); ++i) {
        Octets expected;
        append(expected, frameBody, 1, sizes[i], static_cast<unsigned>(i));
        expected.erase(expected.begin(), expected.begin() + frameHeaderSize);
        expected.pop_back();
        CHECK(sink.bodies[i] == expected);
      }
      if (frames.empty()) frames = sink.frames;
      CHECK(sink.frames == frames);
    }
  }
}

}  // namespace

TEST_CASE("the bodies of a stream of equal messages are read into their places") {
  Octets octets;
  for (unsigned i = 0; i < 60; ++i) appendMessage(octets, 22'000, i);
  checkBodies(octets, std::vector<std::uint32_t>(60, 22'000));
  Bodies sink;
  FrameReader reader;
  reader.setFrameMax(131'072);
  MemoryTransport transport(octets, [] { return SIZE_MAX; });
  REQUIRE(readAll(reader, transport, sink).empty());
  CHECK(sink.inPlace >= 50);  // but for the first ones
}

TEST_CASE("a stream that turns out to be another one is read as it is") {
  std::vector<std::uint32_t> sizes;
  Octets octets;
  const auto add = [&](std::uint32_t size, std::size_t method = methodSize) {
    appendMessage(octets, size, static_cast<unsigned>(sizes.size()), method);
    sizes.push_back(size);
  };
  const auto stream = [&](int count) {
    for (int i = 0; i < count; ++i) add(22'000);
  };
  stream(8);
  SUBCASE("a smaller body") { add(21'999); }
  SUBCASE("a larger body") { add(22'001); }
  SUBCASE("a much larger body") { add(120'000); }
  SUBCASE("no more than an octet") { add(1); }
  SUBCASE("a method that is an octet longer") { add(22'000, methodSize + 1); }
  SUBCASE("a method that is an octet shorter") { add(22'000, methodSize - 1); }
  SUBCASE("a frame between messages") { append(octets, frameHeartbeat, 0, 0, 0); }
  SUBCASE("a message without a body frame") { append(octets, frameMethod, 1, methodSize, 1); }
  SUBCASE("other sizes all the time") {
    std::mt19937 random(11);
    for (int i = 0; i < 20; ++i) {
      stream(static_cast<int>(random() % 4));
      add(static_cast<std::uint32_t>(2'000 + random() % 60'000));
    }
  }
  stream(8);
  checkBodies(octets, sizes);
}

TEST_CASE("a large body may come in the smallest frames, and a read may end anywhere in them") {
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{15}, std::size_t{500}, std::size_t{2'048}, std::size_t{9'000}}) {
    CAPTURE(size);
    const std::size_t frames = std::max<std::size_t>(20, 120'000 / size);
    Octets octets;
    for (std::size_t i = 0; i < frames; ++i) append(octets, frameBody, 1, size, static_cast<unsigned>(i));
    for (const auto& cut : waysToCut()) {
      Recorder recorder;
      recorder.left = 600'000;
      FrameReader reader;
      reader.setFrameMax(131'072);
      // The first read ends behind a frame's header: the place of all that follows is known then.
      bool first = true;
      MemoryTransport transport(octets, [&] { return std::exchange(first, false) ? frameHeaderSize : cut(); });
      REQUIRE(readAll(reader, transport, recorder).empty());
      CHECK(recorder.body().size() == frames * size);
      CHECK(transport.mostVectors <= 300);
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
