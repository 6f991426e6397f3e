// What arrives at the peer. Frames are read in order; bodies are thrown away by the kernel, so that the peer costs as
// little as possible on a machine it shares with the client.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace bench {

class PeerInput {
 public:
  explicit PeerInput(int fd);

  /// The next `size` octets, valid until the next call; nothing at the end of the connection.
  std::optional<std::span<const std::byte>> take(std::size_t size);
  /// Passes over `size` octets; false at the end of the connection.
  bool skip(std::size_t size);
  /// Whether the next take() would have to wait.
  [[nodiscard]] bool idle() const;

 private:
  bool fill();

  int fd_;
  std::vector<std::byte> staging_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace bench
