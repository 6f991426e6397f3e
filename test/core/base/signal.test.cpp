// Waiting for a descriptor, a signal or a point of time.
#include "base/signal.hpp"

#include <doctest/doctest.h>

using namespace matmq;

TEST_CASE("a wait until a time that has passed ends at once, however long ago that time is") {
  const Signal signal;
  for (const Clock::time_point deadline : {Clock::time_point::min(), Clock::time_point(), Clock::now()})
    CHECK(waitFor(-1, 0, signal, deadline) == 0);
}

TEST_CASE("a wait until the end of all time ends with the signal") {
  Signal signal;
  signal.raise();
  CHECK(waitFor(-1, 0, signal, Clock::time_point::max()) == 0);
}
