// What an engine has to say since it was asked last.
#pragma once

#include <cstdint>
#include <matmq/engine/events.hpp>
#include <vector>

namespace matmq {

/// Messages first..last (inclusive) are settled: confirmed, except those that failures name.
struct SettledRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

struct PublishFailure {
  std::uint64_t sequence = 0;
  Error error;
};

struct ProducerReport {
  std::vector<SettledRange> settled;
  std::vector<PublishFailure> failures;  ///< each within a settled range
  std::vector<Event> events;
  /// trySend had answered 0 and there is room now, for an eighth of the mark if more is queued.
  bool roomAgain = false;
};

struct ConsumerReport {
  std::vector<Event> events;
};

}  // namespace matmq
