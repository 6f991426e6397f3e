// When the loop looks at the socket: a stream of small messages gathers, everything else is read at once.
#include "amqp/connection/read_pacing.hpp"

#include <doctest/doctest.h>

using namespace matmq;
using namespace matmq::amqp;
using std::chrono::microseconds;

namespace {

/// A message alone is two frames.
constexpr std::size_t oneMessage = 2;

/// The loop's inputs, at times of ours.
class Inputs {
 public:
  /// After `gap` of silence: so much. Answers how long the socket is left alone then.
  microseconds input(microseconds gap, std::size_t bytes, std::size_t frames) {
    now_ += gap;
    pacing_.onInput(now_, bytes, frames);
    const Deadline until = pacing_.pausedUntil(now_);
    return until ? std::chrono::duration_cast<microseconds>(*until - now_) : microseconds(0);
  }

 private:
  ReadPacing pacing_;
  Clock::time_point now_ = Clock::now();
};

constexpr microseconds soon = ReadPacing::streamGap / 2;
constexpr microseconds late = ReadPacing::streamGap * 2;
constexpr microseconds none{0};

}  // namespace

TEST_CASE("what comes after a silence is followed by no pause") {
  Inputs inputs;
  for (int i = 0; i < 100; ++i) CHECK(inputs.input(late, 1000, 10) == none);
}

TEST_CASE("a stream that gathers is paced, input for input") {
  Inputs inputs;
  CHECK(inputs.input(late, 1000, oneMessage) == none);
  for (int i = 0; i < 100; ++i) CHECK(inputs.input(soon, 1000, 10) == ReadPacing::pause);
}

TEST_CASE("a pause is over when its time is") {
  ReadPacing pacing;
  const auto now = Clock::now();
  pacing.onInput(now, 1000, 10);
  pacing.onInput(now + soon, 1000, 10);
  CHECK(pacing.pausedUntil(now + soon).has_value());
  CHECK_FALSE(pacing.pausedUntil(now + soon + ReadPacing::pause).has_value());
}

TEST_CASE("large inputs are not paced") {
  Inputs inputs;
  for (int i = 0; i < 100; ++i) CHECK(inputs.input(soon, ReadPacing::largeInput, 10) == none);
}

TEST_CASE("questions and answers are paced ever more rarely, as nothing gathers") {
  Inputs inputs;
  int pauses = 0;
  constexpr int exchanges = 10'000;
  for (int i = 0; i < exchanges; ++i) {
    if (inputs.input(soon, 100, oneMessage) != none) ++pauses;
  }
  CHECK(pauses > 0);
  CHECK(pauses < 12);  // 16, 32, ... 4096 go without
}

TEST_CASE("a stream that begins to gather is paced again, as often as before") {
  Inputs inputs;
  for (int i = 0; i < 10'000; ++i) inputs.input(soon, 100, oneMessage);
  int waited = 0;
  while (inputs.input(soon, 1000, 10) == none) ++waited;
  CHECK(waited <= static_cast<int>(ReadPacing::mostSkipped));
  for (int i = 0; i < 10; ++i) CHECK(inputs.input(soon, 1000, 10) == ReadPacing::pause);
  // One alone does not change that for long.
  inputs.input(soon, 1000, oneMessage);
  waited = 0;
  while (inputs.input(soon, 1000, 10) == none) ++waited;
  CHECK(waited <= static_cast<int>(ReadPacing::leastSkipped));
}
