// Figures of producers and consumers since they were made.
#pragma once

#include <cstdint>

namespace matmq {

struct ProducerStats {
  std::uint64_t sent = 0;  ///< accepted
  std::uint64_t confirmed = 0;
  std::uint64_t failed = 0;        ///< refused by the broker, returned, not encoded, ...
  std::uint64_t dropped = 0;       ///< by dropOldest
  std::uint64_t resent = 0;        ///< sent again after a reconnect
  std::uint64_t segments = 0;      ///< given to the socket, of messages above the broker's limit
  std::uint64_t bytesWritten = 0;  ///< to the socket, the protocol's own included
  std::uint64_t bytesRead = 0;
  std::uint64_t pendingMessages = 0;  ///< queued or not yet confirmed
  std::uint64_t pendingBytes = 0;
  std::uint64_t connects = 0;  ///< connections made, the first included
  bool connected = false;
  bool blocked = false;  ///< by the broker (memory or disk alarm)
};

struct ConsumerStats {
  std::uint64_t received = 0;       ///< messages that came in
  std::uint64_t receivedBytes = 0;  ///< their bodies
  std::uint64_t taken = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t rejected = 0;  ///< by the program
  std::uint64_t refused =
      0;  ///< bodies above `limits.messageBytes`, rejected without being read into memory, and the like
  std::uint64_t segments = 0;         ///< that came in, of messages above the broker's limit
  std::uint64_t doubledSegments = 0;  ///< dropped, because they were there already
  std::uint64_t openMessages = 0;     ///< some of whose segments are here
  std::uint64_t openBytes = 0;        ///< taken for those
  std::uint64_t prefetch = 0;         ///< messages the broker sends ahead of their acknowledgement; 0: no bound
  std::uint64_t bytesRead = 0;        ///< from the socket, the protocol's own included
  std::uint64_t bytesWritten = 0;
  std::uint64_t inboxMessages = 0;
  std::uint64_t inboxBytes = 0;
  std::uint64_t connects = 0;
  bool connected = false;
  bool blocked = false;
};

}  // namespace matmq
