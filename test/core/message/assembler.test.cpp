// Segments by themselves: what their headers must say, and how messages are put together from them.
#include "message/assembler.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>

#include "amqp/consume/reassembly.hpp"
#include "base/crc32c.hpp"

using namespace matmq;
using namespace std::chrono_literals;
using End = Assembler::End;
using Numbers = std::vector<DeliveryNumber>;

namespace {

std::vector<std::byte> ramp(std::size_t size, unsigned seed = 0) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 + i / 251 + seed);
  return bytes;
}

/// A message as a sender cuts it.
struct Cut {
  Cut(std::string messageId, std::size_t total, std::size_t segmentSize, unsigned seed = 0)
      : id(std::move(messageId)), body(ramp(total, seed)), size(segmentSize), count((total + size - 1) / size) {}

  [[nodiscard]] Segment segment(std::size_t index) const {
    Segment segment{index, count, index * size, body.size(), std::nullopt};
    if (segment.last()) segment.checksum = crc32c(0, body);
    return segment;
  }
  [[nodiscard]] std::size_t bytes(std::size_t index) const { return std::min(size, body.size() - index * size); }

  std::string id;
  std::vector<std::byte> body;
  std::size_t size;
  std::size_t count;
};

struct Fixture {
  explicit Fixture(Assembler::Bounds bounds = Assembler::boundsFor(1'000'000)) : assembler(bounds) {}

  std::shared_ptr<Message> envelope(const std::string& id) {
    auto message = std::make_shared<Message>();
    message->number = ++number;
    if (!id.empty()) message->properties.messageId = id;
    return message;
  }
  /// Feeds one segment as it came; returns its number.
  DeliveryNumber feed(const Cut& cut, std::size_t index) { return feed(cut, index, cut.segment(index)); }
  DeliveryNumber feed(const Cut& cut, std::size_t index, const Segment& segment) {
    const std::size_t size = cut.bytes(index);
    std::byte* const at = assembler.begin(envelope(cut.id), segment, size, now);
    if (at != nullptr) std::memcpy(at, cut.body.data() + index * cut.size, size);
    assembler.finish();
    return number;
  }
  std::vector<Assembler::Ended> ended() { return assembler.takeEnded(); }

  Assembler assembler;
  DeliveryNumber number = 0;
  Assembler::Clock::time_point now{};
};

bool sameBody(const Message& message, const Cut& cut) { return std::ranges::equal(message.body.view, cut.body); }

void checkRefused(const Assembler::Ended& ended, ErrorCode code, const char* words) {
  CHECK(ended.how == End::refused);
  REQUIRE(ended.message);
  REQUIRE(ended.message->error);
  CHECK(ended.message->error->code() == code);
  const std::string what = ended.message->error->what();
  CAPTURE(what);
  CHECK(what.find(words) != std::string::npos);
  CHECK(ended.message->body.size() == 0);
}

FieldTable headersOf(const Segment& segment) {
  FieldTable headers{{"sent-at", std::int64_t{1}}, {"segments", std::string("a program's own")}};
  writeSegment(headers, segment);
  return headers;
}

std::string complaint(const FieldTable& headers, std::uint64_t bodySize) {
  try {
    static_cast<void>(readSegment(headers, bodySize));
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::badSegments);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("CRC32C is that of RFC 3720, whole or in pieces") {
  const std::string digits = "123456789";
  const auto bytes = std::as_bytes(std::span(digits));
  CHECK(crc32c(0, bytes) == 0xE3069283);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    CHECK(crc32c(crc32c(0, bytes.first(cut)), bytes.subspan(cut)) == 0xE3069283);
  }
  // RFC 3720, B.4
  CHECK(crc32c(0, std::vector<std::byte>(32)) == 0x8A9136AA);
  CHECK(crc32c(0, std::vector<std::byte>(32, std::byte{0xFF})) == 0x62A8AB43);
  // Rows of a region of interest, from any byte to any byte.
  const auto image = ramp(10 * 20);
  std::vector<std::byte> packed;
  for (std::size_t row = 0; row < 10; ++row) {
    packed.insert(packed.end(), image.data() + row * 20, image.data() + row * 20 + 7);
  }
  const Payload rows{nullptr, image.data(), 7, 10, 20};
  for (std::size_t from = 0; from < packed.size(); ++from) {
    const std::size_t length = packed.size() - from - from % 3 * (packed.size() - from) / 4;
    CHECK(crc32c(0, Slice(rows, from, length)) == crc32c(0, std::span(packed).subspan(from, length)));
  }
}

