// What a TLS connection trusts, and what this program shows of itself.
#pragma once

#include <optional>
#include <string>

namespace matmq {

/// Certificates or a key in PEM form: in a file, which is read anew for each connection, or in memory. One of the two.
struct PemSource {
  std::string file{};  ///< a path
  std::string text{};  ///< what such a file holds
};

/// How TLS connections are secured: TLS 1.2 or 1.3, the broker's certificate checked against `ca` and its name.
struct TlsOptions {
  /// The authorities that are trusted, instead of the system's store.
  std::optional<PemSource> ca{};
  /// What this program shows of itself: its certificate, followed by those of intermediate authorities, and its key.
  std::optional<PemSource> cert{};
  std::optional<PemSource> key{};
  std::string passphrase{};  ///< of an encrypted key
  /// The name the certificate must have, where it is not the host of the URL: a DNS name or an IP address.
  std::string serverName{};
  /// Dangerous: whoever sits between can pose as the broker, and read the password and every message. For experiments.
  bool insecureUnauthenticated = false;
};

}  // namespace matmq
