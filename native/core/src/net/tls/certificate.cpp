#include "net/tls/certificate.hpp"

#include <arpa/inet.h>

#include <array>
#include <ctime>
#include <memory>
#include <string_view>
#include <vector>

namespace matmq::net::tls {
namespace {

constexpr std::size_t shownNames = 8;
constexpr std::size_t shownLength = 100;

struct FreeCertificate {
  void operator()(gnutls_x509_crt_t certificate) const noexcept { library().x509_crt_deinit(certificate); }
};
using Certificate = std::unique_ptr<std::remove_pointer_t<gnutls_x509_crt_t>, FreeCertificate>;

struct Address {
  std::array<unsigned char, 16> octets{};
  unsigned size = 0;  ///< 0: none
};

Address addressOf(const std::string& text) noexcept {
  Address out;
  if (::inet_pton(AF_INET, text.c_str(), out.octets.data()) == 1)
    out.size = 4;
  else if (::inet_pton(AF_INET6, text.c_str(), out.octets.data()) == 1)
    out.size = 16;
  return out;
}

/// What a certificate says of itself, made fit to be shown: it comes from a stranger.
std::string quoted(std::string_view text) {
  std::string out("'");
  for (const char c : text.substr(0, shownLength)) out += c >= ' ' && c < '\x7f' && c != '\'' ? c : '?';
  if (text.size() > shownLength) out += "...";
  out += '\'';
  return out;
}

Certificate peerCertificate(gnutls_session_t session) {
  unsigned count = 0;
  const gnutls_datum_t* const chain = library().certificate_get_peers(session, &count);
  gnutls_x509_crt_t made = nullptr;
  if (chain == nullptr || count == 0 || library().x509_crt_init(&made) < 0) return nullptr;
  Certificate certificate(made);
  if (library().x509_crt_import(made, &chain[0], GNUTLS_X509_FMT_DER) < 0) return nullptr;
  return certificate;
}

struct Names {
  bool anyDns = false;
  std::string list;
};

Names namesOf(gnutls_x509_crt_t certificate) {
  Names out;
  std::vector<char> buffer(512);
  std::size_t count = 0;
  for (unsigned i = 0;; ++i) {
    std::size_t size = buffer.size();
    const int type = library().x509_crt_get_subject_alt_name(certificate, i, buffer.data(), &size, nullptr);
    if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) break;
    if (type == GNUTLS_E_SHORT_MEMORY_BUFFER && size > buffer.size()) {
      buffer.resize(size);
      --i;
      continue;
    }
    if (type < 0 && type != GNUTLS_E_X509_UNKNOWN_SAN) break;
    std::string name;
    if (type == GNUTLS_SAN_DNSNAME) {
      out.anyDns = true;
      name = quoted({buffer.data(), size});
    } else if (type == GNUTLS_SAN_IPADDRESS && (size == 4 || size == 16)) {
      std::array<char, INET6_ADDRSTRLEN> text{};
      ::inet_ntop(size == 4 ? AF_INET : AF_INET6, buffer.data(), text.data(), text.size());
      name = text.data();
    } else {
      continue;
    }
    if (++count <= shownNames) out.list += (out.list.empty() ? "" : ", ") + name;
  }
  if (count > shownNames) out.list += " and " + std::to_string(count - shownNames) + " more";
  return out;
}

std::string day(std::time_t time) {
  std::tm parts{};
  std::array<char, 32> text{};
  if (::gmtime_r(&time, &parts) == nullptr) return "an unknown day";
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts);
  return text.data();
}

std::string issuerOf(gnutls_x509_crt_t certificate) {
  std::array<char, 512> text{};
  std::size_t size = text.size();
  if (library().x509_crt_get_issuer_dn(certificate, text.data(), &size) < 0) return "its issuer";
  return "its issuer " + quoted({text.data(), size});
}

std::string distrust(gnutls_x509_crt_t certificate, unsigned status) {
  if ((status & GNUTLS_CERT_EXPIRED) != 0)
    return "it expired on " + day(library().x509_crt_get_expiration_time(certificate)) +
           ", or one of its issuers did. Renew it";
  if ((status & GNUTLS_CERT_NOT_ACTIVATED) != 0) {
    return "it is valid only from " + day(library().x509_crt_get_activation_time(certificate)) +
           ", or one of its issuers is. Is this machine's clock right?";
  }
  if ((status & GNUTLS_CERT_SIGNER_NOT_FOUND) != 0) {
    const bool selfSigned = library().x509_crt_check_issuer(certificate, certificate) != 0;
    return (selfSigned ? "it is self-signed and not trusted" : issuerOf(certificate) + " is not trusted") +
           ". Name the certificate of its authority in tls.ca";
  }
  gnutls_datum_t words{};
  if (library().certificate_verification_status_print(status, GNUTLS_CRT_X509, &words, 0) < 0)
    return "it is not trusted";
  std::string out(reinterpret_cast<const char*>(words.data), words.size);
  (*library().free)(words.data);
  while (out.ends_with(' ') || out.ends_with('.')) out.pop_back();
  return "it is not trusted: " + out;
}

std::optional<std::string> wrongName(gnutls_x509_crt_t certificate, const std::string& name) {
  const Names names = namesOf(certificate);
  const Address address = addressOf(name);
  // The library would fall back to the common name, and take an address that stands among the DNS names.
  const bool matches = address.size > 0
                           ? library().x509_crt_check_ip(certificate, address.octets.data(), address.size, 0) != 0
                           : names.anyDns && library().x509_crt_check_hostname2(
                                                 certificate, name.c_str(), GNUTLS_VERIFY_DO_NOT_ALLOW_IP_MATCHES) != 0;
  if (matches) return std::nullopt;
  return "it is for " +
         (names.list.empty() ? std::string("no host (it has no subject alternative name)") : names.list) +
         " and not for " + (address.size > 0 ? name : quoted(name)) +
         ". Connect by a name that it has, or name that in tls.serverName";
}

}  // namespace

bool isAddress(const std::string& name) noexcept { return addressOf(name).size > 0; }

std::optional<std::string> whatIsWrongWithPeer(gnutls_session_t session, const std::string& name) {
  const Certificate certificate = peerCertificate(session);
  if (!certificate) return "it cannot be read";
  std::string purpose = GNUTLS_KP_TLS_WWW_SERVER;
  gnutls_typed_vdata_st data{};
  data.type = GNUTLS_DT_KEY_PURPOSE_OID;
  data.data = reinterpret_cast<unsigned char*>(purpose.data());
  unsigned status = ~0U;
  const int result = library().certificate_verify_peers(session, &data, 1, &status);
  if (result < 0) return std::string("it cannot be checked: ") + library().strerror(result);
  if (status != 0) return distrust(certificate.get(), status);
  return wrongName(certificate.get(), name);
}

}  // namespace matmq::net::tls
