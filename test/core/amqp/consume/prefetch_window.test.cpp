// How wide the prefetch window is, by the pace and the size of what is settled.
#include "amqp/consume/prefetch_window.hpp"

#include <doctest/doctest.h>

using namespace matmq;
using namespace std::chrono_literals;
using amqp::PrefetchWindow;

namespace {

struct Fixture {
  explicit Fixture(ConsumerOptions own = {}, const char* version = "3.10.8")
      : options(std::move(own)), window(options) {
    window.restart(now);
    window.onReady({"RabbitMQ", version, "localhost:5672"});
  }

  /// So many messages arrive, each is settled after `work`. Whether the window changed meanwhile.
  bool settle(int messages, std::uint64_t size, Clock::duration work) {
    bool changed = false;
    for (int i = 0; i < messages; ++i) {
      window.arrived(size);
      now += work;
      changed = window.review(0, now) || changed;
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
  CHECK_FALSE(f.window.review(1000, f.now + 10ms));
  CHECK_FALSE(f.window.review(1000, f.now + 2s));
}

TEST_CASE("a wide window narrows when nothing comes for a second, and a narrow one is not looked at") {
  Fixture f;
  CHECK_FALSE(f.window.reviewAt());
  f.settle(100, 22'000, 10us);
  REQUIRE(f.window.count() == 256);
  REQUIRE(f.window.reviewAt());
  CHECK(*f.window.reviewAt() <= f.now + 1s);
  CHECK_FALSE(f.window.review(0, f.now + 500ms));
  CHECK(f.window.review(0, *f.window.reviewAt()));
  CHECK(f.window.count() == 16);
  CHECK_FALSE(f.window.reviewAt());
}

TEST_CASE("a new connection begins with the narrow window") {
  Fixture f;
  f.settle(100, 100, 10us);
  REQUIRE(f.window.count() == 256);
  f.window.restart(f.now);
  f.window.onReady({"RabbitMQ", "3.10.8", "localhost:5672"});
  CHECK(f.window.count() == 16);
  CHECK(f.settle(64, 100, 10us));
}

TEST_CASE("the window is as the program says, and 16 where another subscription is more than another window") {
  const auto after = [](const char* version, const std::function<void(ConsumerOptions&)>& set) {
    ConsumerOptions options;
    options.queue = named();
    set(options);
    Fixture f(std::move(options), version);
    f.settle(1000, 100, 10us);
    return f.window.count();
  };
  const char* const old = "3.10.8";
  const char* const current = "4.3.6";
  CHECK(after(old, [](ConsumerOptions& options) { options.prefetch = 4; }) == 4);
  CHECK(after(old, [](ConsumerOptions& options) { options.prefetch = 0; }) == 0);
  CHECK(after(old, [](ConsumerOptions& options) { options.ack = AckMode::none; }) == 16);
  CHECK(after(old, [](ConsumerOptions& options) { options.declare = false; }) == 16);
  CHECK(after(old, [](ConsumerOptions& options) { options.queue->type = QueueType::stream; }) == 16);
  CHECK(after(old, [](ConsumerOptions& options) { options.queue->type = QueueType::quorum; }) == 16);
  CHECK(after(old, [](ConsumerOptions& options) { options.queue->arguments["x-queue-type"] = "quorum"; }) == 16);
  CHECK(after(old, [](ConsumerOptions& options) { options.queue->arguments["x-single-active-consumer"] = true; }) ==
        16);
  CHECK(after(old, [](ConsumerOptions&) {}) == 256);
  CHECK(after(current, [](ConsumerOptions&) {}) == 16);  // a virtual host may have another type for it
  CHECK(after(current, [](ConsumerOptions& options) { options.queue->arguments["x-queue-type"] = "classic"; }) == 256);
  CHECK(after(current, [](ConsumerOptions& options) { options.queue.reset(); }) == 256);
}