TEST_CASE("the headers of a segment say what was written, and are gone when erased") {
  Segment segment{2, 3, 200, 250, 0xFFFFFFFF};
  FieldTable headers = headersOf(segment);
  const auto read = readSegment(headers, 50);
  REQUIRE(read);
  CHECK(read->index == 2);
  CHECK(read->count == 3);
  CHECK(read->offset == 200);
  CHECK(read->total == 250);
  CHECK(read->checksum == 0xFFFFFFFF);
  eraseSegment(headers);
  CHECK(headers.size() == 2);
  CHECK_FALSE(readSegment(headers, 50));
  CHECK_FALSE(readSegment({}, 50));
}

TEST_CASE("headers that are incomplete, lie or overflow are refused by name") {
  const Segment good{1, 3, 100, 250, std::nullopt};
  CHECK(complaint(headersOf(good), 100).empty());
  for (const char* name : {"segment-index", "segment-count", "segment-offset", "segment-total"}) {
    FieldTable headers = headersOf(good);
    headers.erase(name);
    CHECK(complaint(headers, 100).find(name) != std::string::npos);
    headers.insert_or_assign(name, std::string("1"));
    CHECK(complaint(headers, 100).find(name) != std::string::npos);
    headers.insert_or_assign(name, std::int64_t{-1});
    CHECK(complaint(headers, 100).find(name) != std::string::npos);
  }
  const auto lying = [&](Segment segment, std::uint64_t bodySize) {
    return !complaint(headersOf(segment), bodySize).empty();
  };
  CHECK(lying({3, 3, 100, 250, {}}, 100));
  CHECK(lying({0, 1, 0, 250, 1}, 250));
  CHECK(lying({0, 0, 0, 250, {}}, 250));
  CHECK(lying({0, maxSegments + 1, 0, maxSegments + 1, {}}, 1));
  CHECK(lying({1, 3, 100, 250, {}}, 99));
  CHECK(lying({1, 3, 100, 250, {}}, 101));
  CHECK(lying({1, 3, 101, 250, {}}, 100));
  CHECK(lying({1, 3, 100, 300 + 1, {}}, 100));
  CHECK(lying({1, 3, 100, 200, {}}, 100));
  CHECK(lying({1, 3, 100, 250, 7}, 100));
  CHECK(lying({2, 3, 200, 250, {}}, 50));
  CHECK(lying({2, 3, 201, 251, 7}, 50));
  CHECK(lying({2, 3, 200, 250, 7}, 51));
  CHECK(lying({0, 2, 0, 0, {}}, 0));
  CHECK(lying({1, 2, 0, 0, 7}, 0));
  CHECK(lying({1, 2, INT64_MAX, INT64_MAX, 7}, 0));
  CHECK(lying({1, 2, INT64_MAX, INT64_MAX, 7}, UINT64_MAX));
  CHECK(lying({0, maxSegments, 0, INT64_MAX, {}}, INT64_MAX));
  CHECK(lying({0, maxSegments, 0, INT64_MAX, {}}, UINT64_MAX / maxSegments));
  FieldTable headers = headersOf({2, 3, 200, 250, 7});
  headers.insert_or_assign("segment-crc32c", std::int64_t{1} << 32);
  CHECK(complaint(headers, 50).find("segment-crc32c") != std::string::npos);
}

