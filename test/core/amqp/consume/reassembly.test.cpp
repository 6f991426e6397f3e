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
    inbox.beginEpoch(1);
  }

  std::byte* begin(std::uint64_t index) {
    auto envelope = std::make_shared<Message>();
    envelope->id = {++tag, 1};
    envelope->properties.messageId = "a-1";
    return reassembly.begin(std::move(envelope), {index, 3, index * size, 3 * size, std::nullopt}, size);
  }
  std::vector<std::pair<Verdict::Kind, std::uint64_t>> said() {
    std::vector<std::pair<Verdict::Kind, std::uint64_t>> list;
    for (const Verdict& verdict : inbox.takeVerdicts()) list.emplace_back(verdict.kind, verdict.tag);
    return list;
  }

  ConsumerOptions options;
  Inbox inbox{{}, AckMode::manual, [] {}, std::make_shared<Signal>()};
  amqp::StreamPosition position;
  Reassembly reassembly;
  std::uint64_t tag = 0;
};

using Said = std::vector<std::pair<Verdict::Kind, std::uint64_t>>;

}  // namespace

TEST_CASE("nothing is given up, and no verdict said, while the body of a segment comes in") {
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
  CHECK(f.said() == Said{{Verdict::Kind::ack, 3}});
  f.reassembly.pump(frames, false);
  CHECK(f.said() == Said{{Verdict::Kind::reject, 1}, {Verdict::Kind::reject, 2}});
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
  options.maxMessageBytes = 1000;
  options.prefetch = 1;
  Fixture f(bounds, options);
  REQUIRE(f.reassembly.window() == 2);
  auto other = std::make_shared<Message>();
  other->id = {++f.tag, 1};
  f.inbox.push(std::move(other));
  CHECK(f.begin(0) != nullptr);
  f.reassembly.finish();
  CHECK(f.inbox.outstanding() == 2);
  amqp::Bytes frames;
  f.reassembly.pump(frames, false);
  CHECK(f.said().empty());
  CHECK(f.inbox.settle({1, 1}, Verdict::Kind::ack));
  CHECK(f.inbox.outstanding() == 1);
  f.reassembly.pump(frames, false);
  CHECK(f.said() == Said{{Verdict::Kind::ack, 1}, {Verdict::Kind::reject, 2}});
  CHECK(f.inbox.outstanding() == 0);
}
