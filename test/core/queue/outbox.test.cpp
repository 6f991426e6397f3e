// The producer's queue by itself: order, bounds, settlement.
#include "queue/outbox.hpp"

#include <doctest/doctest.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <matmq/engine/codec_pool.hpp>
#include <opencv2/core.hpp>
#include <thread>

using namespace matmq;

namespace {

struct Fixture {
  explicit Fixture(HighWaterMark mark = {}, WhenFull whenFull = WhenFull::wait)
      : outbox(std::make_shared<Outbox>(
            mark, whenFull, [this] { ++wakes; }, signal)) {}
  std::uint64_t send(std::size_t size) { return outbox->push(binaryMessage(copyBytes(std::string(size, 'x')))); }
  std::shared_ptr<Signal> signal = std::make_shared<Signal>();
  int wakes = 0;
  std::shared_ptr<Outbox> outbox;
};

std::uint64_t takeOne(Outbox& outbox) {
  const QueuedMessage* queued = outbox.take();
  return queued == nullptr ? 0 : queued->sequence;
}

/// Waits for the codec threads by what they say: the signal of the I/O thread.
std::uint64_t awaitNext(Fixture& fixture) {
  for (;;) {
    fixture.signal->lower();
    if (const std::uint64_t sequence = takeOne(*fixture.outbox)) return sequence;
    waitFor(-1, 0, *fixture.signal, std::nullopt);
  }
}

}  // namespace

TEST_CASE("messages are taken in the order of push and numbered from 1") {
  Fixture f;
  CHECK(f.send(1) == 1);
  CHECK(f.send(1) == 2);
  CHECK(takeOne(*f.outbox) == 1);
  CHECK(takeOne(*f.outbox) == 2);
  CHECK(takeOne(*f.outbox) == 0);
}

TEST_CASE("a full queue answers 0, does not take the message, and says when there is room") {
  Fixture f({2, 1000});
  CHECK(f.send(1) == 1);
  CHECK(f.send(1) == 2);
  CHECK(f.send(1) == 0);
  CHECK(takeOne(*f.outbox) == 1);
  CHECK_FALSE(f.outbox->collect().roomAgain);
  const std::uint64_t first = 1;
  f.outbox->confirm({&first, 1});
  CHECK(f.outbox->collect().roomAgain);
  CHECK(f.send(1) == 3);
}

TEST_CASE("the bound by bytes holds, and one larger message passes alone") {
  Fixture f({100, 1000});
  CHECK(f.send(5000) == 1);
  CHECK(f.send(1) == 0);
  CHECK(takeOne(*f.outbox) == 1);
  const std::uint64_t first = 1;
  f.outbox->confirm({&first, 1});
  CHECK(f.send(600) == 2);
  CHECK(f.send(500) == 0);
  CHECK(f.send(400) == 3);
}

TEST_CASE("room is announced when the message that waits fits, not before") {
  Fixture f({100, 1000});
  CHECK(f.send(300) == 1);
  CHECK(f.send(300) == 2);
  CHECK(f.send(900) == 0);
  while (takeOne(*f.outbox) != 0) {
  }
  std::uint64_t sequence = 1;
  f.outbox->confirm({&sequence, 1});
  CHECK_FALSE(f.outbox->collect().roomAgain);
  sequence = 2;
  f.outbox->confirm({&sequence, 1});
  CHECK(f.outbox->collect().roomAgain);
}

TEST_CASE("room is announced for an eighth of the mark, or for one when the I/O thread has nothing to do") {
  Fixture f({16, 100000});
  for (int i = 0; i < 16; ++i) f.send(1);
  CHECK(f.send(1) == 0);
  for (int i = 0; i < 4; ++i) CHECK(takeOne(*f.outbox) != 0);
  std::uint64_t sequence = 1;
  f.outbox->confirm({&sequence, 1});
  CHECK_FALSE(f.outbox->collect().roomAgain);
  sequence = 2;
  f.outbox->confirm({&sequence, 1});
  CHECK(f.outbox->collect().roomAgain);
  CHECK(f.send(1) != 0);
  CHECK(f.send(1) != 0);
  CHECK(f.send(1) == 0);
  while (takeOne(*f.outbox) != 0) {
  }
  sequence = 3;
  f.outbox->confirm({&sequence, 1});
  CHECK(f.outbox->collect().roomAgain);
}