TEST_CASE("segments in any order behind the first make the message, checksum included") {
  std::mt19937 random(3);
  for (const std::size_t total : {std::size_t{2}, std::size_t{1000}, std::size_t{1001}, std::size_t{5000}}) {
    for (int round = 0; round < 30; ++round) {
      Fixture f;
      const Cut cut("a-1", total, total == 2 ? 1 : 500);
      std::vector<std::size_t> order(cut.count);
      std::iota(order.begin(), order.end(), 0);
      if (round > 0) std::shuffle(order.begin() + 1, order.end(), random);
      Numbers byIndex(cut.count);
      for (const std::size_t index : order) {
        CHECK(f.ended().empty());
        byIndex[index] = f.feed(cut, index);
      }
      const auto ended = f.ended();
      REQUIRE(ended.size() == 1);
      CHECK(ended[0].how == End::whole);
      CHECK(sameBody(*ended[0].message, cut));
      CHECK(ended[0].deliveries == byIndex);
      CHECK(ended[0].message->number == f.number);
      CHECK(f.assembler.openMessages() == 0);
      CHECK(f.assembler.openBytes() == 0);
      CHECK(f.assembler.heldDeliveries() == 0);
    }
  }
}

TEST_CASE("messages of several senders are put together side by side") {
  Fixture f;
  const Cut a("a-1", 1000, 100);
  const Cut b("b-1", 990, 110, 5);
  for (std::size_t i = 0; i < 10; ++i) {
    f.feed(a, i);
    if (i < b.count) f.feed(b, i);
  }
  const auto ended = f.ended();
  REQUIRE(ended.size() == 2);
  CHECK(sameBody(*ended[0].message, b));
  CHECK(sameBody(*ended[1].message, a));
}

TEST_CASE("segment 0 once more begins the message anew, cut as before or not") {
  Fixture f;
  const Cut first("a-1", 1000, 100);
  const Cut again("a-1", 1000, 250);
  const Numbers torn{f.feed(first, 0), f.feed(first, 1), f.feed(first, 2)};
  for (std::size_t i = 0; i < again.count; ++i) f.feed(again, i);
  const auto ended = f.ended();
  REQUIRE(ended.size() == 2);
  CHECK(ended[0].how == End::torn);
  CHECK(ended[0].deliveries == torn);
  CHECK(ended[1].how == End::whole);
  CHECK(sameBody(*ended[1].message, again));
  CHECK(ended[1].deliveries == Numbers{4, 5, 6, 7});
}

TEST_CASE("a doubled segment is dropped, and does not write into the message") {
  Fixture f;
  const Cut cut("a-1", 1000, 250);
  f.feed(cut, 0);
  f.feed(cut, 1);
  const auto doubled = f.feed(Cut("a-1", 1000, 250, 99), 1);
  f.feed(cut, 2);
  f.feed(cut, 3);
  const auto ended = f.ended();
  REQUIRE(ended.size() == 2);
  CHECK(ended[0].how == End::doubled);
  CHECK(ended[0].deliveries == Numbers{doubled});
  CHECK(sameBody(*ended[1].message, cut));
}

TEST_CASE("a foreign segment refuses the message with all its deliveries, and the next message is whole") {
  Fixture f;
  const Cut cut("a-1", 1000, 250);
  f.feed(cut, 0);
  f.feed(cut, 1);
  f.feed(Cut("a-1", 1001, 250), 2);
  f.feed(cut, 3);
  auto ended = f.ended();
  REQUIRE(ended.size() == 3);
  checkRefused(ended[0], ErrorCode::badSegments, "segment 2");
  CHECK(ended[0].deliveries == Numbers{1, 2});
  CHECK(ended[1].how == End::refused);
  CHECK(ended[1].deliveries == Numbers{3});
  CHECK_FALSE(ended[1].message);
  CHECK(ended[2].how == End::refused);  // what comes of it later is refused without another word
  CHECK(ended[2].deliveries == Numbers{4});
  CHECK_FALSE(ended[2].message);
  const Cut next("a-2", 1000, 250);
  for (std::size_t i = 0; i < 4; ++i) f.feed(next, i);
  ended = f.ended();
  REQUIRE(ended.size() == 1);
  CHECK(sameBody(*ended[0].message, next));
}

TEST_CASE("a wrong checksum refuses the message") {
  Fixture f;
  const Cut cut("a-1", 1000, 250);
  for (std::size_t i = 0; i < 3; ++i) f.feed(cut, i);
  Segment last = cut.segment(3);
  last.checksum = *last.checksum ^ 1;
  f.feed(cut, 3, last);
  const auto ended = f.ended();
  REQUIRE(ended.size() == 1);
  checkRefused(ended[0], ErrorCode::badSegments, "CRC32C");
  CHECK(ended[0].deliveries == Numbers{1, 2, 3, 4});
}

