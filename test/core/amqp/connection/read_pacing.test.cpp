// When the loop looks at the socket: a stream of small messages gathers, everything else is read at once.
#include "amqp/connection/read_pacing.hpp"

#include <doctest/doctest.h>

using namespace matmq;
using namespace matmq::amqp;
using std::chrono::microseconds;

namespace {

constexpr std::size_t small = 1000;

/// The loop's inputs, at times of ours.
class Inputs {
 public:
  explicit Inputs(Gather enough = {}) : enough_(enough) {}

  /// `gap` after the last pause: so much. Answers how long the socket is left alone then.
  microseconds input(microseconds gap, std::size_t bytes, std::size_t messages) {
    now_ += pause_ + gap;
    pacing_.onInput(now_, bytes, messages, enough_);
    const Deadline until = pacing_.pausedUntil(now_);
    pause_ = until ? std::chrono::duration_cast<microseconds>(*until - now_) : microseconds(0);
    return pause_;
  }

 private:
  const Gather enough_;
  ReadPacing pacing_;
  Clock::time_point now_ = Clock::now();
  microseconds pause_{0};
};

constexpr microseconds soon = ReadPacing::streamGap / 2;
constexpr microseconds often{100};
constexpr microseconds late = ReadPacing::streamGap * 2;
constexpr microseconds none{0};

}  // namespace

TEST_CASE("what comes after a silence is followed by no pause") {
  Inputs inputs;
  for (int i = 0; i < 100; ++i) CHECK(inputs.input(late, small, 10) == none);
}

TEST_CASE("a stream is paced, carefully first, and never for longer than the longest pause") {
  Inputs inputs;
  CHECK(inputs.input(late, small, 1) == none);
  CHECK(inputs.input(soon, small, 1) == ReadPacing::firstPause);
  CHECK(inputs.input(soon, small, 2) == 2 * ReadPacing::firstPause);
  for (int i = 0; i < 10; ++i) inputs.input(soon, small, 2);
  CHECK(inputs.input(soon, small, 2) == ReadPacing::longestPause);
}

TEST_CASE("a pause is as long as it takes for enough messages, or enough octets, to arrive") {
  constexpr Gather enough{100'000, 16};
  Inputs byMessages(enough);
  microseconds pause{0};
  for (int i = 0; i < 40; ++i) {
    const auto elapsed = pause + soon;
    pause = byMessages.input(soon, small, static_cast<std::size_t>(elapsed / microseconds(40)));  // one each 40 us
  }
  CHECK(pause >= 16 * microseconds(40) - microseconds(80));
  CHECK(pause <= 16 * microseconds(40) + microseconds(80));
  Inputs byBytes(enough);
  for (int i = 0; i < 40; ++i) {
    const auto elapsed = pause + soon;
    pause = byBytes.input(soon, static_cast<std::size_t>(elapsed.count()) * 200, 2);  // 200 octets each us
  }
  CHECK(pause >= microseconds(490));
  CHECK(pause <= microseconds(510));
}

TEST_CASE("where each wake carries enough already there is no pause") {
  Inputs inputs;
  for (int i = 0; i < 100; ++i) CHECK(inputs.input(often, 4 * Gather{}.bytes, 10) == none);
  for (int i = 0; i < 100; ++i) CHECK(inputs.input(often, small, 4 * Gather{}.messages) == none);
}

TEST_CASE("large messages are read at once, whole or in parts") {
  Inputs inputs;
  for (int i = 0; i < 100; ++i) {
    CHECK(inputs.input(soon, ReadPacing::largeMessage, 1) == none);
    CHECK(inputs.input(soon, ReadPacing::largeMessage, 0) == none);
    CHECK(inputs.input(soon, 3 * ReadPacing::largeMessage, 2) == none);
  }
}

TEST_CASE("no more may gather than the peer sends without an answer") {
  Inputs inputs({Gather{}.bytes, 1});
  for (int i = 0; i < 100; ++i) CHECK(inputs.input(often, small, 4) == none);
}

TEST_CASE("a pause is over when its time is") {
  ReadPacing pacing;
  const auto now = Clock::now();
  pacing.onInput(now, small, 10, {});
  pacing.onInput(now + soon, small, 10, {});
  CHECK(pacing.pausedUntil(now + soon).has_value());
  CHECK_FALSE(pacing.pausedUntil(now + soon + ReadPacing::longestPause).has_value());
}

TEST_CASE("questions and answers are paced ever more rarely, as nothing gathers") {
  Inputs inputs;
  int pauses = 0;
  constexpr int exchanges = 10'000;
  for (int i = 0; i < exchanges; ++i) {
    const microseconds pause = inputs.input(soon, 100, 1);
    CHECK(pause <= ReadPacing::firstPause);
    if (pause != none) ++pauses;
  }
  CHECK(pauses > 0);
  CHECK(pauses < 12);  // 16, 32, ... 4096 go without
}

TEST_CASE("a stream that begins to gather is paced again, as often as before") {
  Inputs inputs;
  for (int i = 0; i < 10'000; ++i) inputs.input(soon, 100, 1);
  int waited = 0;
  while (inputs.input(soon, small, 10) == none) ++waited;
  CHECK(waited <= static_cast<int>(ReadPacing::mostSkipped));
  for (int i = 0; i < 10; ++i) CHECK(inputs.input(soon, small, 4) > none);
  // One alone does not change that for long.
  inputs.input(soon, small, 1);
  waited = 0;
  while (inputs.input(soon, small, 10) == none) ++waited;
  CHECK(waited <= static_cast<int>(ReadPacing::leastSkipped));
}
