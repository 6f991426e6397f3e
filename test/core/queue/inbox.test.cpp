// The consumer's queue by itself: order, bounds, acknowledgements.
#include "queue/inbox.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include <algorithm>

using namespace matmq;

namespace {

using Kind = Acknowledgement::Kind;
using Numbers = std::vector<DeliveryNumber>;
using Said = std::vector<std::pair<Kind, DeliveryNumber>>;

struct Fixture {
  explicit Fixture(HighWaterMark mark = {}, AckMode ack = AckMode::manual)
      : inbox(
            mark, ack, [this] { ++wakes; }, signal) {
    inbox.setPrefetch(prefetch, 0);
    lane = inbox.openLane();
  }
  /// The tag of the driver is beside the number that the inbox gives: here ten times as much.
  DeliveryNumber deliver(std::size_t size = 1) { return deliverOn(lane, size); }
  DeliveryNumber deliverOn(LaneId on, std::size_t size = 1) {
    auto message = std::make_shared<Message>();
    message->body = copyBytes(std::string(size, 'x'));
    const DeliveryNumber number = inbox.nextNumber();
    inbox.push(on, 10 * number, std::move(message));
    return number;
  }
  DeliveryNumber hold() { return inbox.hold(lane, 10 * inbox.nextNumber()); }
  void pushGroup(DeliveryNumber number, Numbers parts) {
    auto whole = std::make_shared<Message>();
    whole->number = number;
    inbox.pushGroup(lane, std::move(whole), std::move(parts));
  }
  Numbers take(std::size_t messages = 100, std::size_t bytes = 1'000'000) {
    Numbers numbers;
    for (const auto& message : inbox.take(messages, bytes)) numbers.push_back(message->number);
    return numbers;
  }
  /// What is to be said to the broker; each with the tag that belongs to its number.
  Said said() {
    Said list;
    for (const Acknowledgement& one : inbox.takeAcknowledgements()) {
      CHECK(one.tag == 10 * one.number);
      list.emplace_back(one.kind, one.number);
    }
    return list;
  }
  /// Whether the I/O thread was raised since the last call.
  bool raised() {
    pollfd one{signal->fd(), POLLIN, 0};
    const bool up = ::poll(&one, 1, 0) == 1;
    signal->lower();
    signal->drain();
    return up;
  }
  static constexpr std::size_t prefetch = 16;
  std::shared_ptr<Signal> signal = std::make_shared<Signal>();
  int wakes = 0;
  LaneId lane = 0;
  Inbox inbox;
};

}  // namespace

TEST_CASE("the program has so many messages in hand as it may, however many came, and gets the next for each settled") {
  Fixture f;
  f.inbox.setPrefetch(16, 3);
  for (int i = 0; i < 5; ++i) f.deliver();
  f.inbox.announceMessages();
  CHECK(f.wakes == 1);
  CHECK(f.take() == Numbers{1, 2, 3});
  CHECK(f.take().empty());
  f.deliver();
  f.inbox.announceMessages();
  CHECK(f.wakes == 1);  // there is nothing that it may have
  CHECK(f.inbox.settle(2, Kind::ack));
  CHECK(f.raised());
  f.inbox.announceMessages();
  CHECK(f.wakes == 2);
  CHECK(f.take() == Numbers{4});
  CHECK(f.inbox.settle(4, Kind::ackUpTo));
  CHECK(f.take() == Numbers{5, 6});
}

TEST_CASE("a message of several deliveries is one in hand, and what a lost connection took along is none") {
  Fixture f;
  f.inbox.setPrefetch(16, 1);
  const DeliveryNumber first = f.hold();
  const DeliveryNumber second = f.hold();
  f.pushGroup(second, {first, second});
  f.deliver();
  CHECK(f.take() == Numbers{second});
  CHECK(f.take().empty());
  CHECK(f.inbox.closeLane(f.lane).empty());
  f.inbox.announceMessages();
  CHECK(f.wakes == 1);
  f.lane = f.inbox.openLane();
  f.deliver();
  CHECK(f.take() == Numbers{3, 4});  // the third is void, and is handed out even so
}

TEST_CASE("errors of refused messages take nobody's place in hand") {
  Fixture f;
  f.inbox.setPrefetch(16, 1);
  auto refused = std::make_shared<Message>();
  refused->error = Error(ErrorCode::limitExceeded, "too large");
  f.inbox.refuse(f.lane, 10, std::move(refused));
  f.deliver();
  CHECK(f.take() == Numbers{1, 2});
}