TEST_CASE("headers that cannot be read refuse the message under way, or the segment alone") {
  Fixture f;
  const Error why(ErrorCode::badSegments, "no segment-count");
  const Cut cut("a-1", 1000, 250);
  f.feed(cut, 0);
  f.assembler.beginBad(f.envelope("a-1"), why);
  f.assembler.finish();
  f.assembler.beginBad(f.envelope("b-1"), why);
  f.assembler.finish();
  f.assembler.beginBad(f.envelope(""), why);
  f.assembler.finish();
  const auto ended = f.ended();
  REQUIRE(ended.size() == 4);
  checkRefused(ended[0], ErrorCode::badSegments, "segment-count");
  CHECK(ended[0].deliveries == Numbers{1});
  CHECK(ended[1].deliveries == Numbers{2});
  checkRefused(ended[2], ErrorCode::badSegments, "segment-count");
  checkRefused(ended[3], ErrorCode::badSegments, "segment-count");
}

TEST_CASE("a segment without message_id is refused") {
  Fixture f;
  CHECK(f.assembler.begin(f.envelope(""), Cut("", 1000, 250).segment(0), 250, f.now) == nullptr);
  f.assembler.finish();
  const auto ended = f.ended();
  REQUIRE(ended.size() == 1);
  checkRefused(ended[0], ErrorCode::badSegments, "message_id");
}

TEST_CASE("a message beyond the limit is refused before memory is taken, once for all of its segments") {
  Fixture f(Assembler::boundsFor(999));
  const Cut cut("a-1", 1000, 250);
  for (std::size_t i = 0; i < 4; ++i) f.feed(cut, i);
  const auto ended = f.ended();
  REQUIRE(ended.size() == 4);
  checkRefused(ended[0], ErrorCode::limitExceeded, "limits.messageBytes");
  for (std::size_t i = 0; i < 4; ++i) CHECK(ended[i].deliveries == Numbers{i + 1});
  CHECK_FALSE(ended[3].message);
  CHECK(f.assembler.openBytes() == 0);
}

TEST_CASE("what is open is bounded by number: the one that has come least far makes room") {
  Assembler::Bounds bounds = Assembler::boundsFor(1000);
  bounds.messages = 3;
  Fixture f(bounds);
  for (const char* id : {"a-1", "b-1", "c-1"}) {
    f.now += 1s;
    f.feed(Cut(id, 1000, 250), 0);
  }
  f.now += 1s;
  f.feed(Cut("a-1", 1000, 250), 1);
  f.now += 1s;
  f.feed(Cut("d-1", 1000, 250), 0);
  const auto ended = f.ended();
  REQUIRE(ended.size() == 1);
  checkRefused(ended[0], ErrorCode::incompleteMessage, "segments 1, 2 and 3");
  CHECK(ended[0].message->properties.messageId == "b-1");
  CHECK(f.assembler.openMessages() == 3);
}

TEST_CASE("announcements push nothing out: what counts is what has arrived") {
  Assembler::Bounds bounds = Assembler::boundsFor(1000);
  bounds.messages = 4;
  Fixture f(bounds);
  const Cut honest("a-1", 1000, 250);
  f.feed(honest, 0);
  CHECK(f.assembler.openBytes() == 250);
  for (int i = 0; i < 100; ++i) {
    f.now += 1s;
    f.feed(Cut("forged-" + std::to_string(i), 1000, 1), 0);
  }
  CHECK(f.assembler.openMessages() == 4);
  CHECK(f.assembler.openBytes() == 253);
  for (std::size_t i = 1; i < 4; ++i) f.feed(honest, i);
  const auto ended = f.ended();
  CHECK(std::ranges::count(ended, End::whole, &Assembler::Ended::how) == 1);
  for (const auto& one : ended) {
    if (one.how == End::refused) CHECK(one.message->properties.messageId != "a-1");
  }
}

