// Where a consumer of a stream goes on, without a connection.
#include "amqp/consume/stream_position.hpp"

#include <doctest/doctest.h>

using namespace matmq;
using namespace std::chrono_literals;
using amqp::StreamPosition;

namespace {

struct Fixture {
  explicit Fixture(std::optional<StreamOffset> start = {}, QueueType type = QueueType::stream)
      : options(optionsFor(start, type)) {}
  static ConsumerOptions optionsFor(std::optional<StreamOffset> start, QueueType type) {
    ConsumerOptions options;
    options.queue = QueueOptions{};
    options.queue->name = "s";
    options.queue->type = type;
    options.queue->streamOffset = start;
    return options;
  }
  bool arrive(std::uint64_t tag, std::int64_t offset) { return position.arrived(tag, {{"x-stream-offset", offset}}); }
  FieldValue where() { return position.subscribe(std::chrono::system_clock::time_point(1000s)).at("x-stream-offset"); }

  ConsumerOptions options;
  StreamPosition position{options};
};

FieldValue offset(std::int64_t value) { return value; }
FieldValue text(const char* value) { return std::string(value); }

}  // namespace

TEST_CASE("a stream is read from where the program says, and nothing is said of other queues") {
  CHECK(Fixture().where() == text("next"));
  CHECK(Fixture(StreamPoint::first).where() == text("first"));
  CHECK(Fixture(StreamPoint::last).where() == text("last"));
  CHECK(Fixture(std::uint64_t{7}).where() == offset(7));
  CHECK(Fixture(Timestamp{99}).where() == FieldValue(Timestamp{99}));
  Fixture queue({}, QueueType::classic);
  CHECK(queue.position.subscribe({}).empty());
  CHECK(queue.arrive(1, 5));
  CHECK(queue.arrive(2, 5));
}

TEST_CASE("a stream goes on with the first message that the program is not done with, and passes over the others") {
  Fixture f;
  for (std::uint64_t tag = 1; tag <= 5; ++tag) CHECK(f.arrive(tag, static_cast<std::int64_t>(9 + tag)));
  f.position.settle(2, true);
  f.position.settle(4, false);
  CHECK(f.where() == offset(12));
  f.position.onLost();
  f.position.settle(3, true);  // of the old connection
  CHECK(f.where() == offset(12));
  CHECK(f.arrive(1, 12));
  CHECK_FALSE(f.arrive(2, 13));
  CHECK(f.arrive(3, 14));
  CHECK(f.arrive(4, 15));
  f.position.settle(4, true);
  CHECK(f.where() == offset(16));
}

TEST_CASE("a stream goes on with the first segment of a message that is not settled") {
  Fixture f;
  const std::vector<std::uint64_t> segments{1, 3, 4};
  for (std::uint64_t tag = 1; tag <= 5; ++tag) {
    CHECK(f.arrive(tag, static_cast<std::int64_t>(tag)));
    if (tag == 1 || tag == 3 || tag == 4) f.position.hold(tag);
    if (tag != 1) f.position.settle(tag, true);  // as they are acknowledged to the broker
  }
  CHECK(f.where() == offset(1));
  f.position.join(4, segments);
  CHECK(f.where() == offset(1));
  f.position.onLost();
  CHECK(f.arrive(1, 1));
  CHECK_FALSE(f.arrive(2, 2));
  CHECK(f.arrive(3, 3));
  CHECK(f.arrive(4, 4));
  for (const std::uint64_t tag : segments) f.position.hold(tag);
  f.position.join(4, segments);
  f.position.settle(4, false);
  CHECK(f.where() == offset(6));
}

TEST_CASE("segments of a stream of which nothing becomes do not hold it up") {
  Fixture f;
  CHECK(f.arrive(1, 20));
  f.position.hold(1);
  f.position.drop(std::vector<std::uint64_t>{1});
  CHECK(f.where() == offset(21));
}

TEST_CASE("a stream of which nothing came yet goes on with what came since the first subscription") {
  Fixture f;
  CHECK(f.where() == text("next"));
  CHECK(f.where() == text("next"));  // the first one was not accepted
  f.position.onReady();
  f.position.onLost();
  CHECK(f.where() == FieldValue(Timestamp{990}));
  Fixture first(StreamPoint::first);
  CHECK(first.where() == text("first"));
  first.position.onReady();
  CHECK(first.where() == text("first"));
}

TEST_CASE("a stream that was deleted is read from its first message") {
  Fixture f;
  CHECK(f.arrive(1, 500));
  f.position.restart();
  CHECK(f.where() == text("first"));
  CHECK(f.arrive(1, 0));
}

TEST_CASE("options that a stream cannot have, and those that only a stream has, are refused") {
  Fixture f;
  CHECK_NOTHROW(validate(f.options));
  f.options.ack = AckMode::none;
  CHECK_THROWS_WITH_AS(validate(f.options), doctest::Contains("for ack"), Error);
  f.options.ack = AckMode::manual;
  f.options.prefetch = 0;
  CHECK_THROWS_WITH_AS(validate(f.options), doctest::Contains("for prefetch"), Error);
  Fixture classic(StreamPoint::first, QueueType::classic);
  CHECK_THROWS_WITH_AS(validate(classic.options), doctest::Contains("queue.streamOffset"), Error);
  classic.options.queue->arguments = {{"x-queue-type", std::string("stream")}};
  CHECK_NOTHROW(validate(classic.options));
}