TEST_CASE("up to a refused message: those before it are settled") {
  Fixture f;
  f.inbox.setPrefetch(16, 1);
  f.deliver();
  auto refused = std::make_shared<Message>();
  refused->error = Error(ErrorCode::limitExceeded, "too large");
  f.inbox.refuse(f.lane, 20, std::move(refused));
  f.deliver();
  CHECK(f.take() == Numbers{1, 2});
  CHECK(f.inbox.settle(2, Kind::ackUpTo));
  CHECK_FALSE(f.inbox.settle(2, Kind::ackUpTo));
  CHECK_FALSE(f.inbox.settle(9, Kind::ackUpTo));
  CHECK(f.take() == Numbers{3});
}

TEST_CASE("alarms that come and go while nobody looks are told once") {
  Fixture f;
  const auto announce = [&](Event::Kind kind) {
    Event event;
    event.kind = kind;
    f.inbox.announce(std::move(event));
  };
  announce(Event::Kind::connected);
  for (int i = 0; i < 1000; ++i) {
    announce(Event::Kind::blocked);
    announce(Event::Kind::unblocked);
  }
  announce(Event::Kind::blocked);
  const std::vector<Event> events = f.inbox.collect().events;
  CHECK(events.size() <= 3);
  CHECK(events.front().kind == Event::Kind::connected);
  CHECK(events.back().kind == Event::Kind::blocked);
  CHECK(f.wakes == 1);
}

TEST_CASE("messages are taken in order, up to a number and a size, but at least one") {
  Fixture f;
  for (int i = 0; i < 5; ++i) f.deliver(100);
  CHECK(f.take(2) == Numbers{1, 2});
  CHECK(f.take(10, 10) == Numbers{3});
  CHECK(f.take(10, 250) == Numbers{4, 5});
  CHECK(f.take().empty());
}

TEST_CASE("the inbox is full by count or by bytes") {
  Fixture count({2, 1000});
  count.deliver();
  CHECK_FALSE(count.inbox.full());
  count.deliver();
  CHECK(count.inbox.full());
  Fixture bytes({100, 1000});
  bytes.deliver(5000);
  CHECK(bytes.inbox.full());
  CHECK(bytes.take() == Numbers{1});
  CHECK_FALSE(bytes.inbox.full());
}

TEST_CASE("one wake until the program has found the inbox empty") {
  Fixture f;
  f.deliver(1);
  f.deliver(2);
  CHECK(f.wakes == 0);
  f.inbox.announceMessages();
  CHECK(f.wakes == 1);
  CHECK(f.take(1) == Numbers{1});
  f.deliver(3);
  f.inbox.announceMessages();
  CHECK(f.wakes == 1);
  CHECK(f.take() == Numbers{2, 3});
  f.deliver(4);
  f.inbox.announceMessages();
  CHECK(f.wakes == 2);
}

TEST_CASE("the program is woken without being asked when enough messages, or octets, have gathered") {
  Fixture many;
  for (int i = 0; i < 15; ++i) many.deliver(1);
  CHECK(many.wakes == 0);
  many.deliver(1);
  CHECK(many.wakes == 1);
  Fixture large;
  large.deliver(255 * 1024);
  CHECK(large.wakes == 0);
  large.deliver(1024);
  CHECK(large.wakes == 1);
}

TEST_CASE("nobody is woken for messages that were taken before they were announced") {
  Fixture f;
  f.deliver(1);
  CHECK(f.take() == Numbers{1});
  f.inbox.announceMessages();
  CHECK(f.wakes == 0);
  f.deliver(1);
  f.inbox.announceMessages();
  CHECK(f.wakes == 1);
}

TEST_CASE("acknowledgements that follow each other are sent together, the first at once") {
  Fixture f;
  for (int i = 0; i < 12; ++i) f.deliver();
  f.take();
  const auto settle = [&](DeliveryNumber number) { f.inbox.settle(number, Kind::ack); };
  const auto due = [&] { return f.inbox.acknowledgementsDue(); };
  CHECK_FALSE(due());
  settle(1);
  CHECK(f.raised());
  CHECK(*due() <= Clock::now());  // none was sent for a while
  const auto before = Clock::now();
  CHECK(f.said().size() == 1);
  CHECK_FALSE(due());
  settle(2);
  CHECK(f.raised());  // so that the thread knows when to look
  CHECK(*due() > before);
  for (DeliveryNumber number = 3; number <= 5; ++number) settle(number);
  CHECK_FALSE(f.raised());
  CHECK(*due() > before);
  settle(6);  // more than a quarter of the prefetch window: the broker may be waiting, too
  CHECK(f.raised());
  CHECK(*due() <= Clock::now());
  CHECK(f.said().size() == 5);
}

