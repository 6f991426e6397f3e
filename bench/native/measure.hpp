// What a measuring program says to the benchmark, and how it measures. bench/harness/protocol.ts is the other side:
// `ready` when all is set up, a line from stdin when it may begin (publishers), `warm` when what warms it up has
// arrived (consumers), and one line of JSON at the end. A consumer's time begins with the first message after that,
// which is not counted.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bench {

/// Elapsed and processor time between start() and stop().
class Measurement {
 public:
  void start();
  void stop();
  /// Prints the result line.
  void report(std::uint64_t messages, std::uint64_t bytes) const;

 private:
  // Of the system-wide monotonic clock, so that a publisher's start can be held against a consumer's end.
  double startedAt_ = 0;
  double endedAt_ = 0;
  double cpu_ = 0;
};

void sayReady();
void sayWarm();
/// @throws std::runtime_error when the benchmark is gone.
void waitForGo();

}  // namespace bench
