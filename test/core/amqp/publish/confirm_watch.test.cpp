#include "amqp/publish/confirm_watch.hpp"

#include <doctest/doctest.h>

using matmq::Clock;
using matmq::amqp::ConfirmWatch;
using Finding = matmq::amqp::ConfirmWatch::Finding;
using namespace std::chrono_literals;

namespace {

/// So long after some beginning.
Clock::time_point at(std::chrono::milliseconds time) { return Clock::time_point{} + 1h + time; }

}  // namespace

TEST_CASE("a broker is silent when a message waits for its confirm for the limit") {
  ConfirmWatch watch(10s);
  watch.begin(false);
  CHECK_FALSE(watch.deadline());
  watch.onSent(100, at(1s));
  CHECK(watch.deadline() == at(11s));
  watch.onSent(200, at(5s));
  CHECK(watch.deadline() == at(11s));
  CHECK(watch.judge(at(10'999ms), 200) == Finding::none);
  CHECK(watch.judge(at(11s), 200) == Finding::silent);
  CHECK(watch.given() == 10s);
}

TEST_CASE("each answer begins the wait anew, and the last one ends it") {
  ConfirmWatch watch(10s);
  watch.begin(false);
  watch.onSent(100, at(0s));
  SUBCASE("taken") { watch.onAnswer({true, true, true}, at(4s)); }
  SUBCASE("refused") { watch.onAnswer({false, true, true}, at(4s)); }
  CHECK(watch.deadline() == at(14s));
  watch.onAnswer({true, true, false}, at(5s));
  CHECK_FALSE(watch.deadline());
  watch.onSent(200, at(60s));
  CHECK(watch.deadline() == at(70s));
}

TEST_CASE("answers for other messages do not help the oldest") {
  ConfirmWatch watch(10s);
  watch.begin(false);
  watch.onSent(100, at(0s));
  watch.onSent(200, at(1s));
  watch.onAnswer({true, false, true}, at(4s));
  CHECK(watch.deadline() == at(10s));
  CHECK(watch.judge(at(10s), 200) == Finding::silent);
  // Nor do they make it any faster on the next connection.
  watch.begin(true);
  watch.onSent(100, at(0s));
  watch.onAnswer({true, false, true}, at(1s));
  CHECK(watch.deadline() == at(20s));
}

TEST_CASE("a broker that is blocked is not judged, and has all of its time afterwards") {
  ConfirmWatch watch(10s);
  watch.begin(false);
  watch.onSent(100, at(0s));
  watch.onBlocked(true, at(1s));
  CHECK_FALSE(watch.deadline());
  CHECK(watch.judge(at(100s), 100) == Finding::none);
  watch.onBlocked(false, at(100s));
  CHECK(watch.deadline() == at(110s));
}

TEST_CASE("octets that still reach the peer are no silence; octets that stay are") {
  ConfirmWatch watch(10s);
  watch.begin(false);
  watch.onSent(1000, at(0s));
  CHECK(watch.judge(at(10s), 300) == Finding::none);
  CHECK(watch.deadline() == at(20s));
  CHECK(watch.judge(at(20s), 301) == Finding::none);
  SUBCASE("they stay") { CHECK(watch.judge(at(30s), 301) == Finding::silent); }
  SUBCASE("all have arrived, and a heartbeat behind them") { CHECK(watch.judge(at(30s), 1008) == Finding::silent); }
}

TEST_CASE("a message that no queue was there for is neither taken nor refused") {
  ConfirmWatch watch(10s);
  watch.begin(true);
  watch.onSent(100, at(0s));
  watch.onAnswer({false, true, false, true}, at(1s));
  CHECK(watch.keepsRefusals());
  CHECK_FALSE(watch.deadline());
  watch.onSent(200, at(2s));
  watch.onAnswer({false, true, false, false}, at(2s));
  watch.onAnswer({false, true, false, true}, at(2s));
  CHECK(watch.keepsRefusals());
  CHECK(watch.deadline() == at(3s));
}

TEST_CASE("octets of messages behind the oldest do not help it") {
  ConfirmWatch watch(10s);
  watch.begin(false);
  SUBCASE("the first of the connection") { watch.onSent(1000, at(0s)); }
  SUBCASE("the oldest that was left") {
    watch.onSent(500, at(-1s));
    watch.onSent(1000, at(-1s));
    watch.onAnswer({true, true, true}, at(0s));
  }
  // Of two queues, one takes what is sent.
  watch.onSent(10'000, at(9s));
  watch.onAnswer({true, false, true}, at(9s));
  CHECK(watch.judge(at(10s), 999) == Finding::none);  // its last octet is on its way
  watch.onSent(20'000, at(19s));
  CHECK(watch.judge(at(20s), 19'000) == Finding::silent);
}

TEST_CASE("a broker that was silent gets twice the time on the next connection, until it takes a message") {
  ConfirmWatch watch(10s);
  for (const auto limit : {10s, 20s, 40s}) {
    watch.begin(true);
    watch.onSent(10, at(0s));
    CHECK(watch.deadline() == at(limit));
    CHECK(watch.judge(at(limit), 10) == Finding::silent);
    CHECK(watch.given() == limit);
  }
  watch.begin(true);
  watch.onSent(10, at(0s));
  watch.onAnswer({true, true, true}, at(1s));
  CHECK(watch.deadline() == at(11s));
}

TEST_CASE("the time of a silent broker grows to half an hour, or is what the program said") {
  for (const auto& [limit, most] : {std::pair{10s, 1800s}, std::pair{7200s, 7200s}}) {
    ConfirmWatch watch(limit);
    for (int i = 0; i < 40; ++i) {
      watch.begin(true);
      watch.onSent(10, at(0s));
      CHECK(watch.judge(at(24h), 10) == Finding::silent);
    }
    CHECK(watch.given() == most);
  }
}

TEST_CASE("without a limit silence is not judged") {
  ConfirmWatch watch(0ms);
  watch.begin(true);
  watch.onSent(10, at(0s));
  CHECK_FALSE(watch.deadline());
  CHECK(watch.judge(at(24h), 10) == Finding::none);
}

TEST_CASE("a broker that refuses everything after a reconnect is given up in a second, then in two, four, ...") {
  ConfirmWatch watch(60s);
  for (const auto limit : {1s, 2s, 4s, 8s}) {
    watch.begin(true);
    watch.onSent(10, at(0s));
    CHECK(watch.keepsRefusals());
    watch.onAnswer({false, true, false}, at(100ms));
    CHECK(watch.keepsRefusals());
    watch.onSent(20, at(500ms));
    watch.onAnswer({false, true, false}, at(600ms));
    CHECK(watch.deadline() == at(100ms + limit));
    CHECK(watch.judge(at(100ms + limit), 20) == Finding::refusing);
    CHECK(watch.given() == limit);
  }
  watch.begin(true);
  CHECK_FALSE(watch.keepsRefusals());  // from now on they are for the program
  watch.onAnswer({true, true, false}, at(0s));
  CHECK_FALSE(watch.keepsRefusals());
  watch.onAnswer({false, true, false}, at(1s));
  CHECK_FALSE(watch.deadline());  // it takes messages, if not all
  watch.begin(true);
  CHECK(watch.keepsRefusals());
  watch.onAnswer({false, true, false}, at(0s));
  CHECK(watch.deadline() == at(1s));
}

TEST_CASE("the refusals of a first connection are the program's to judge") {
  ConfirmWatch watch(60s);
  watch.begin(false);
  watch.onSent(10, at(0s));
  CHECK_FALSE(watch.keepsRefusals());
  watch.onAnswer({false, true, false}, at(0s));
  CHECK_FALSE(watch.deadline());
}