TEST_CASE("nothing said waits when the consumer is about to close, nor behind what a lost connection took along") {
  Fixture f;
  for (int i = 0; i < 4; ++i) f.deliver();
  f.inbox.settle(1, Kind::ack);
  f.said();
  f.inbox.settle(2, Kind::ack);
  f.raised();
  f.inbox.closeLane(f.lane);
  CHECK_FALSE(f.inbox.acknowledgementsDue());
  f.lane = f.inbox.openLane();
  const DeliveryNumber next = f.deliver();
  f.inbox.settle(next, Kind::ack);
  CHECK(f.raised());
  f.inbox.hurry();
  CHECK(*f.inbox.acknowledgementsDue() < Clock::now());
}

TEST_CASE("acknowledging up to a message says it once for all, and twice is false") {
  Fixture f;
  for (int i = 0; i < 4; ++i) f.deliver();
  CHECK(f.inbox.settle(1, Kind::ackUpTo));
  CHECK(f.inbox.settle(3, Kind::ackUpTo));
  CHECK_FALSE(f.inbox.settle(2, Kind::ack));
  CHECK(f.inbox.settle(4, Kind::requeue));
  CHECK_FALSE(f.inbox.settle(4, Kind::ack));
  CHECK_FALSE(f.inbox.settle(9, Kind::ack));
  CHECK(f.said() == Said{{Kind::ackUpTo, 3}, {Kind::requeue, 4}});
  ConsumerStats stats;
  f.inbox.fillStats(stats);
  CHECK(stats.acknowledged == 3);
  CHECK(stats.rejected == 1);
}

TEST_CASE("a closed lane voids its deliveries and what was said of them, and its messages can be dropped") {
  Fixture f;
  f.deliver();
  f.deliver();
  CHECK(f.take(1) == Numbers{1});
  CHECK(f.inbox.closeLane(f.lane).empty());
  f.inbox.discard(f.lane);
  CHECK(f.take().empty());
  CHECK_FALSE(f.inbox.settle(1, Kind::ack));
  CHECK(f.said().empty());
  const LaneId next = f.inbox.openLane();
  CHECK(f.deliverOn(next) == 3);
  CHECK(f.inbox.settle(3, Kind::ack));
  CHECK(f.inbox.outstanding() == 0);
}

TEST_CASE("what was said of a lane and not taken is given back when it closes") {
  Fixture f;
  f.deliver();
  f.deliver();
  CHECK(f.inbox.settle(1, Kind::ackUpTo));
  CHECK(f.inbox.settle(2, Kind::requeue));
  const auto unsent = f.inbox.closeLane(f.lane);
  REQUIRE(unsent.size() == 2);
  CHECK(unsent[0].number == 1);
  CHECK(unsent[1].kind == Kind::requeue);
  CHECK(f.said().empty());
  CHECK(f.inbox.closeLane(f.lane).empty());
}

TEST_CASE("messages are kept when their lane closes, unless they are dropped") {
  Fixture f({}, AckMode::none);
  f.deliver();
  f.inbox.closeLane(f.lane);
  static_cast<void>(f.inbox.openLane());
  CHECK(f.take() == Numbers{1});
  CHECK_FALSE(f.inbox.settle(1, Kind::ack));
}

TEST_CASE("dropping the messages of one lane leaves those of every other") {
  Fixture f;
  f.deliver();  // its queue is deleted: kept
  f.inbox.closeLane(f.lane);
  const LaneId second = f.inbox.openLane();
  f.deliverOn(second);
  f.inbox.closeLane(second);
  f.inbox.discard(second);
  const LaneId third = f.inbox.openLane();
  f.deliverOn(third);
  f.inbox.closeLane(third);
  f.inbox.discard(third);
  CHECK(f.take() == Numbers{1});
}