TEST_CASE("what nobody waits for is told of an eighth of the mark at a time, or when all is settled") {
  Fixture f({16, 100000});
  f.outbox->awaitSettlements(false);
  for (int i = 0; i < 5; ++i) f.send(1);
  while (takeOne(*f.outbox) != 0) {
  }
  const int before = f.wakes;
  std::uint64_t sequence = 1;
  f.outbox->confirm({&sequence, 1});
  CHECK(f.wakes == before);
  sequence = 2;
  f.outbox->confirm({&sequence, 1});
  CHECK(f.wakes == before + 1);
  CHECK(f.outbox->collect().settled.back().last == 2);
  sequence = 3;
  f.outbox->confirm({&sequence, 1});
  CHECK(f.wakes == before + 1);
  f.outbox->awaitSettlements(true);
  CHECK(f.wakes == before + 2);
  CHECK(f.outbox->collect().settled.back().last == 3);
  f.outbox->awaitSettlements(false);
  const std::uint64_t rest[] = {4, 5};
  f.outbox->confirm(rest);
  CHECK(f.wakes == before + 3);
  CHECK(f.outbox->collect().settled.back().last == 5);
}

TEST_CASE("reject throws QUEUE_FULL") {
  Fixture f({1, 1000}, WhenFull::reject);
  CHECK(f.send(1) == 1);
  CHECK_THROWS_AS(static_cast<void>(f.send(1)), Error);
}

TEST_CASE("dropOldest drops what is not on the wire yet, counts and reports it") {
  Fixture f({2, 1000}, WhenFull::dropOldest);
  f.send(1);
  CHECK(takeOne(*f.outbox) == 1);  // on the wire
  f.send(1);
  f.send(1);
  const ProducerReport report = f.outbox->collect();
  REQUIRE(report.failures.size() == 1);
  CHECK(report.failures[0].sequence == 2);
  CHECK(report.failures[0].error.code() == ErrorCode::dropped);
  CHECK(takeOne(*f.outbox) == 3);
  ProducerStats stats;
  f.outbox->fillStats(stats);
  CHECK(stats.dropped == 1);
  CHECK(stats.failed == 0);
}

TEST_CASE("dropOldest holds its bound while a broker reads and does not confirm") {
  Fixture f({4, 1000}, WhenFull::dropOldest);
  for (int i = 0; i < 100; ++i) {
    f.send(10);
    static_cast<void>(takeOne(*f.outbox));
  }
  ProducerStats stats;
  f.outbox->fillStats(stats);
  CHECK(stats.pendingMessages == 5);
  CHECK(stats.dropped == 95);
}

