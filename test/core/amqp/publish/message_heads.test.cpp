// The frames before a body: as if each message were encoded by itself, whatever was kept of the one before.
#include "amqp/publish/message_heads.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace matmq;
using namespace matmq::amqp;

namespace {

struct Fixture {
  explicit Fixture(std::uint32_t frameMax = 131072) {
    options.exchange = "frames";
    heads.setFrameMax(frameMax);
    alone.setFrameMax(frameMax);
  }

  [[nodiscard]] bool asAlone(const QueuedMessage& queued, const std::string& key, std::uint64_t size) {
    return heads.of(queued, key, size) == alone.encode(key, wireProperties(queued, sender), size);
  }

  ProducerOptions options;
  Sender sender{"camera", "0123456789abcdef", true};
  MessageHeads heads{options, sender};
  MessageHeads alone{options, sender};  ///< keeps nothing: it is asked for encode() only
};

QueuedMessage message(std::uint64_t sequence, std::optional<Properties> stated = std::nullopt) {
  QueuedMessage queued;
  queued.sequence = sequence;
  queued.acceptedAt = static_cast<std::int64_t>(sequence * 1'000'003);
  if (stated) queued.stated = std::make_unique<const Properties>(std::move(*stated));
  return queued;
}

Properties withHeader(FieldValue value) {
  Properties properties;
  properties.headers.insert_or_assign("z", std::move(value));
  return properties;
}

}  // namespace

TEST_CASE("message heads: number, time and size of the body are each message's own") {
  Fixture f;
  for (const std::uint64_t sequence :
       {1ULL, 2ULL, 3ULL, 9ULL, 10ULL, 99ULL, 100ULL, 123456789ULL, 18446744073709551615ULL}) {
    CAPTURE(sequence);
    CHECK(f.asAlone(message(sequence), "key", sequence % 1000));
  }
}

TEST_CASE("message heads: another type, routing key or property is written") {
  Fixture f;
  Properties full;
  full.contentType = "image/raw";
  full.contentEncoding = "none";
  full.correlationId = full.replyTo = full.expiration = full.userId = "x";
  full.timestamp = 7;
  full.priority = std::uint8_t{3};
  full.headers = {{"mat-rows", std::int64_t{480}}, {"mat-type", "CV_8UC3"}, {"zebra", true}};
  std::uint64_t sequence = 0;
  const auto twice = [&](const std::function<QueuedMessage(std::uint64_t)>& make, const std::string& key) {
    for (int i = 0; i < 3; ++i) {
      ++sequence;
      CHECK(f.asAlone(make(sequence), key, sequence));
    }
  };
  twice([](std::uint64_t n) { return message(n); }, "key");
  twice([](std::uint64_t n) { return message(n); }, "another");
  twice([&](std::uint64_t n) { return message(n, full); }, "another");
  full.headers["mat-rows"] = std::int64_t{481};
  twice([&](std::uint64_t n) { return message(n, full); }, "another");
  full.userId.reset();
  twice([&](std::uint64_t n) { return message(n, full); }, "another");
  full.timestamp = 8;
  twice([&](std::uint64_t n) { return message(n, full); }, "another");
  const auto text = [](std::uint64_t n) {
    QueuedMessage queued = message(n);
    queued.type = MessageType::text;
    return queued;
  };
  twice(text, "another");
  for (int i = 0; i < 4; ++i) {  // in turn
    CHECK(f.asAlone(message(++sequence), "key", 1));
    CHECK(f.asAlone(message(++sequence, full), "key", 1));
  }
}

TEST_CASE("message heads: values that are equal and have other octets are written") {
  Fixture f;
  CHECK(f.asAlone(message(1, withHeader(0.0)), "key", 1));
  CHECK(f.asAlone(message(2, withHeader(0.0)), "key", 1));
  CHECK(f.asAlone(message(3, withHeader(-0.0)), "key", 1));
  CHECK(f.asAlone(message(4, withHeader(std::int64_t{1})), "key", 1));
  CHECK(f.asAlone(message(5, withHeader(std::int64_t{1})), "key", 1));
  CHECK(f.asAlone(message(6, withHeader(true)), "key", 1));
}

TEST_CASE("message heads: sent-at is ours, also where the program or a text has something like it") {
  Fixture f;
  Properties properties;
  properties.headers = {{"a", std::string("\x07sent-atl\0\0\0\0\0\0\0\1", 17)}, {"sent-at", std::int64_t{5}}};
  for (std::uint64_t sequence = 1; sequence < 5; ++sequence) CHECK(f.asAlone(message(sequence, properties), "key", 1));
}

TEST_CASE("message heads: a longer number does not exceed the frame, and what does is refused") {
  Fixture f(frameMinSize);
  bool refused = false;
  bool fitted = false;
  for (std::size_t length = 3800; length < 4000; ++length) {
    CAPTURE(length);
    const Properties properties = withHeader(std::string(length, 'x'));
    for (const std::uint64_t sequence : {1ULL, 2ULL, 3ULL, 12345678901234567890ULL}) {
      bool fits = true;
      try {
        static_cast<void>(f.alone.encode("key", wireProperties(message(sequence, properties), f.sender), 1));
      } catch (const Error&) {
        fits = false;
      }
      (fits ? fitted : refused) = true;
      if (fits) {
        CHECK(f.asAlone(message(sequence, properties), "key", 1));
      } else {
        CHECK_THROWS_AS(static_cast<void>(f.heads.of(message(sequence, properties), "key", 1)), Error);
      }
    }
  }
  CHECK(fitted);
  CHECK(refused);
}

TEST_CASE("message heads: a segment between two messages changes nothing") {
  Fixture f;
  CHECK(f.asAlone(message(1), "key", 1));
  CHECK(f.asAlone(message(2), "key", 1));
  static_cast<void>(f.heads.encode("a-much-longer-routing-key", withHeader(std::int64_t{1}), 1));
  CHECK(f.asAlone(message(3), "key", 1));
}