TEST_CASE("lanes are open side by side: one is voided, and the others go on") {
  Fixture f;
  const LaneId other = f.inbox.openLane();
  f.deliver();         // 1
  f.deliverOn(other);  // 2
  f.deliver();         // 3
  f.deliverOn(other);  // 4
  const DeliveryNumber part = f.inbox.hold(other, 50);
  CHECK(part == 5);
  f.deliver();  // 6
  CHECK(f.take(4) == Numbers{1, 2, 3, 4});
  CHECK(f.inbox.outstanding() == 6);
  CHECK(f.inbox.settle(2, Kind::ackUpTo));  // all that was taken before it, of whichever lane
  CHECK(f.said() == Said{{Kind::ackUpTo, 1}, {Kind::ackUpTo, 2}});
  f.inbox.closeLane(other);
  f.inbox.discard(other);
  CHECK(f.inbox.outstanding() == 2);
  CHECK_FALSE(f.inbox.settle(4, Kind::ack));
  f.inbox.settleHeld(Numbers{part}, Kind::ack);
  CHECK(f.said().empty());
  CHECK(f.take() == Numbers{6});
  CHECK(f.inbox.settle(6, Kind::ackUpTo));
  CHECK(f.said() == Said{{Kind::ackUpTo, 6}});
  CHECK(f.inbox.outstanding() == 0);
}

TEST_CASE("an open message of one lane does not keep another from being acknowledged at one go") {
  Fixture f;
  const LaneId other = f.inbox.openLane();
  f.hold();            // 1, of a message that is not whole
  f.deliverOn(other);  // 2
  f.deliver();         // 3
  f.deliverOn(other);  // 4
  CHECK(f.inbox.settle(4, Kind::ackUpTo));
  CHECK(f.said() == Said{{Kind::ackUpTo, 2}, {Kind::ack, 3}, {Kind::ackUpTo, 4}});
  CHECK(f.inbox.hold(f.lane, 50) == 5);
  f.pushGroup(5, {1, 5});
  CHECK(f.inbox.settle(5, Kind::ackUpTo));
  CHECK(f.said() == Said{{Kind::ackUpTo, 5}});
  CHECK(f.inbox.outstanding() == 0);
}

TEST_CASE("a group of a lane that closes is void with all of its parts") {
  Fixture f;
  const LaneId other = f.inbox.openLane();
  f.hold();            // 1
  f.deliverOn(other);  // 2
  f.hold();            // 3
  f.pushGroup(3, {1, 3});
  CHECK(f.inbox.settle(2, Kind::ack));
  f.inbox.closeLane(f.lane);
  CHECK_FALSE(f.inbox.settle(3, Kind::ack));
  CHECK(f.inbox.outstanding() == 0);
  CHECK(f.deliverOn(other) == 4);
  CHECK(f.inbox.settle(4, Kind::ackUpTo));
  CHECK(f.said() == Said{{Kind::ack, 2}, {Kind::ackUpTo, 4}});
}

TEST_CASE("what was refused is reported, though the connection was lost before the program came for it") {
  Fixture f;
  const auto refused = [] {
    auto message = std::make_shared<Message>();
    message->error = Error(ErrorCode::limitExceeded, "too large");
    return message;
  };
  f.deliver(100);
  f.inbox.refuse(f.lane, 20, refused());
  f.deliver(100);
  f.inbox.settleHeld(Numbers{f.hold()}, Kind::reject);
  f.inbox.pushError(refused());
  f.deliver(100);
  f.inbox.closeLane(f.lane);
  f.inbox.discard(f.lane);
  const LaneId next = f.inbox.openLane();
  const DeliveryNumber last = f.deliverOn(next, 7);
  ConsumerStats stats;
  f.inbox.fillStats(stats);
  CHECK(stats.inboxMessages == 3);
  CHECK(stats.inboxBytes == 7);
  const auto messages = f.inbox.take(100, 1'000'000);
  REQUIRE(messages.size() == 3);
  CHECK(messages[0]->error);
  CHECK(messages[1]->error);
  CHECK_FALSE(messages[2]->error);
  CHECK(f.inbox.settle(last, Kind::ack));
}

TEST_CASE("headers count against the bound by bytes as bodies do") {
  Fixture f({100, 1000});
  auto message = std::make_shared<Message>();
  message->encodedProperties.assign(1000, 'h');
  f.inbox.push(f.lane, 10, std::move(message));
  CHECK(f.inbox.full());
  CHECK(f.take() == Numbers{1});
  CHECK_FALSE(f.inbox.full());
  ConsumerStats stats;
  f.inbox.fillStats(stats);
  CHECK(stats.inboxBytes == 0);
}

