// GnuTLS, loaded when the first TLS connection is made: a program that needs no TLS does not pay for it.
//
// Why not linked: loading it takes more than a millisecond of every import. Why GnuTLS: Node exports the OpenSSL that
// it was built with, so libssl.so in a Node process finds its libcrypto replaced by another version; GnuTLS shares no
// symbol with it.
#pragma once

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

namespace matmq::net::tls {

/// Every function that is used, as gnutls_<name>.
#define MATMQ_GNUTLS(X)                    \
  X(alert_get)                             \
  X(alert_get_name)                        \
  X(bye)                                   \
  X(certificate_allocate_credentials)      \
  X(certificate_client_get_request_status) \
  X(certificate_free_credentials)          \
  X(certificate_get_ours)                  \
  X(certificate_get_peers)                 \
  X(certificate_set_verify_function)       \
  X(certificate_set_x509_key_mem2)         \
  X(certificate_set_x509_system_trust)     \
  X(certificate_set_x509_trust_mem)        \
  X(certificate_verification_status_print) \
  X(certificate_verify_peers)              \
  X(credentials_set)                       \
  X(deinit)                                \
  X(error_is_fatal)                        \
  X(handshake)                             \
  X(init)                                  \
  X(protocol_get_version)                  \
  X(record_check_pending)                  \
  X(record_recv)                           \
  X(record_send)                           \
  X(server_name_set)                       \
  X(session_get_ptr)                       \
  X(session_set_keylog_function)           \
  X(session_set_ptr)                       \
  X(set_default_priority_append)           \
  X(strerror)                              \
  X(transport_set_errno)                   \
  X(transport_set_pull_function)           \
  X(transport_set_pull_timeout_function)   \
  X(transport_set_ptr)                     \
  X(transport_set_push_function)           \
  X(x509_crt_check_hostname2)              \
  X(x509_crt_check_ip)                     \
  X(x509_crt_check_issuer)                 \
  X(x509_crt_deinit)                       \
  X(x509_crt_get_activation_time)          \
  X(x509_crt_get_expiration_time)          \
  X(x509_crt_get_issuer_dn)                \
  X(x509_crt_get_subject_alt_name)         \
  X(x509_crt_import)                       \
  X(x509_crt_init)

struct Library {
#define MATMQ_MEMBER(name) decltype(&::gnutls_##name) name = nullptr;
  MATMQ_GNUTLS(MATMQ_MEMBER)
#undef MATMQ_MEMBER
  decltype(&::gnutls_free) free = nullptr;  ///< a variable: where the function that frees stands
};

/// The loaded library; from any thread. It stays until the process ends.
/// @throws Error TLS_UNAVAILABLE, naming the package
[[nodiscard]] const Library& library();

/// Of its headers: it is loaded when it is needed.
[[nodiscard]] constexpr const char* libraryVersion() noexcept { return GNUTLS_VERSION; }

}  // namespace matmq::net::tls
