// The bodies of test/data/hostile: each ends in the error that its script says, soon, and takes no memory to speak of.
#include "hostile_bodies.hpp"

#include "cost.hpp"

TEST_CASE("hostile: memory that is taken and let go of is seen") {
  constexpr std::size_t taken = std::size_t{64} * 1024 * 1024;
  const long seen = support::memoryOf([] { CHECK(support::Bytes(taken, 1).back() == 1); });
  CHECK(seen > static_cast<long>(taken / 1024 / 2));
}

TEST_CASE("hostile: every body ends in its error, soon, and takes little memory") {
  const std::vector<support::Hostile> bodies = support::hostileBodies();
  std::chrono::nanoseconds slowest{0};
  long largest = 0;
  for (const support::Hostile& hostile : bodies) {
    CAPTURE(hostile.name);
    // The processor time of this thread, and the best of three: a busy machine makes neither.
    std::chrono::nanoseconds best = std::chrono::hours(1);
    long memory = 0;
    for (int attempt = 0; attempt < 3 && best > support::soon; ++attempt) {
      const auto start = support::cpuTime();
      memory = support::memoryOf([&] { CHECK(support::codeOf([&] { support::receive(hostile); }) == hostile.code); });
      best = std::min<std::chrono::nanoseconds>(best, support::cpuTime() - start);
    }
    CHECK(best < support::soon);
    CHECK(memory < support::little);
    slowest = std::max(slowest, best);
    largest = std::max(largest, memory);
  }
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(slowest).count();
  MESSAGE(bodies.size() << " bodies; the slowest took " << microseconds << " us of processor time, the largest "
                        << largest << " KiB");
}
