// A TLS server in this process, by GnuTLS itself: the other end of a TlsTransport, with a certificate made in memory.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.hpp"
#include "net/tls/library.hpp"

namespace support {

/// A self-signed certificate and its key, as PEM texts.
struct Identity {
  std::string cert;
  std::string key;
};
[[nodiscard]] Identity makeIdentity(const std::string& dnsName, const char* subject = "CN=test");

/// Two connected sockets; ours does not block. `buffer`: the size of their buffers, 0 for the system's.
struct SocketPair {
  explicit SocketPair(int buffer = 0);
  matmq::UniqueFd ours;
  matmq::UniqueFd theirs;
};

/// Serves one connection on a thread of its own: handshake, then `talk`. Joined by the destructor. `largestRecord`:
/// what it asks the other side for (record_size_limit), 0 for no wish.
class TlsPeer {
 public:
  TlsPeer(matmq::UniqueFd socket, const Identity& identity, std::function<void(gnutls_session_t)> talk,
          const char* priorities = "NORMAL", std::size_t largestRecord = 0);
  ~TlsPeer() { join(); }
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  /// After join(): what its handshake ended with, 0 when all was well.
  [[nodiscard]] int handshakeResult() const noexcept { return handshakeResult_; }

 private:
  matmq::UniqueFd socket_;
  int handshakeResult_ = -1;
  std::thread thread_;
};

/// Reads until `size` octets have come, or less when the connection ends.
[[nodiscard]] std::string readAll(gnutls_session_t session, std::size_t size);
/// Writes all of it. False when the connection ended.
bool writeAll(gnutls_session_t session, std::string_view text);

}  // namespace support
