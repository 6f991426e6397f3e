// What a measuring program says to the benchmark, and how it measures. bench/harness/protocol.ts is the other side:
// `ready` when all is set up, a line from stdin when it may begin (publishers), and one line of JSON at the end.
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
/// @throws std::runtime_error when the benchmark is gone.
void waitForGo();

}  // namespace bench
