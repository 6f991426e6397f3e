// The octets of a connection, plain or encrypted, never blocking. The loop is the same for both.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>

#include "unique_fd.hpp"

namespace matmq::amqp {

struct IoResult {
  enum class Status : unsigned char { ok, wouldBlock, ended, failed };
  Status status = Status::ok;
  std::size_t bytes = 0;  ///< ok: more than zero
  int error = 0;          ///< failed: errno
};

class Transport {
 public:
  Transport() = default;
  virtual ~Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// Reads into the vectors in order, as much as is there.
  [[nodiscard]] virtual IoResult read(std::span<const iovec> into) noexcept = 0;
  /// Writes from the vectors in order, as much as fits.
  [[nodiscard]] virtual IoResult write(std::span<const iovec> from) noexcept = 0;
  [[nodiscard]] virtual int fd() const noexcept = 0;
};

/// A connected TCP socket; non-blocking.
class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(UniqueFd socket) noexcept : socket_(std::move(socket)) {}
  IoResult read(std::span<const iovec> into) noexcept override;
  IoResult write(std::span<const iovec> from) noexcept override;
  [[nodiscard]] int fd() const noexcept override { return socket_.get(); }

 private:
  UniqueFd socket_;
};

}  // namespace matmq::amqp
