// The consumer's queue by itself: order, bounds, acknowledgements.
#include "queue/inbox.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace matmq;

namespace {

struct Fixture {
  explicit Fixture(HighWaterMark mark = {}, AckMode ack = AckMode::manual)
      : inbox(
            mark, ack, [this] { ++wakes; }, signal) {
    inbox.beginEpoch(1);
  }
  void deliver(std::uint64_t tag, std::size_t size = 1, std::uint64_t epoch = 1) {
    auto message = std::make_shared<Message>();
    message->id = {tag, epoch};
    message->body = copyBytes(std::string(size, 'x'));
    inbox.push(std::move(message));
  }
  std::vector<std::uint64_t> take(std::size_t messages = 100, std::size_t bytes = 1'000'000) {
    std::vector<std::uint64_t> tags;
    for (const auto& message : inbox.take(messages, bytes)) tags.push_back(message->id.tag);
    return tags;
  }
  std::shared_ptr<Signal> signal = std::make_shared<Signal>();
  int wakes = 0;
  Inbox inbox;
};

using Tags = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("messages are taken in order, up to a number and a size, but at least one") {
  Fixture f;
  for (std::uint64_t tag = 1; tag <= 5; ++tag) f.deliver(tag, 100);
  CHECK(f.take(2) == Tags{1, 2});
  CHECK(f.take(10, 10) == Tags{3});
  CHECK(f.take(10, 250) == Tags{4, 5});
  CHECK(f.take().empty());
}

TEST_CASE("the inbox is full by count or by bytes") {
  Fixture count({2, 1000});
  count.deliver(1);
  CHECK_FALSE(count.inbox.full());
  count.deliver(2);
  CHECK(count.inbox.full());
  Fixture bytes({100, 1000});
  bytes.deliver(1, 5000);
  CHECK(bytes.inbox.full());
  CHECK(bytes.take() == Tags{1});
  CHECK_FALSE(bytes.inbox.full());
}

TEST_CASE("one wake until the program has found the inbox empty") {
  Fixture f;
  f.deliver(1);
  f.deliver(2);
  CHECK(f.wakes == 1);
  CHECK(f.take(1) == Tags{1});
  f.deliver(3);
  CHECK(f.wakes == 1);
  CHECK(f.take() == Tags{2, 3});
  f.deliver(4);
  CHECK(f.wakes == 2);
}

TEST_CASE("acknowledging up to a message says it once for all, and twice is false") {
  Fixture f;
  for (std::uint64_t tag = 1; tag <= 4; ++tag) f.deliver(tag);
  CHECK(f.inbox.settle({1, 1}, Verdict::Kind::ackUpTo));
  CHECK(f.inbox.settle({3, 1}, Verdict::Kind::ackUpTo));
  CHECK_FALSE(f.inbox.settle({2, 1}, Verdict::Kind::ack));
  CHECK(f.inbox.settle({4, 1}, Verdict::Kind::requeue));
  CHECK_FALSE(f.inbox.settle({4, 1}, Verdict::Kind::ack));
  CHECK_FALSE(f.inbox.settle({9, 1}, Verdict::Kind::ack));
  const auto verdicts = f.inbox.takeVerdicts();
  REQUIRE(verdicts.size() == 2);
  CHECK(verdicts[0].tag == 3);
  CHECK(verdicts[1].kind == Verdict::Kind::requeue);
  ConsumerStats stats;
  f.inbox.fillStats(stats);
  CHECK(stats.acknowledged == 3);
  CHECK(stats.rejected == 1);
}

TEST_CASE("a new connection forgets deliveries and acknowledgements of the old one") {
  Fixture f;
  f.deliver(1);
  f.deliver(2);
  CHECK(f.take(1) == Tags{1});
  f.inbox.forgetAfter(0);
  f.inbox.beginEpoch(2);
  CHECK(f.take().empty());
  CHECK_FALSE(f.inbox.settle({1, 1}, Verdict::Kind::ack));
  CHECK(f.inbox.takeVerdicts().empty());
  f.deliver(1, 1, 2);
  CHECK(f.inbox.settle({1, 2}, Verdict::Kind::ack));
}

TEST_CASE("what the broker does not deliver again is kept when the connection is lost") {
  Fixture f({}, AckMode::none);
  f.deliver(1);
  f.inbox.beginEpoch(2);
  CHECK(f.take() == Tags{1});
  CHECK_FALSE(f.inbox.settle({1, 1}, Verdict::Kind::ack));
}

TEST_CASE("what came before the queue was deleted outlives every later connection, what came after it does not") {
  Fixture f;
  f.deliver(1);
  f.inbox.beginEpoch(2);
  f.deliver(7, 1, 2);
  f.inbox.forgetAfter(1);
  f.inbox.beginEpoch(3);
  f.deliver(9, 1, 3);
  f.inbox.forgetAfter(1);
  CHECK(f.take() == Tags{1});
}

TEST_CASE("what was refused is told, though the connection was lost before the program came for it") {
  Fixture f;
  const auto refused = [](std::uint64_t tag) {
    auto message = std::make_shared<Message>();
    message->id = {tag, 1};
    message->error = Error(ErrorCode::limitExceeded, "too large");
    return message;
  };
  f.deliver(1, 100);
  f.inbox.refuse(refused(2));
  f.deliver(3, 100);
  f.inbox.hold();
  f.inbox.letGo(std::vector<std::uint64_t>{4}, Verdict::Kind::reject);
  f.inbox.tell(refused(4));
  f.deliver(5, 100);
  f.inbox.beginEpoch(2);  // as when it is lost
  f.inbox.forgetAfter(0);
  f.inbox.beginEpoch(3);
  f.deliver(1, 7, 3);
  ConsumerStats stats;
  f.inbox.fillStats(stats);
  CHECK(stats.inboxMessages == 3);
  CHECK(stats.inboxBytes == 7);
  const auto messages = f.inbox.take(100, 1'000'000);
  REQUIRE(messages.size() == 3);
  CHECK(messages[0]->error);
  CHECK(messages[1]->error);
  CHECK_FALSE(messages[2]->error);
  CHECK(f.inbox.settle({1, 3}, Verdict::Kind::ack));
}

TEST_CASE("headers count against the bound by bytes as bodies do") {
  Fixture f({100, 1000});
  auto message = std::make_shared<Message>();
  message->id = {1, 1};
  message->encodedProperties.assign(1000, 'h');
  f.inbox.push(std::move(message));
  CHECK(f.inbox.full());
  CHECK(f.take() == Tags{1});
  CHECK_FALSE(f.inbox.full());
  ConsumerStats stats;
  f.inbox.fillStats(stats);
  CHECK(stats.inboxBytes == 0);
}

TEST_CASE("headers that are larger in memory than on the wire count by what they take") {
  Fixture f({1000, 1'000'000});
  auto message = std::make_shared<Message>();
  message->id = {1, 1};
  for (int i = 0; i < 10'000; ++i) message->properties.headers.emplace(std::to_string(i), std::int64_t{i});
  f.inbox.push(std::move(message));
  CHECK(f.inbox.full());
  CHECK(f.take() == Tags{1});
  CHECK_FALSE(f.inbox.full());
}

TEST_CASE("a refused body is told to the broker and to the program") {
  Fixture f;
  auto message = std::make_shared<Message>();
  message->id = {1, 1};
  message->error = Error(ErrorCode::limitExceeded, "too large");
  f.inbox.refuse(std::move(message));
  const auto verdicts = f.inbox.takeVerdicts();
  REQUIRE(verdicts.size() == 1);
  CHECK(verdicts[0].kind == Verdict::Kind::reject);
  CHECK(f.take() == Tags{1});
  f.deliver(2);
  CHECK(f.inbox.settle({2, 1}, Verdict::Kind::ackUpTo));
}

TEST_CASE("a message of several deliveries is settled as one, and nobody settles its parts before") {
  Fixture f;
  // 1 and 3 are parts of the message that 5 completes; 2 and 4 are messages of others; 6 is a part of one still open.
  f.inbox.hold();
  f.deliver(2);
  f.inbox.hold();
  f.deliver(4);
  f.inbox.hold();
  auto whole = std::make_shared<Message>();
  whole->id = {5, 1};
  f.inbox.pushGroup(std::move(whole), {1, 3, 5});
  f.inbox.hold();
  f.deliver(7);
  CHECK(f.take() == Tags{2, 4, 5, 7});
  CHECK_FALSE(f.inbox.settle({1, 1}, Verdict::Kind::ack));
  CHECK_FALSE(f.inbox.settle({3, 1}, Verdict::Kind::ackUpTo));

  const auto said = [&f] {
    std::vector<std::pair<Verdict::Kind, std::uint64_t>> list;
    for (const Verdict& verdict : f.inbox.takeVerdicts()) list.emplace_back(verdict.kind, verdict.tag);
    return list;
  };
  using Said = std::vector<std::pair<Verdict::Kind, std::uint64_t>>;
  const auto ack = Verdict::Kind::ack;
  const auto upTo = Verdict::Kind::ackUpTo;
  CHECK(f.inbox.settle({4, 1}, upTo));
  CHECK(said() == Said{{ack, 2}, {ack, 4}});
  CHECK(f.inbox.takeSettledGroups().empty());
  CHECK(f.inbox.settle({5, 1}, upTo));
  CHECK(said() == Said{{upTo, 5}});
  const auto groups = f.inbox.takeSettledGroups();
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].tag == 5);
  CHECK(groups[0].acknowledged);
  CHECK(f.inbox.settle({7, 1}, upTo));
  CHECK(said() == Said{{ack, 7}});
  const std::uint64_t torn[]{6};
  f.inbox.letGo(torn, Verdict::Kind::ack);
  CHECK(said() == Said{{ack, 6}});
  ConsumerStats stats;
  f.inbox.fillStats(stats);
  CHECK(stats.acknowledged == 4);
}

