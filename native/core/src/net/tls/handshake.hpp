// From a connected socket to a TLS connection with the right peer, interruptible at every point.
#pragma once

#include <functional>
#include <memory>

#include "base/signal.hpp"
#include "net/endpoint.hpp"
#include "net/tls/credentials.hpp"
#include "net/transport.hpp"

namespace matmq::net::tls {

/// Shakes hands and checks the peer's certificate: nothing else is sent before. Waits on `signal` too, and gives up
/// (null) as soon as `cancelled()` answers true. `credentials` outlive the transport.
/// @throws Error CERTIFICATE_REFUSED, TLS_FAILED (both would be met again), CONNECT_FAILED, CONNECT_TIMEOUT; each
/// names the peer
[[nodiscard]] std::unique_ptr<Transport> secure(UniqueFd socket, const Endpoint& endpoint, const TlsOptions& options,
                                                gnutls_certificate_credentials_t credentials,
                                                Clock::time_point deadline, Signal& signal,
                                                const std::function<bool()>& cancelled);

}  // namespace matmq::net::tls
