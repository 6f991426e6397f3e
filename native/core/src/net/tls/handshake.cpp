#include "net/tls/handshake.hpp"

#include <matmq/error.hpp>

#include "net/tls/transport.hpp"

namespace matmq::net::tls {
namespace {

/// Errors of the library that mean: what came is no TLS.
bool isNoTls(int error) noexcept {
  switch (error) {
    case GNUTLS_E_UNEXPECTED_PACKET:
    case GNUTLS_E_UNEXPECTED_PACKET_LENGTH:
    case GNUTLS_E_RECORD_LIMIT_REACHED:
    case GNUTLS_E_RECORD_OVERFLOW:
      return true;
    default:
      return false;
  }
}

Error describe(const TlsTransport& transport, const IoResult& result, const Endpoint& endpoint) {
  const std::string peer = endpoint.peer();
  const Protocol& protocol = endpoint.protocol;
  if (transport.refusal()) {
    return {ErrorCode::certificateRefused,
            "Expected a trustworthy certificate of the broker at " + peer + " but " + *transport.refusal()};
  }
  const std::string expected = "Expected a TLS connection to " + peer + " but ";
  const std::string why = transport.explain(result);
  if (result.status == IoResult::Status::ended) {
    return {ErrorCode::connectFailed, expected + why + " during the handshake; is this a TLS port (" +
                                          std::to_string(protocol.tlsPort) + "), and not that of plain " +
                                          protocol.name + " (" + std::to_string(protocol.port) + ")?"};
  }
  if (result.status == IoResult::Status::failed && result.error > 0)
    return {ErrorCode::connectFailed, expected + "the handshake failed: " + why};
  if (isNoTls(transport.error())) {
    return {ErrorCode::tlsFailed, expected + "the peer does not speak TLS; is this the port of plain " + protocol.name +
                                      " (" + std::to_string(protocol.port) + ") and not that of TLS (" +
                                      std::to_string(protocol.tlsPort) + ")?"};
  }
  if (transport.error() == GNUTLS_E_UNSUPPORTED_VERSION_PACKET) {
    return {ErrorCode::tlsFailed, expected + "the peer offers only versions before 1.2, which are not safe"};
  }
  return {ErrorCode::tlsFailed, expected + why};
}

}  // namespace

std::unique_ptr<Transport> secure(UniqueFd socket, const Endpoint& endpoint, const TlsOptions& options,
                                  gnutls_certificate_credentials_t credentials, Clock::time_point deadline,
                                  Signal& signal, const std::function<bool()>& cancelled) {
  const std::string& name = options.serverName.empty() ? endpoint.host : options.serverName;
  auto transport =
      std::make_unique<TlsTransport>(std::move(socket), credentials, name, !options.insecureUnauthenticated);
  for (signal.lower(); !cancelled(); signal.lower()) {
    const IoResult result = transport->shakeHands();
    if (result.status == IoResult::Status::ok) return transport;
    if (result.status != IoResult::Status::wouldBlock) throw describe(*transport, result, endpoint);
    waitFor(transport->fd(), transport->handshakeInterest(), signal, deadline);
    if (Clock::now() >= deadline) {
      throw Error(ErrorCode::connectTimeout,
                  "Expected to be connected to " + endpoint.peer() +
                      " within connectTimeout but the peer did not finish the TLS handshake");
    }
  }
  return nullptr;
}

}  // namespace matmq::net::tls
