// The codec threads.
#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <matmq/engine/codec_pool.hpp>
#include <matmq/error.hpp>
#include <memory>

using namespace matmq;

TEST_CASE("a burst after an idle moment is worked on by all threads at once") {
  const unsigned threads = codec_pool::threads();
  {
    std::latch first(1);
    codec_pool::submit([&] { first.count_down(); });
    first.wait();
  }
  // Each task waits for all the others: with one thread fewer, none would ever end.
  std::latch together(threads);
  std::latch done(threads);
  for (unsigned i = 0; i < threads; ++i) {
    codec_pool::submit([&] {
      together.arrive_and_wait();
      done.count_down();
    });
  }
  done.wait();
  CHECK_THROWS_AS(codec_pool::setThreads(0), Error);
  CHECK_THROWS_AS(codec_pool::setThreads(65), Error);
}

TEST_CASE("what a task holds is let go without a lock: its end may submit again") {
  struct Submits {
    std::latch& done;
    ~Submits() {
      codec_pool::submit([&latch = done] { latch.count_down(); });
    }
  };
  std::latch done(1);
  auto held = std::make_shared<Submits>(done);
  codec_pool::submit([held = std::move(held)] {});
  done.wait();
}