TEST_CASE("headers that are larger in memory than on the wire count by what they take") {
  Fixture f({1000, 1'000'000});
  auto message = std::make_shared<Message>();
  for (int i = 0; i < 10'000; ++i) message->properties.headers.emplace(std::to_string(i), std::int64_t{i});
  f.inbox.push(f.lane, 10, std::move(message));
  CHECK(f.inbox.full());
  CHECK(f.take() == Numbers{1});
  CHECK_FALSE(f.inbox.full());
}

TEST_CASE("a refused body is reported to the broker and to the program") {
  Fixture f;
  auto message = std::make_shared<Message>();
  message->error = Error(ErrorCode::limitExceeded, "too large");
  f.inbox.refuse(f.lane, 10, std::move(message));
  CHECK(f.said() == Said{{Kind::reject, 1}});
  CHECK(f.take() == Numbers{1});
  f.deliver();
  CHECK(f.inbox.settle(2, Kind::ackUpTo));
}

TEST_CASE("a message of several deliveries is settled as one, and nobody settles its parts before") {
  Fixture f;
  // 1 and 3 are parts of the message that 5 completes; 2 and 4 are messages of others; 6 is a part of one still open.
  f.hold();
  f.deliver();
  f.hold();
  f.deliver();
  f.hold();
  f.pushGroup(5, {1, 3, 5});
  f.hold();
  f.deliver();
  CHECK(f.take() == Numbers{2, 4, 5, 7});
  CHECK_FALSE(f.inbox.settle(1, Kind::ack));
  CHECK_FALSE(f.inbox.settle(3, Kind::ackUpTo));

  CHECK(f.inbox.settle(4, Kind::ackUpTo));
  CHECK(f.said() == Said{{Kind::ack, 2}, {Kind::ack, 4}});
  CHECK(f.inbox.takeSettledGroups().empty());
  CHECK(f.inbox.settle(5, Kind::ackUpTo));
  CHECK(f.said() == Said{{Kind::ackUpTo, 5}});
  const auto groups = f.inbox.takeSettledGroups();
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].number == 5);
  CHECK(groups[0].acknowledged);
  CHECK(f.inbox.settle(7, Kind::ackUpTo));
  CHECK(f.said() == Said{{Kind::ack, 7}});
  const DeliveryNumber torn[]{6};
  f.inbox.settleHeld(torn, Kind::ack);
  CHECK(f.said() == Said{{Kind::ack, 6}});
  ConsumerStats stats;
  f.inbox.fillStats(stats);
  CHECK(stats.acknowledged == 4);
}

TEST_CASE("rejecting a message of several deliveries rejects them all, in their order in the message") {
  Fixture f;
  for (int i = 0; i < 3; ++i) f.hold();
  f.pushGroup(3, {1, 3, 2});
  CHECK(f.inbox.settle(3, Kind::requeue));
  CHECK_FALSE(f.inbox.settle(3, Kind::ack));
  CHECK(f.said() == Said{{Kind::requeue, 1}, {Kind::requeue, 3}, {Kind::requeue, 2}});
  CHECK_FALSE(f.inbox.takeSettledGroups().at(0).acknowledged);
  ConsumerStats stats;
  f.inbox.fillStats(stats);
  CHECK(stats.rejected == 1);
  f.deliver();
  CHECK(f.inbox.settle(4, Kind::ackUpTo));
}

TEST_CASE("a message that is long in coming costs the others nothing") {
  Fixture f;
  f.hold();
  f.hold();
  // Looking at all of them again for each would take minutes.
  constexpr DeliveryNumber last = 300'000;
  for (DeliveryNumber number = 3; number <= last; ++number) {
    f.deliver();
    CHECK(f.take() == Numbers{number});
    REQUIRE(f.inbox.settle(number, Kind::ackUpTo));
  }
  Said said = f.said();
  REQUIRE(said.size() == last - 2);
  CHECK(std::ranges::all_of(said, [](const auto& one) { return one.first == Kind::ack; }));
  f.hold();
  f.pushGroup(last + 1, {1, 2, last + 1});
  CHECK_FALSE(f.inbox.settle(2, Kind::ackUpTo));
  CHECK(f.inbox.settle(last + 1, Kind::ackUpTo));
  said = f.said();
  CHECK(said == Said{{Kind::ackUpTo, last + 1}});
  CHECK(f.inbox.outstanding() == 0);
}

TEST_CASE("one acknowledgement is said of a delivery, and none of one that has not come") {
  Fixture f;
  const DeliveryNumber numbers[]{1, 2};
  f.hold();
  f.inbox.settleHeld(numbers, Kind::ack);
  f.inbox.settleHeld(numbers, Kind::reject);
  CHECK(f.said() == Said{{Kind::ack, 1}});
  f.hold();
  f.pushGroup(2, {1, 2});
  CHECK(f.inbox.settle(2, Kind::requeue));
  CHECK(f.said().size() == 1);
}