TEST_CASE("what has arrived of all open messages is bounded, also by the segments that follow") {
  Assembler::Bounds bounds = Assembler::boundsFor(1000);
  bounds.bytes = 1000;
  Fixture f(bounds);
  const Cut large("a-1", 1000, 250);
  const Cut small("b-1", 600, 100);
  for (std::size_t i = 0; i < 3; ++i) f.feed(large, i);
  for (std::size_t i = 0; i < 2; ++i) f.feed(small, i);
  CHECK(f.ended().empty());
  CHECK(f.assembler.openBytes() == 950);
  f.feed(small, 2);  // one too many: the smaller one goes, whoever asks
  auto ended = f.ended();
  REQUIRE(ended.size() == 2);
  CHECK(ended[0].message->properties.messageId == "b-1");
  CHECK(ended[0].deliveries == Numbers{4, 5});
  CHECK(ended[1].deliveries == Numbers{6});
  CHECK(f.assembler.openBytes() == 750);
  f.feed(large, 3);
  ended = f.ended();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].how == End::whole);
}

TEST_CASE("what counts is how far segments reach, not only their octets") {
  constexpr std::uint64_t MiB = 1024 * 1024;
  Assembler::Bounds bounds = Assembler::boundsFor(64 * MiB);
  bounds.bytes = 80 * MiB;
  Fixture f(bounds);
  const auto begin = [&](const char* id, std::uint64_t index) {
    const Segment segment{index, 64 * 1024, index * 1024, 64 * MiB, std::nullopt};
    std::byte* const at = f.assembler.begin(f.envelope(id), segment, 1024, f.now);
    f.assembler.finish();
    return at != nullptr;
  };
  CHECK(begin("forged-1", 0));
  CHECK(f.assembler.openBytes() == 2 * MiB);
  CHECK(begin("forged-1", 40 * 1024));
  CHECK(f.assembler.openBytes() == 42 * MiB);
  CHECK(begin("forged-1", 0));  // begun anew: the memory is the same, and taken already
  CHECK(f.assembler.openBytes() == 42 * MiB);
  CHECK(begin("forged-2", 0));
  CHECK(f.assembler.openBytes() == 44 * MiB);
  CHECK(begin("forged-2", 63 * 1024));  // there is no room for both
  CHECK(f.assembler.openMessages() == 1);
  CHECK(f.assembler.openBytes() <= 80 * MiB);
}

TEST_CASE("the properties of open messages count") {
  Fixture f(Assembler::boundsFor(1000));
  auto envelope = f.envelope("a-1");
  envelope->properties.headers["x"] = std::string(5000, 'x');
  CHECK(f.assembler.begin(std::move(envelope), Cut("a-1", 1000, 250).segment(0), 250, f.now) != nullptr);
  CHECK(f.assembler.openBytes() > 5000);
}

TEST_CASE("a message for which there is no memory is refused, and the next one is put together") {
  Fixture f(Assembler::boundsFor(UINT64_MAX / 2));
  auto envelope = f.envelope("a-1");
  const Segment first{0, 2, 0, UINT64_MAX / 4, std::nullopt};
  CHECK(f.assembler.begin(std::move(envelope), first, UINT64_MAX / 8 + 1, f.now) == nullptr);
  f.assembler.finish();
  const auto ended = f.ended();
  REQUIRE(ended.size() == 1);
  checkRefused(ended[0], ErrorCode::limitExceeded, "memory");
  CHECK(f.assembler.openMessages() == 0);
  const Cut next("b-1", 1000, 250);
  for (std::size_t i = 0; i < 4; ++i) f.feed(next, i);
  CHECK(f.ended().size() == 1);
}

TEST_CASE("a segment whose message did not begin here is a stray, refused once by name") {
  Fixture f;
  const Cut cut("a-1", 1000, 250);
  f.feed(cut, 1);
  f.feed(cut, 2);
  auto ended = f.ended();
  REQUIRE(ended.size() == 2);
  for (const auto& stray : ended) {
    CHECK(stray.how == End::stray);
    f.assembler.refuseStray(stray, "it is gone");
  }
  CHECK(ended[1].segment.index == 2);
  ended = f.ended();
  REQUIRE(ended.size() == 2);
  checkRefused(ended[0], ErrorCode::incompleteMessage, "segment 0 is missing");
  CHECK_FALSE(ended[1].message);
  for (std::size_t i = 0; i < 4; ++i) f.feed(cut, i);  // sent again, whole
  ended = f.ended();
  REQUIRE(ended.size() == 1);
  CHECK(sameBody(*ended[0].message, cut));
}

