// How often stray segments go back to their queue.
#include "amqp/consume/stray_rounds.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using matmq::amqp::StrayRounds;

TEST_CASE("a stray goes back as often as it may, each by its own count") {
  StrayRounds rounds;
  const auto now = StrayRounds::Clock::now();
  for (unsigned i = 0; i < StrayRounds::most; ++i) CHECK(rounds.mayGoRound("a#1", StrayRounds::most, now));
  CHECK_FALSE(rounds.mayGoRound("a#1", StrayRounds::most, now));
  CHECK(rounds.mayGoRound("a#2", 1, now));
  CHECK_FALSE(rounds.mayGoRound("a#2", 1, now));
}

TEST_CASE("all strays together have a budget, which fills again with time") {
  StrayRounds rounds;
  auto now = StrayRounds::Clock::now();
  const auto through = [&] {
    int count = 0;
    for (int i = 0; i < 10'000; ++i) {
      if (rounds.mayGoRound("forged-" + std::to_string(i) + "#1", StrayRounds::most, now)) ++count;
    }
    return count;
  };
  CHECK(through() == 512);
  CHECK(through() == 0);
  now += 1s;
  CHECK(through() == 8);
}
