// The check of the peer's certificate: is it signed by an authority that is trusted, valid now, meant for servers, and
// for the name that was asked for?
#pragma once

#include <optional>
#include <string>

#include "net/tls/library.hpp"

namespace matmq::net::tls {

/// A DNS name matches a dNSName (with wildcards, RFC 6125), an IP address an iPAddress of the certificate's alternative
/// names. The common name counts for neither.
/// Nothing when all is well; else what is wrong, as the end of a sentence, and what to do.
[[nodiscard]] std::optional<std::string> whatIsWrongWithPeer(gnutls_session_t session, const std::string& name);

/// Is it an IP address, not a DNS name?
[[nodiscard]] bool isAddress(const std::string& name) noexcept;

}  // namespace matmq::net::tls