TEST_CASE("segments of a message that the program is done with are dropped, until it is sent again") {
  Fixture f;
  const Cut cut("a-1", 1000, 250);
  for (std::size_t i = 0; i < 4; ++i) f.feed(cut, i);
  CHECK(f.ended().size() == 1);
  f.assembler.done("a-1");
  f.feed(cut, 2);
  auto ended = f.ended();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].how == End::doubled);
  for (std::size_t i = 0; i < 4; ++i) f.feed(cut, i);
  ended = f.ended();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].how == End::whole);
}

TEST_CASE("a later message of the same sender shows that an earlier one lacks a segment") {
  Fixture f;
  f.feed(Cut("a-2", 1000, 250), 0);
  f.feed(Cut("b-1", 1000, 250), 0);
  const auto overtakenBy = [&f](const char* id, std::optional<std::uint8_t> priority = std::nullopt) {
    Properties newer;
    newer.priority = priority;
    return f.assembler.overtakenBy(id, [&](const Message& older) { return amqp::inOrder(older, newer); });
  };
  CHECK(overtakenBy("").empty());
  CHECK(overtakenBy("a-1").empty());
  CHECK(overtakenBy("a-2").empty());
  CHECK(overtakenBy("no number").empty());
  CHECK(overtakenBy("a-10") == std::vector<std::string>{"a-2"});
  CHECK(overtakenBy("a-10", 0) == std::vector<std::string>{"a-2"});
  // A queue with priorities lets it pass.
  CHECK(overtakenBy("a-10", 5).empty());
  // Given back, its segments come again one by one.
  auto again = f.envelope("c-1");
  again->redelivered = true;
  const Cut given("c-1", 1000, 250);
  CHECK(f.assembler.begin(std::move(again), given.segment(0), 250, f.now) != nullptr);
  f.assembler.finish();
  CHECK(overtakenBy("c-2").empty());
  f.assembler.giveUp("a-2", "a-10 is here");
  const auto ended = f.ended();
  REQUIRE(ended.size() == 1);
  checkRefused(ended[0], ErrorCode::incompleteMessage, "segments 1, 2 and 3 did not come: a-10 is here");
}

TEST_CASE("an open message that gets no more segments is given up in time") {
  Assembler::Bounds bounds = Assembler::boundsFor(100'000);
  bounds.idle = 10s;
  Fixture f(bounds);
  CHECK_FALSE(f.assembler.expiry());
  const Cut cut("a-1", 20'000, 1000);
  f.feed(cut, 0);
  f.now += 5s;
  f.feed(cut, 1);
  CHECK(f.assembler.expiry() == f.now + 10s);
  f.assembler.expire(f.now + 9s);
  CHECK(f.ended().empty());
  f.assembler.touch(f.now + 1s);
  f.assembler.expire(f.now + 10s);
  CHECK(f.ended().empty());
  f.assembler.expire(f.now + 11s);
  const auto ended = f.ended();
  REQUIRE(ended.size() == 1);
  checkRefused(ended[0], ErrorCode::incompleteMessage, "segments 2, 3, 4, 5, 6, 7, 8 and 11 more");
}

TEST_CASE("a lost connection hands back what was open, with errors, a body under way included") {
  Fixture f;
  const Cut cut("a-1", 1000, 250);
  f.feed(cut, 0);
  REQUIRE(f.assembler.begin(f.envelope("a-1"), cut.segment(1), 250, f.now) != nullptr);
  const auto lost = f.assembler.clear();
  REQUIRE(lost.size() == 1);
  CHECK(lost[0]->error->code() == ErrorCode::incompleteMessage);
  CHECK(f.ended().empty());
  for (std::size_t i = 0; i < 4; ++i) f.feed(cut, i);
  CHECK(f.ended().at(0).how == End::whole);
}
