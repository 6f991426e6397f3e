// What a TLS connection trusts and shows of itself: TlsOptions as GnuTLS has them.
//
// Threading: of one I/O thread. Credentials outlive the sessions made with them.
#pragma once

#include <matmq/tls_options.hpp>
#include <memory>

#include "net/tls/library.hpp"

namespace matmq::net::tls {

struct FreeCredentials {
  void operator()(gnutls_certificate_credentials_t credentials) const noexcept {
    library().certificate_free_credentials(credentials);
  }
};
using Credentials = std::unique_ptr<std::remove_pointer_t<gnutls_certificate_credentials_t>, FreeCredentials>;

/// Reads the files. Errors name the option and the file, never what is in it.
/// @throws Error TLS_UNAVAILABLE, INVALID_TLS_OPTION
[[nodiscard]] Credentials loadCredentials(const TlsOptions& options);

/// The credentials of one producer or consumer, read anew for each connection, so that renewed certificates are used.
/// When that fails, because they are just being replaced, those of the last connection serve.
class CredentialStore {
 public:
  /// Valid until the next call. @throws as loadCredentials, when there were none before
  [[nodiscard]] gnutls_certificate_credentials_t refresh(const TlsOptions& options);

 private:
  Credentials latest_;
};

}  // namespace matmq::net::tls
