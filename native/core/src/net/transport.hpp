// The octets of a connection, plain or encrypted, never blocking. The loop is the same for both.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>

#include "base/unique_fd.hpp"

namespace matmq::net {

struct IoResult {
  /// refused: the peer ended the connection with a reason, which explain() tells.
  enum class Status : unsigned char { ok, wouldBlock, ended, failed, refused };
  Status status = Status::ok;
  /// ok: more than zero. wouldBlock: octets that came in and are no data yet (a part of a TLS record): a sign of life.
  std::size_t bytes = 0;
  int error = 0;  ///< failed: errno, or the transport's own
};

class Transport {
 public:
  Transport() = default;
  virtual ~Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// Reads into the vectors in order, as much as is there.
  [[nodiscard]] virtual IoResult read(std::span<const iovec> into) noexcept = 0;
  /// Writes from the vectors in order, as much as fits; what it took is no longer needed. Flushes first.
  [[nodiscard]] virtual IoResult write(std::span<const iovec> from) noexcept = 0;
  /// Sends what an earlier write took and could not send yet. wouldBlock: some of it is left. ok: nothing is.
  [[nodiscard]] virtual IoResult flush() noexcept { return {}; }
  /// Is something left to flush?
  [[nodiscard]] virtual bool holdsOutput() const noexcept { return false; }
  /// May read() give data even though poll() sees none?
  [[nodiscard]] virtual bool holdsInput() const noexcept { return false; }
  /// Does a read() that gives less than fits give all that is there?
  [[nodiscard]] virtual bool readsAll() const noexcept { return false; }
  /// Octets that the kernel keeps for us until they are read, its own records included (socket(7), SO_RCVBUF).
  [[nodiscard]] std::size_t receiveBuffer() const noexcept;
  /// Octets that were written and that the peer's system has not acknowledged; of TLS, octets of its records.
  [[nodiscard]] virtual std::size_t unacknowledged() const noexcept { return 0; }
  /// Why it ended: for people.
  [[nodiscard]] virtual std::string explain(const IoResult& result) const;
  [[nodiscard]] virtual int fd() const noexcept = 0;
};

/// What the kernel keeps of a TCP socket until the peer acknowledges it (tcp(7), SIOCOUTQ).
[[nodiscard]] std::size_t unacknowledgedOctets(int socket) noexcept;

/// A connected TCP socket; non-blocking.
class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(UniqueFd socket) noexcept : socket_(std::move(socket)) {}
  IoResult read(std::span<const iovec> into) noexcept override;
  IoResult write(std::span<const iovec> from) noexcept override;
  [[nodiscard]] bool readsAll() const noexcept override { return true; }
  [[nodiscard]] std::size_t unacknowledged() const noexcept override { return unacknowledgedOctets(socket_.get()); }
  [[nodiscard]] int fd() const noexcept override { return socket_.get(); }

 private:
  UniqueFd socket_;
};

}  // namespace matmq::net