TEST_CASE("rejecting a message of several deliveries rejects them all, in their order in the message") {
  Fixture f;
  for (int i = 0; i < 3; ++i) f.inbox.hold();
  auto whole = std::make_shared<Message>();
  whole->id = {3, 1};
  f.inbox.pushGroup(std::move(whole), {1, 3, 2});
  CHECK(f.inbox.settle({3, 1}, Verdict::Kind::requeue));
  CHECK_FALSE(f.inbox.settle({3, 1}, Verdict::Kind::ack));
  const auto verdicts = f.inbox.takeVerdicts();
  REQUIRE(verdicts.size() == 3);
  CHECK(verdicts[0].tag == 1);
  CHECK(verdicts[1].tag == 3);
  CHECK(verdicts[2].tag == 2);
  CHECK(verdicts[2].kind == Verdict::Kind::requeue);
  CHECK_FALSE(f.inbox.takeSettledGroups().at(0).acknowledged);
  ConsumerStats stats;
  f.inbox.fillStats(stats);
  CHECK(stats.rejected == 1);
  f.deliver(4);
  CHECK(f.inbox.settle({4, 1}, Verdict::Kind::ackUpTo));
}

TEST_CASE("a message that is long in coming costs the others nothing") {
  Fixture f;
  f.inbox.hold();
  f.inbox.hold();
  // Looking at all of them again for each would take minutes.
  constexpr std::uint64_t last = 300'000;
  for (std::uint64_t tag = 3; tag <= last; ++tag) {
    f.deliver(tag);
    CHECK(f.take() == Tags{tag});
    REQUIRE(f.inbox.settle({tag, 1}, Verdict::Kind::ackUpTo));
  }
  auto verdicts = f.inbox.takeVerdicts();
  REQUIRE(verdicts.size() == last - 2);
  CHECK(std::ranges::all_of(verdicts, [](const Verdict& verdict) { return verdict.kind == Verdict::Kind::ack; }));
  f.inbox.hold();
  auto whole = std::make_shared<Message>();
  whole->id = {last + 1, 1};
  f.inbox.pushGroup(std::move(whole), {1, 2, last + 1});
  CHECK_FALSE(f.inbox.settle({2, 1}, Verdict::Kind::ackUpTo));
  CHECK(f.inbox.settle({last + 1, 1}, Verdict::Kind::ackUpTo));
  verdicts = f.inbox.takeVerdicts();
  REQUIRE(verdicts.size() == 1);
  CHECK(verdicts[0].kind == Verdict::Kind::ackUpTo);
  CHECK(verdicts[0].tag == last + 1);
  CHECK(f.inbox.outstanding() == 0);
}

TEST_CASE("one verdict is said of a delivery, and none of one that has not come") {
  Fixture f;
  const std::uint64_t tags[]{1, 2};
  f.inbox.hold();
  f.inbox.letGo(tags, Verdict::Kind::ack);
  f.inbox.letGo(tags, Verdict::Kind::reject);
  const auto verdicts = f.inbox.takeVerdicts();
  REQUIRE(verdicts.size() == 1);
  CHECK(verdicts[0].tag == 1);
  CHECK(verdicts[0].kind == Verdict::Kind::ack);
  f.inbox.hold();
  auto whole = std::make_shared<Message>();
  whole->id = {2, 1};
  f.inbox.pushGroup(std::move(whole), {1, 2});
  CHECK(f.inbox.settle({2, 1}, Verdict::Kind::requeue));
  CHECK(f.inbox.takeVerdicts().size() == 1);
}