TEST_CASE("what dropOldest dropped leaves nothing behind, and what follows keeps its number and its order") {
  Fixture f({4, 1000}, WhenFull::dropOldest);
  CHECK(f.send(1) == 1);
  CHECK(f.send(1) == 2);
  CHECK(takeOne(*f.outbox) == 1);
  CHECK(takeOne(*f.outbox) == 2);  // on the wire, and the broker is blocked
  std::uint64_t last = 0;
  for (int i = 0; i < 10'000; ++i) last = f.send(1);
  CHECK(last == 10'002);
  CHECK(takeOne(*f.outbox) == 10'001);
  const std::array<std::uint64_t, 2> confirmed{2, 10'001};
  f.outbox->confirm(confirmed);
  f.outbox->rewind();
  CHECK(takeOne(*f.outbox) == 1);
  CHECK(takeOne(*f.outbox) == 10'002);
  CHECK(takeOne(*f.outbox) == 0);
  ProducerStats stats;
  f.outbox->fillStats(stats);
  CHECK(stats.dropped == 9'998);
  CHECK(stats.confirmed == 2);
  CHECK(stats.pendingMessages == 2);
}

TEST_CASE("dropOldest leaves the image that is being encoded, so that a slow encoder still sends some") {
  Fixture f({2, 1'000'000'000}, WhenFull::dropOldest);
  const cv::Mat image(1000, 1000, CV_8UC3, cv::Scalar(1, 2, 3));
  for (int i = 0; i < 200; ++i) static_cast<void>(f.outbox->push(imageMessage(image, nullptr, ImageFormat::png, {})));
  CHECK(awaitNext(f) != 0);
  ProducerStats stats;
  f.outbox->fillStats(stats);
  CHECK(stats.dropped > 0);
  CHECK(stats.pendingMessages <= 2 + codec_pool::threads() + 1);
}

TEST_CASE("a dropped image is let go at once, encoded or not") {
  Fixture f({1, 1'000'000'000}, WhenFull::dropOldest);
  const auto large = std::make_shared<const cv::Mat>(3000, 3000, CV_8UC3, cv::Scalar(1, 2, 3));
  std::vector<std::weak_ptr<const cv::Mat>> watch;
  for (int i = 0; i < 50; ++i) {
    const auto owner = std::make_shared<const cv::Mat>(*large);
    watch.emplace_back(owner);
    static_cast<void>(f.outbox->push(imageMessage(*owner, owner, ImageFormat::png, {})));
  }
  const auto held = std::ranges::count_if(watch, [](const auto& image) { return !image.expired(); });
  CHECK(held <= 1 + static_cast<std::ptrdiff_t>(codec_pool::threads()) + 1);
  f.outbox->endEncoding();
}

TEST_CASE("settled ranges are joined, in any order of confirms") {
  Fixture f;
  for (int i = 0; i < 5; ++i) f.send(1);
  while (takeOne(*f.outbox) != 0) {
  }
  const std::vector<std::uint64_t> some{1, 2, 4};
  f.outbox->confirm(some);
  ProducerReport report = f.outbox->collect();
  REQUIRE(report.settled.size() == 2);
  CHECK(report.settled[0].last == 2);
  CHECK(report.settled[1].first == 4);
  const std::vector<std::uint64_t> rest{3, 5, 5, 99};
  f.outbox->confirm(rest);
  report = f.outbox->collect();
  CHECK(report.settled.size() == 2);
  ProducerStats stats;
  f.outbox->fillStats(stats);
  CHECK(stats.confirmed == 5);
  CHECK(stats.pendingMessages == 0);
  CHECK(stats.pendingBytes == 0);
}

TEST_CASE("a message that is not confirmed for long keeps nothing of those behind it") {
  const auto inUse = [] { return mallinfo2().uordblks; };
  Fixture f({4, 1000});
  CHECK(f.send(1) == 1);
  CHECK(takeOne(*f.outbox) == 1);
  const auto pass = [&f](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t sequence = f.send(1);
      REQUIRE(takeOne(*f.outbox) == sequence);
      f.outbox->confirm({&sequence, 1});
      REQUIRE(f.outbox->collect().settled.size() == 1);
    }
  };
  pass(1000);
  const std::size_t before = inUse();
  pass(100'000);
  CHECK(inUse() < before + 500'000);
  f.outbox->rewind();
  CHECK(takeOne(*f.outbox) == 1);
  CHECK(takeOne(*f.outbox) == 0);
  const std::uint64_t first = 1;
  f.outbox->confirm({&first, 1});
  ProducerStats stats;
  f.outbox->fillStats(stats);
  CHECK(stats.confirmed == 101'001);
  CHECK(stats.pendingMessages == 0);
}

TEST_CASE("one wake for everything that gathers until it is collected") {
  Fixture f;
  for (int i = 0; i < 3; ++i) f.send(1);
  while (takeOne(*f.outbox) != 0) {
  }
  for (std::uint64_t i = 1; i <= 3; ++i) f.outbox->confirm({&i, 1});
  CHECK(f.wakes == 1);
  CHECK(f.outbox->collect().settled.size() == 1);
  f.outbox->announce({});
  CHECK(f.wakes == 2);
}

TEST_CASE("a message's memory is released when it is settled") {
  Fixture f;
  auto memory = std::make_shared<std::string>("pixels");
  const std::weak_ptr<std::string> watch = memory;
  const std::span<const std::byte> view = std::as_bytes(std::span(*memory));
  CHECK(f.outbox->push(binaryMessage({std::move(memory), view})) == 1);
  CHECK(takeOne(*f.outbox) == 1);
  CHECK_FALSE(watch.expired());
  const std::uint64_t first = 1;
  f.outbox->confirm({&first, 1});
  CHECK(watch.expired());
}

TEST_CASE("after a lost connection everything unsettled is taken again, in order") {
  Fixture f;
  for (int i = 0; i < 4; ++i) f.send(1);
  CHECK(takeOne(*f.outbox) == 1);
  CHECK(takeOne(*f.outbox) == 2);
  CHECK(takeOne(*f.outbox) == 3);
  const std::uint64_t second = 2;
  f.outbox->confirm({&second, 1});
  f.outbox->rewind();
  CHECK(takeOne(*f.outbox) == 1);
  CHECK(takeOne(*f.outbox) == 3);
  CHECK(takeOne(*f.outbox) == 4);
  ProducerStats stats;
  f.outbox->fillStats(stats);
  CHECK(stats.resent == 2);
}

TEST_CASE("images leave in the order of push, however long each takes to encode") {
  Fixture f;
  const cv::Mat large(2000, 2000, CV_8UC3, cv::Scalar(1, 2, 3));
  const cv::Mat small(2, 2, CV_8UC3, cv::Scalar(1, 2, 3));
  CHECK(f.outbox->push(imageMessage(large, nullptr, ImageFormat::png, {})) == 1);
  CHECK(f.outbox->push(imageMessage(small, nullptr, ImageFormat::jpeg, {})) == 2);
  CHECK(f.send(1) == 3);
  CHECK(awaitNext(f) == 1);
  CHECK(awaitNext(f) == 2);
  CHECK(awaitNext(f) == 3);
}

TEST_CASE("an image is counted by its pixels until it is encoded, then by its bytes") {
  Fixture f;
  const cv::Mat image(1000, 1000, CV_8UC3, cv::Scalar(0, 0, 0));
  CHECK(f.outbox->push(imageMessage(image, nullptr, ImageFormat::png, {})) == 1);
  CHECK(awaitNext(f) == 1);
  ProducerStats stats;
  f.outbox->fillStats(stats);
  CHECK(stats.pendingBytes < 100'000);
  CHECK(stats.pendingBytes > 0);
}

TEST_CASE("headers count against the high-water mark as bodies do") {
  Fixture f({1000, 250'000});
  const auto push = [&](bool headers) {
    OutgoingMessage message = binaryMessage({});
    if (headers) message.properties.headers.emplace("large", std::string(100'000, 'h'));
    return f.outbox->push(std::move(message));
  };
  CHECK(push(true) == 1);
  CHECK(push(true) == 2);
  CHECK(push(true) == 0);
  CHECK(push(false) == 3);
  ProducerStats stats;
  f.outbox->fillStats(stats);
  CHECK(stats.pendingMessages == 3);
  CHECK(stats.pendingBytes >= 200'000);
  CHECK(stats.pendingBytes < 201'000);
  CHECK(takeOne(*f.outbox) == 1);
  // By the limit of bodies, none of them is too large.
  const std::vector<TakenMessage> taken = f.outbox->taken();
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].bytes == 0);
  f.outbox->confirm(std::array<std::uint64_t, 1>{1});
  CHECK(push(true) == 4);
  f.outbox->confirm(std::array<std::uint64_t, 3>{2, 3, 4});
  f.outbox->fillStats(stats);
  CHECK(stats.pendingBytes == 0);
}

TEST_CASE("many small headers count by what they take in memory") {
  Fixture f({1000, 100'000'000});
  OutgoingMessage message = binaryMessage({});
  for (int i = 0; i < 10'000; ++i) message.properties.headers.emplace(std::to_string(i), std::int64_t{i});
  // Codec threads of other tests may free memory meanwhile: the median of a few copies is what one takes.
  std::array<std::int64_t, 5> measured{};
  for (std::int64_t& one : measured) {
    const auto before = static_cast<std::int64_t>(mallinfo2().uordblks);
    const OutgoingMessage another = message;
    one = static_cast<std::int64_t>(mallinfo2().uordblks) - before;
  }
  std::ranges::sort(measured);
  const auto taken = static_cast<std::size_t>(std::max<std::int64_t>(0, measured[2]));
  OutgoingMessage copy = message;
  CHECK(f.outbox->push(std::move(copy)) == 1);
  ProducerStats stats;
  f.outbox->fillStats(stats);
  if (taken > 0) {  // a sanitizer's malloc keeps no such account
    CHECK(stats.pendingBytes > taken * 8 / 10);
    CHECK(stats.pendingBytes < taken * 12 / 10);
  }
}

TEST_CASE("the end settles what is left and refuses what comes") {
  Fixture f;
  f.send(1);
  f.send(1);
  f.outbox->refuse(Error(ErrorCode::closed, "closed"));
  f.outbox->failRest("over");
  const ProducerReport report = f.outbox->collect();
  REQUIRE(report.failures.size() == 2);
  CHECK(report.failures[1].error.code() == ErrorCode::notConfirmed);
  CHECK_THROWS_AS(static_cast<void>(f.send(1)), Error);
  CHECK(takeOne(*f.outbox) == 0);
}

TEST_CASE("pushing, taking, confirming and collecting from four threads loses and doubles nothing") {
  constexpr std::uint64_t count = 20'000;
  const auto signal = std::make_shared<Signal>();
  Signal news;
  const auto outbox = std::make_shared<Outbox>(
      HighWaterMark{50, 1 << 20}, WhenFull::wait, [&] { news.raise(); }, signal);
  std::atomic<bool> done{false};
  std::thread io([&] {
    std::uint64_t expected = 1;
    while (expected <= count) {
      signal->lower();
      while (const QueuedMessage* queued = outbox->take()) {
        REQUIRE(queued->sequence == expected);
        outbox->confirm({&expected, 1});
        ++expected;
      }
      if (expected <= count) waitFor(-1, 0, *signal, std::nullopt);
    }
    done = true;
    news.raise();
  });
  std::mutex pushing;
  std::uint64_t pushed = 0;
  const auto push = [&] {
    for (;;) {
      const std::lock_guard lock(pushing);
      if (pushed == count) return;
      if (outbox->push(textMessage("x")) != 0) ++pushed;
    }
  };
  std::thread one(push);
  std::thread two(push);
  std::uint64_t settled = 0;
  while (settled < count) {
    news.lower();
    for (const SettledRange& range : outbox->collect().settled) settled += range.last - range.first + 1;
    if (settled < count) waitFor(-1, 0, news, std::nullopt);
  }
  io.join();
  one.join();
  two.join();
  CHECK(settled == count);
}

TEST_CASE("what is settled in the middle is not taken again after a reconnect") {
  Fixture f;
  for (int i = 0; i < 4; ++i) static_cast<void>(f.send(1));
  for (std::uint64_t expected = 1; expected <= 4; ++expected) CHECK(takeOne(*f.outbox) == expected);
  const std::array<std::uint64_t, 2> middle{2, 3};
  f.outbox->confirm(middle);
  f.outbox->rewind();
  CHECK(takeOne(*f.outbox) == 1);
  CHECK(takeOne(*f.outbox) == 4);
  CHECK(takeOne(*f.outbox) == 0);
}

TEST_CASE("a message has nothing of those that were settled before it") {
  Fixture f;
  OutgoingMessage full = binaryMessage(copyBytes("full"));
  full.routingKey = "elsewhere";
  full.properties.contentType = "image/raw";
  CHECK(f.outbox->push(std::move(full)) == 1);
  const QueuedMessage* queued = f.outbox->take();
  REQUIRE(queued != nullptr);
  CHECK(queued->properties().contentType == "image/raw");
  CHECK(queued->routing.routingKey == "elsewhere");
  f.outbox->rewind();
  CHECK(takeOne(*f.outbox) == 1);
  const std::uint64_t first = 1;
  f.outbox->confirm({&first, 1});
  CHECK(f.send(3) == 2);
  queued = f.outbox->take();
  REQUIRE(queued != nullptr);
  CHECK_FALSE(queued->stated);
  CHECK_FALSE(queued->routing.routingKey);
  CHECK_FALSE(queued->resent);
  CHECK(queued->body.size() == 3);
}
