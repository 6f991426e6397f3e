// What a consumer tells the broker of segments, without a connection.
#include "amqp/consume/reassembly.hpp"

#include <doctest/doctest.h>

using namespace matmq;
using namespace std::chrono_literals;
using amqp::Reassembly;

namespace {

/// Two segments of three, four bytes each.
constexpr std::uint64_t size = 4;

struct Fixture {
  explicit Fixture(Assembler::Bounds bounds, ConsumerOptions own = {})
      : options(std::move(own)), position(options), reassembly(options, inbox, position, bounds) {
    CHECK(reassembly.widen(options.prefetch.value_or(16)) != 0);
    lane = inbox.openLane();
    reassembly.beginLane(lane);
  }

  std::byte* begin(std::uint64_t index) {
    auto envelope = std::make_shared<Message>();
    envelope->number = inbox.nextNumber();
    envelope->deliveryTag = ++tag;
    envelope->properties.messageId = "a-1";
    return reassembly.begin(std::move(envelope), {index, 3, index * size, 3 * size, std::nullopt}, size);
  }
  std::vector<std::pair<Acknowledgement::Kind, std::uint64_t>> said() {
    std::vector<std::pair<Acknowledgement::Kind, std::uint64_t>> list;
    for (const Acknowledgement& ack : inbox.takeAcknowledgements()) list.emplace_back(ack.kind, ack.tag);
    return list;
  }

  ConsumerOptions options;
  Inbox inbox{{}, AckMode::manual, [] {}, std::make_shared<Signal>()};
  amqp::StreamPosition position;
  Reassembly reassembly;
  LaneId lane = 0;
  std::uint64_t tag = 0;
};

using Said = std::vector<std::pair<Acknowledgement::Kind, std::uint64_t>>;

}  // namespace

TEST_CASE("nothing is given up, and nothing acknowledged, while the body of a segment comes in") {
  Assembler::Bounds bounds = Assembler::boundsFor(1000);
  bounds.idle = 0ms;  // everything is late at once
  Fixture f(bounds);
  amqp::Bytes frames;
  for (std::uint64_t index = 0; index < 2; ++index) {
    CHECK(f.begin(index) != nullptr);
    f.reassembly.finish();
  }
  CHECK(f.reassembly.deadline());
  CHECK(f.begin(1) == nullptr);  // doubled
  CHECK_FALSE(f.reassembly.deadline());
  f.reassembly.pump(frames, false);
  CHECK(f.said().empty());
  f.reassembly.finish();
  CHECK(f.said() == Said{{Acknowledgement::Kind::ack, 3}});
  f.reassembly.pump(frames, false);
  CHECK(f.said() == Said{{Acknowledgement::Kind::reject, 1}, {Acknowledgement::Kind::reject, 2}});
  const auto told = f.inbox.take(10, 1000);
  REQUIRE(told.size() == 1);
  CHECK(told[0]->error->code() == ErrorCode::incompleteMessage);
}

TEST_CASE("nobody is late while what the program holds fills a fixed window") {
  Assembler::Bounds bounds = Assembler::boundsFor(1000);
  bounds.idle = 0ms;
  ConsumerOptions options;
  options.queue = QueueOptions{};
  options.queue->type = QueueType::quorum;
  options.limits.messageBytes = 1000;
  options.prefetch = 1;
  Fixture f(bounds, options);
  REQUIRE(f.reassembly.widen(1) == 2);
  f.inbox.push(f.lane, ++f.tag, std::make_shared<Message>());
  CHECK(f.begin(0) != nullptr);
  f.reassembly.finish();
  CHECK(f.inbox.outstanding() == 2);
  amqp::Bytes frames;
  f.reassembly.pump(frames, false);
  CHECK(f.said().empty());
  CHECK(f.inbox.settle(1, Acknowledgement::Kind::ack));
  CHECK(f.inbox.outstanding() == 1);
  f.reassembly.pump(frames, false);
  CHECK(f.said() == Said{{Acknowledgement::Kind::ack, 1}, {Acknowledgement::Kind::reject, 2}});
  CHECK(f.inbox.outstanding() == 0);
}
