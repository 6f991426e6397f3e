// How wide the prefetch window is, by the pace and the size of what is settled.
#include "amqp/consume/prefetch_window.hpp"

#include <doctest/doctest.h>

using namespace matmq;
using namespace std::chrono_literals;
using amqp::PrefetchWindow;

namespace {

struct Fixture {
  explicit Fixture(ConsumerOptions own = {}) : options(std::move(own)), window(options) { window.restart(now); }

  /// So many messages arrive, each is settled after `work`, and the window may change whenever it is to. Whether it
  /// did.
  bool settle(int messages, std::uint64_t size, Clock::duration work) {
    bool changed = false;
    for (int i = 0; i < messages; ++i) {
      window.arrived(size);
      now += work;
      window.settled(0, now);
      if (!window.canChange(0)) continue;
      window.change(now);
      changed = true;
    }
    return changed;
  }

  ConsumerOptions options;
  Clock::time_point now = Clock::now();
  PrefetchWindow window;
};

QueueOptions named() {
  QueueOptions queue;
  queue.name = "q";
  return queue;
}

}  // namespace

TEST_CASE("the window widens for small messages that are settled as fast as they come") {
  Fixture f;
  CHECK(f.window.count() == 16);
  CHECK_FALSE(f.settle(63, 22'000, 100us));
  CHECK(f.settle(1, 22'000, 100us));
  CHECK(f.window.count() == 256);
  CHECK_FALSE(f.settle(10'000, 22'000, 100us));
}

TEST_CASE("the window holds a quarter of a second of the program's work, and 8 MiB") {
  Fixture f;
  f.settle(64, 22'000, 2ms);
  CHECK(f.window.count() == 125);
  Fixture large;
  large.settle(64, 100'000, 10us);
  CHECK(large.window.count() == 83);
  Fixture images;
  CHECK_FALSE(images.settle(1000, 1'000'000, 10us));
  CHECK(images.window.count() == 16);
}

TEST_CASE("slow work keeps the window narrow, and narrows one that is wide") {
  Fixture f;
  CHECK_FALSE(f.settle(1000, 22'000, 20ms));
  CHECK(f.window.count() == 16);
  f.settle(100, 22'000, 10us);
  REQUIRE(f.window.count() == 256);
  CHECK(f.settle(20, 22'000, 100ms));  // not after a whole window: after a second
  CHECK(f.window.count() == 16);
}

TEST_CASE("one large message narrows a wide window") {
  Fixture f;
  f.settle(100, 22'000, 10us);
  REQUIRE(f.window.count() == 256);
  f.settle(1, 25'000'000, 10us);
  f.settle(219, 22'000, 10us);
  CHECK(f.window.count() == 16);
}

TEST_CASE("what is not settled is no pace") {
  Fixture f;
  for (int i = 0; i < 1000; ++i) f.window.arrived(100);
  f.window.settled(1000, f.now + 10ms);
  f.window.settled(1000, f.now + 2s);
  CHECK_FALSE(f.window.canChange(16));
}

TEST_CASE("a window changes when it is full, and acknowledgements wait for that, but not for long") {
  Fixture f;
  for (int i = 0; i < 68; ++i) f.window.arrived(100);
  CHECK_FALSE(f.window.holdsUntil());
  f.window.settled(4, f.now + 1ms);
  REQUIRE(f.window.holdsUntil());
  CHECK(*f.window.holdsUntil() == f.now + 51ms);
  CHECK_FALSE(f.window.canChange(16));
  for (int i = 0; i < 11; ++i) f.window.arrived(100);
  CHECK_FALSE(f.window.canChange(16));
  f.window.arrived(100);
  CHECK(f.window.canChange(16));
  CHECK_FALSE(f.window.canChange(17));
  CHECK(f.window.count() == 16);
  f.window.change(f.now + 2ms);
  CHECK(f.window.count() == 256);
  CHECK_FALSE(f.window.holdsUntil());
}

TEST_CASE("a window that does not fill stays as it is") {
  Fixture f;
  for (int i = 0; i < 64; ++i) f.window.arrived(100);
  f.window.settled(0, f.now + 1ms);
  f.window.stay(f.now + 60ms);
  CHECK_FALSE(f.window.holdsUntil());
  CHECK(f.window.count() == 16);
}

TEST_CASE("a new connection begins with the narrow window") {
  Fixture f;
  f.settle(100, 100, 10us);
  REQUIRE(f.window.count() == 256);
  f.window.restart(f.now);
  CHECK(f.window.count() == 16);
  CHECK(f.settle(64, 100, 10us));
}

TEST_CASE("the window is as the program says, and 16 where another subscription is more than another window") {
  const auto after = [](const std::function<void(ConsumerOptions&)>& set) {
    ConsumerOptions options;
    options.queue = named();
    set(options);
    Fixture f(std::move(options));
    CHECK_FALSE(f.settle(1000, 100, 10us));
    return f.window.count();
  };
  CHECK(after([](ConsumerOptions& options) { options.prefetch = 4; }) == 4);
  CHECK(after([](ConsumerOptions& options) { options.prefetch = 0; }) == 0);
  CHECK(after([](ConsumerOptions& options) { options.ack = AckMode::none; }) == 16);
  CHECK(after([](ConsumerOptions& options) { options.declare = false; }) == 16);
  CHECK(after([](ConsumerOptions& options) { options.queue->type = QueueType::stream; }) == 16);
  CHECK(after([](ConsumerOptions& options) { options.queue->arguments["x-single-active-consumer"] = true; }) == 16);
}
