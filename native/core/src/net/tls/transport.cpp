#include "net/tls/transport.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <matmq/error.hpp>
#include <system_error>

#include "net/tls/certificate.hpp"

namespace matmq::net::tls {
namespace {

/// Taken from what the system allows; never added to it.
constexpr const char* withoutOldVersions = "-VERS-SSL3.0:-VERS-TLS1.0:-VERS-TLS1.1";
/// Octets a record may cost beyond its data.
constexpr std::size_t recordOverhead = 512;
/// Alerts that say nothing, in a row, before the peer is taken for a madman.
constexpr int patience = 16;

void check(int result) {
  if (result < 0)
    throw Error(ErrorCode::tlsFailed, std::string("A TLS session cannot be made: ") + library().strerror(result));
}

bool again(int result) noexcept { return result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED; }

}  // namespace

TlsTransport::TlsTransport(UniqueFd socket, gnutls_certificate_credentials_t credentials, const std::string& serverName,
                           bool authenticate)
    : socket_(std::move(socket)), serverName_(serverName), authenticate_(authenticate), input_(inputSize) {
  const Library& tls = library();
  output_.reserve(flight + (flight / recordSize + 1) * recordOverhead);
  gnutls_session_t session = nullptr;
  // No tickets: nothing is resumed, so that each connection checks the certificate. A client certificate is sent if
  // it is asked for, whatever authorities the peer names: the peer decides.
  check(tls.init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS | GNUTLS_FORCE_CLIENT_CERT));
  session_.reset(session);
  // Nowhere: GnuTLS would append the secrets to the file that SSLKEYLOGFILE names, whoever set it.
  tls.session_set_keylog_function(session, [](gnutls_session_t, const char*, const gnutls_datum_t*) { return 0; });
  check(tls.set_default_priority_append(session, withoutOldVersions, nullptr, 0));
  check(tls.credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials));
  if (!isAddress(serverName))
    check(tls.server_name_set(session, GNUTLS_NAME_DNS, serverName.data(), serverName.size()));
  tls.session_set_ptr(session, this);
  tls.certificate_set_verify_function(credentials, &TlsTransport::verify);
  tls.transport_set_ptr(session, this);
  tls.transport_set_push_function(session, &TlsTransport::push);
  tls.transport_set_pull_function(session, &TlsTransport::pull);
  // Ours is at hand at once or not at all; the library's own would take our pointer for a descriptor.
  tls.transport_set_pull_timeout_function(session, [](gnutls_transport_ptr_t, unsigned) { return 1; });
}

TlsTransport::~TlsTransport() {
  if (!established_ || error_ != 0) return;
  static_cast<void>(library().bye(session_.get(), GNUTLS_SHUT_WR));
  static_cast<void>(flush());
}

int TlsTransport::verify(gnutls_session_t session) noexcept {
  auto& self = *static_cast<TlsTransport*>(library().session_get_ptr(session));
  try {
    if (self.authenticate_) self.refusal_ = whatIsWrongWithPeer(session, self.serverName_);
    self.verified_ = !self.refusal_;
    return self.verified_ ? 0 : -1;
  } catch (...) {  // no memory
    return -1;
  }
}

IoResult TlsTransport::shakeHands() noexcept {
  received_ = 0;
  int result = 0;
  int left = patience;
  do {
    socketDry_ = false;
    result = library().handshake(session_.get());
  } while ((result == GNUTLS_E_WARNING_ALERT_RECEIVED || (again(result) && !socketDry_)) && --left > 0);
  const IoResult flushed = flush();  // also the alert that says why we refuse
  if (result < 0 && !again(result)) return failure(result);
  if (flushed.status == IoResult::Status::failed) return flushed;
  if (result < 0) return {IoResult::Status::wouldBlock, received_, 0};
  // Belt and braces: both are the library's to ensure.
  const auto version = library().protocol_get_version(session_.get());
  if (!verified_ || (version != GNUTLS_TLS1_2 && version != GNUTLS_TLS1_3)) return failure(GNUTLS_E_CERTIFICATE_ERROR);
  established_ = true;
  return {};
}

short TlsTransport::handshakeInterest() const noexcept {
  return static_cast<short>(POLLIN | (holdsOutput() ? POLLOUT : 0));
}

IoResult TlsTransport::failure(int error) noexcept {
  if (error_ == 0) error_ = error;
  if (error == GNUTLS_E_FATAL_ALERT_RECEIVED) return {IoResult::Status::refused, 0, error};
  if (error == GNUTLS_E_PREMATURE_TERMINATION || socketEnded_) return {IoResult::Status::ended, 0, 0};
  return {IoResult::Status::failed, 0, socketError_ != 0 ? socketError_ : error};
}

std::string TlsTransport::explain(const IoResult& result) const {
  const Library& tls = library();
  std::string out;
  if (result.status == IoResult::Status::refused) {
    const char* const name = tls.alert_get_name(tls.alert_get(session_.get()));
    out = std::string("the peer ended it with the TLS alert '") + (name != nullptr ? name : "unknown") + "'";
  } else if (result.status == IoResult::Status::failed && result.error < 0) {
    out = std::string("TLS: ") + tls.strerror(result.error);
  } else {
    out = Transport::explain(result);
  }
  const bool askedInVain = tls.certificate_client_get_request_status(session_.get()) != 0 &&
                           tls.certificate_get_ours(session_.get()) == nullptr;
  if (!heardData_ && askedInVain)
    out += ". The broker asked for a client certificate: name one in tls.cert and tls.key";
  return out;
}

