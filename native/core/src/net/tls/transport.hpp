// A TLS connection as a Transport, over a connected, non-blocking socket.
//
// Rules
// 1. GnuTLS never touches the socket: it takes and gives records from and to two buffers of ours, which cross to the
//    kernel many records a call. So it never meets a short write, and there is nothing to repeat.
// 2. write() encrypts full records (16 KiB), also across the vectors: straight from the vector where a record lies in
//    one,
//    through a staging buffer where it does not. At most `flight` octets are taken before the socket has those before.
// 3. holdsInput() is true until a read() found no further whole record: only then may the loop trust poll().
// 4. Nothing but the handshake is written or read before the handshake is done and the peer's certificate accepted.
// 5. The destructor says close_notify if the socket takes it at once; it waits for nothing.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "net/tls/library.hpp"
#include "net/transport.hpp"

namespace matmq::net::tls {

class TlsTransport final : public Transport {
 public:
  /// `name`: what the peer's certificate must be for; nothing: it is not checked at all. The credentials outlive this.
  /// @throws Error TLS_FAILED when no session can be made
  TlsTransport(UniqueFd socket, gnutls_certificate_credentials_t credentials, const std::string& serverName,
               bool authenticate);
  ~TlsTransport() override;

  /// Goes on with the handshake. ok: it is done. wouldBlock: wait for handshakeInterest(). Else: what handshakeError()
  /// and explain() tell.
  [[nodiscard]] IoResult shakeHands() noexcept;
  [[nodiscard]] short handshakeInterest() const noexcept;
  /// The library's error of a handshake that failed.
  [[nodiscard]] int error() const noexcept { return error_; }
  /// What was wrong with the peer's certificate.
  [[nodiscard]] const std::optional<std::string>& refusal() const noexcept { return refusal_; }

  IoResult read(std::span<const iovec> into) noexcept override;
  IoResult write(std::span<const iovec> from) noexcept override;
  IoResult flush() noexcept override;
  [[nodiscard]] bool holdsOutput() const noexcept override { return sent_ < output_.size(); }
  [[nodiscard]] bool holdsInput() const noexcept override { return mayHoldInput_; }
  [[nodiscard]] std::size_t unacknowledged() const noexcept override {
    return output_.size() - sent_ + unacknowledgedOctets(socket_.get());
  }
  [[nodiscard]] std::string explain(const IoResult& result) const override;
  [[nodiscard]] int fd() const noexcept override { return socket_.get(); }

 private:
  static constexpr std::size_t recordSize = 16 * 1024;
  static constexpr std::size_t flight = 16 * recordSize;
  static constexpr std::size_t inputSize = 128 * 1024;

  static ssize_t push(gnutls_transport_ptr_t self, const void* data, std::size_t size) noexcept;
  static ssize_t pull(gnutls_transport_ptr_t self, void* into, std::size_t size) noexcept;
  static int verify(gnutls_session_t session) noexcept;

  bool encrypt(const std::byte* data, std::size_t size) noexcept;
  IoResult failure(int error) noexcept;

  struct FreeSession {
    void operator()(gnutls_session_t session) const noexcept { library().deinit(session); }
  };

  UniqueFd socket_;
  std::string serverName_;
  bool authenticate_;
  bool established_ = false;
  bool heardData_ = false;  ///< octets of the protocol above came in
  bool mayHoldInput_ = true;
  std::optional<std::string> refusal_;
  bool verified_ = false;

  int error_ = 0;        ///< of the library; sticky
  int socketError_ = 0;  ///< errno of the socket; sticky
  bool socketEnded_ = false;
  bool socketDry_ = false;    ///< it had nothing when it was last asked
  std::size_t received_ = 0;  ///< octets from the socket during this call

  std::vector<std::byte> input_;
  std::size_t inputBegin_ = 0;
  std::size_t inputEnd_ = 0;
  std::vector<std::byte> output_;  ///< records, from `sent_` on still to be sent
  std::size_t sent_ = 0;
  std::array<std::byte, recordSize> staging_;
  std::unique_ptr<std::remove_pointer_t<gnutls_session_t>, FreeSession> session_;
};

}  // namespace matmq::net::tls
