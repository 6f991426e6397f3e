#include "net/tls/tls_peer.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <ctime>

namespace support {
namespace {

std::string pem(const std::function<int(gnutls_datum_t*)>& produce) {
  gnutls_datum_t out{};
  REQUIRE(produce(&out) == 0);
  std::string text(reinterpret_cast<const char*>(out.data), out.size);
  gnutls_free(out.data);
  return text;
}

gnutls_datum_t datum(const std::string& text) {
  // GnuTLS takes what it only reads as not const.
  return {reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())), static_cast<unsigned>(text.size())};
}

}  // namespace

Identity makeIdentity(const std::string& dnsName, const char* subject) {
  gnutls_x509_privkey_t key = nullptr;
  gnutls_x509_crt_t crt = nullptr;
  REQUIRE(gnutls_x509_privkey_init(&key) == 0);
  REQUIRE(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) == 0);
  REQUIRE(gnutls_x509_crt_init(&crt) == 0);
  const unsigned char serial = 1;
  gnutls_x509_crt_set_version(crt, 3);
  gnutls_x509_crt_set_serial(crt, &serial, sizeof serial);
  gnutls_x509_crt_set_dn(crt, subject, nullptr);
  gnutls_x509_crt_set_activation_time(crt, std::time(nullptr) - 3600);
  gnutls_x509_crt_set_expiration_time(crt, std::time(nullptr) + 3600);
  gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, dnsName.data(), static_cast<unsigned>(dnsName.size()),
                                       GNUTLS_FSAN_SET);
  gnutls_x509_crt_set_key(crt, key);
  REQUIRE(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0) == 0);
  Identity out;
  out.cert = pem([&](gnutls_datum_t* to) { return gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, to); });
  out.key = pem([&](gnutls_datum_t* to) { return gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, to); });
  gnutls_x509_crt_deinit(crt);
  gnutls_x509_privkey_deinit(key);
  return out;
}

SocketPair::SocketPair(int buffer) {
  std::array<int, 2> fds{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) == 0);
  ours = matmq::UniqueFd(fds[0]);
  theirs = matmq::UniqueFd(fds[1]);
  REQUIRE(::fcntl(ours.get(), F_SETFL, O_NONBLOCK) == 0);
  for (const int fd : fds) {
    if (buffer == 0) break;
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  }
}

TlsPeer::TlsPeer(matmq::UniqueFd socket, const Identity& identity, std::function<void(gnutls_session_t)> talk,
                 const char* priorities, std::size_t largestRecord)
    : socket_(std::move(socket)) {
  thread_ = std::thread([this, identity, talk = std::move(talk), priorities, largestRecord] {
    gnutls_certificate_credentials_t credentials = nullptr;
    gnutls_session_t session = nullptr;
    const gnutls_datum_t cert = datum(identity.cert);
    const gnutls_datum_t key = datum(identity.key);
    gnutls_certificate_allocate_credentials(&credentials);
    gnutls_certificate_set_x509_key_mem(credentials, &cert, &key, GNUTLS_X509_FMT_PEM);
    gnutls_init(&session, GNUTLS_SERVER | GNUTLS_NO_SIGNAL);
    gnutls_priority_set_direct(session, priorities, nullptr);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
    gnutls_transport_set_int(session, socket_.get());
    if (largestRecord > 0) gnutls_record_set_max_recv_size(session, largestRecord);
    int result = 0;
    do {
      result = gnutls_handshake(session);
    } while (result < 0 && gnutls_error_is_fatal(result) == 0);
    handshakeResult_ = result;
    if (result == 0) talk(session);
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(credentials);
    socket_.reset();
  });
}

std::string readAll(gnutls_session_t session, std::size_t size) {
  std::string out(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = gnutls_record_recv(session, out.data() + done, size - done);
    if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  out.resize(done);
  return out;
}

bool writeAll(gnutls_session_t session, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = gnutls_record_send(session, text.data(), text.size());
    if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace support