ssize_t TlsTransport::push(gnutls_transport_ptr_t pointer, const void* data, std::size_t size) noexcept {
  auto& self = *static_cast<TlsTransport*>(pointer);
  try {
    const auto* const octets = static_cast<const std::byte*>(data);
    self.output_.insert(self.output_.end(), octets, octets + size);
    return static_cast<ssize_t>(size);
  } catch (...) {
    library().transport_set_errno(self.session_.get(), ENOMEM);
    return -1;
  }
}

ssize_t TlsTransport::pull(gnutls_transport_ptr_t pointer, void* into, std::size_t size) noexcept {
  auto& self = *static_cast<TlsTransport*>(pointer);
  if (self.inputBegin_ == self.inputEnd_) {
    if (self.socketEnded_) return 0;
    ssize_t n = 0;
    do {
      n = ::recv(self.socket_.get(), self.input_.data(), self.input_.size(), 0);
    } while (n < 0 && errno == EINTR);
    if (n == 0) self.socketEnded_ = true;
    if (n < 0) {
      const bool none = errno == EAGAIN || errno == EWOULDBLOCK;
      if (none) self.socketDry_ = true;
      if (!none) self.socketError_ = errno;
      library().transport_set_errno(self.session_.get(), none ? EAGAIN : errno);
      return -1;
    }
    self.inputBegin_ = 0;
    self.inputEnd_ = static_cast<std::size_t>(n);
    self.received_ += self.inputEnd_;
  }
  const std::size_t n = std::min(size, self.inputEnd_ - self.inputBegin_);
  std::memcpy(into, self.input_.data() + self.inputBegin_, n);
  self.inputBegin_ += n;
  return static_cast<ssize_t>(n);
}

IoResult TlsTransport::read(std::span<const iovec> into) noexcept {
  if (error_ != 0) return failure(error_);
  mayHoldInput_ = true;
  received_ = 0;
  std::size_t total = 0;
  int left = patience;
  for (const iovec& vector : into) {
    for (std::size_t done = 0; done < vector.iov_len;) {
      socketDry_ = false;
      const ssize_t n =
          library().record_recv(session_.get(), static_cast<std::byte*>(vector.iov_base) + done, vector.iov_len - done);
      if (n > 0) {
        done += static_cast<std::size_t>(n);
        total += static_cast<std::size_t>(n);
        heardData_ = true;
        continue;
      }
      const int error = static_cast<int>(n);
      // It also says AGAIN when it has dealt with a message of the protocol's own (a ticket, a change of keys).
      const bool without = error == GNUTLS_E_WARNING_ALERT_RECEIVED || (error == GNUTLS_E_AGAIN && !socketDry_);
      if (without && --left > 0) continue;
      if (error == GNUTLS_E_AGAIN) {
        mayHoldInput_ = !socketDry_;
        if (total > 0) return {IoResult::Status::ok, total, 0};
        return {IoResult::Status::wouldBlock, received_, 0};
      }
      // close_notify, a cut, a broken record, a wish to renegotiate: what came before it still counts.
      const IoResult over = failure(error == 0 ? static_cast<int>(GNUTLS_E_PREMATURE_TERMINATION) : error);
      if (total > 0) break;
      return over;
    }
    if (error_ != 0) break;
  }
  return {IoResult::Status::ok, total, 0};
}

// push() never says that there is no room, so the library takes all; in several records if the peer wants smaller ones.
bool TlsTransport::encrypt(const std::byte* data, std::size_t size) noexcept {
  while (size > 0) {
    const ssize_t n = library().record_send(session_.get(), data, size);
    if (n <= 0) {
      error_ = n < 0 ? static_cast<int>(n) : GNUTLS_E_INTERNAL_ERROR;
      return false;
    }
    data += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

IoResult TlsTransport::write(std::span<const iovec> from) noexcept {
  if (error_ != 0) return failure(error_);
  if (const IoResult before = flush(); before.status != IoResult::Status::ok) return before;
  std::size_t taken = 0;
  std::size_t staged = 0;
  for (const iovec& vector : from) {
    const auto* const data = static_cast<const std::byte*>(vector.iov_base);
    for (std::size_t at = 0; at < vector.iov_len && taken < flight;) {
      const std::size_t left = std::min(vector.iov_len - at, flight - taken);
      const bool direct = staged == 0 && left >= recordSize;
      const std::size_t n = direct ? recordSize : std::min(left, recordSize - staged);
      if (!direct) {
        std::memcpy(staging_.data() + staged, data + at, n);
        staged += n;
      }
      at += n;
      taken += n;
      if (direct ? !encrypt(data + at - n, n) : staged == recordSize && !encrypt(staging_.data(), staged))
        return failure(error_);
      if (staged == recordSize) staged = 0;
    }
    if (taken == flight) break;
  }
  if (staged > 0 && !encrypt(staging_.data(), staged)) return failure(error_);
  const IoResult sent = flush();
  if (sent.status == IoResult::Status::failed) return sent;
  return {IoResult::Status::ok, taken, 0};
}

IoResult TlsTransport::flush() noexcept {
  while (sent_ < output_.size()) {
    const ssize_t n = ::send(socket_.get(), output_.data() + sent_, output_.size() - sent_, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {IoResult::Status::wouldBlock, 0, 0};
    if (n < 0) return {IoResult::Status::failed, 0, errno};
    sent_ += static_cast<std::size_t>(n);
  }
  output_.clear();
  sent_ = 0;
  return {};
}

}  // namespace matmq::net::tls
