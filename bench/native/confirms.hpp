// Publisher confirms, read by hand from a connection that has nothing else to say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>

#include "frames.hpp"

namespace bench {

/// Counts what the peer has confirmed.
class Confirms {
 public:
  /// @param fd of a connection on whose channel confirm.select was answered just now
  explicit Confirms(int fd);

  /// Takes what has arrived, without waiting.
  void takeArrived();
  /// Waits until the first `count` messages are confirmed.
  void waitFor(std::uint64_t count);

 private:
  // Returns whether there was something.
  bool read(int flags);
  // Takes whole frames off the front of what was read.
  void parse();
  void confirm(std::uint64_t tag, bool multiple);

  int fd_;
  Octets staging_;
  std::size_t end_ = 0;
  /// All up to this one are confirmed.
  std::uint64_t through_ = 0;
  /// Those beyond, which came out of order.
  std::set<std::uint64_t> beyond_;
};

}  // namespace bench
