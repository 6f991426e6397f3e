#include "net/tls/credentials.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <matmq/error.hpp>
#include <new>
#include <system_error>

#include "base/unique_fd.hpp"

namespace matmq::net::tls {
namespace {

/// A bundle of all the world's authorities has half a megabyte.
constexpr off_t largestFile = off_t{16} * 1024 * 1024;

[[noreturn]] void refuse(const std::string& option, const std::string& expected, const std::string& found) {
  throw Error(ErrorCode::invalidTlsOption, "Expected " + expected + " in " + option + " but " + found);
}

std::string where(const PemSource& source) {
  return source.file.empty() ? std::string("the text") : "the file '" + source.file + "'";
}

/// Wipes a private key from memory when it is no longer needed.
struct Secret {
  std::string text;
  Secret() = default;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { ::explicit_bzero(text.data(), text.size()); }
};

// A pipe or device could keep the thread for ever, so only regular files are read.
void readFile(const std::string& option, const std::string& path, std::string& out) {
  const auto failed = [&](const std::string& why) { refuse(option, "a file", "'" + path + "' " + why); };
  const auto systemSays = [&] {
    const int error = errno;
    // What names no file may be the key itself, given where its path belongs.
    if (error == ENAMETOOLONG || (option == "tls.key" && (error == ENOENT || error == ENOTDIR)))
      refuse(option, "a file or PEM text", "there is no file of that name (not shown, as it may be a key)");
    failed("cannot be read: the system says '" + std::generic_category().message(error) + "'");
  };
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) systemSays();
  if (!S_ISREG(status.st_mode)) failed("is no regular file");
  if (status.st_size > largestFile) failed("has more than 16 MiB");
  out.resize(static_cast<std::size_t>(status.st_size));
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t count = ::read(file.get(), out.data() + done, out.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) systemSays();
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  out.resize(done);
}

void readPem(const std::string& option, const PemSource& source, Secret& out) {
  if (source.file.empty()) {
    out.text = source.text;
  } else {
    readFile(option, source.file, out.text);
  }
  if (out.text.find("-----BEGIN ") == std::string::npos)
    refuse(option, "PEM text (-----BEGIN ...)", where(source) + " has none");
}

gnutls_datum_t datum(std::string& text) {
  return {reinterpret_cast<unsigned char*>(text.data()), static_cast<unsigned>(text.size())};
}

void trust(gnutls_certificate_credentials_t credentials, const std::optional<PemSource>& ca) {
  if (!ca) {
    if (library().certificate_set_x509_system_trust(credentials) <= 0) {
      throw Error(ErrorCode::invalidTlsOption,
                  "Expected certificate authorities in the system's store but there are none. Install the package "
                  "ca-certificates, or name them in tls.ca");
    }
    return;
  }
  Secret pem;
  readPem("tls.ca", *ca, pem);
  const gnutls_datum_t data = datum(pem.text);
  const int count = library().certificate_set_x509_trust_mem(credentials, &data, GNUTLS_X509_FMT_PEM);
  if (count < 0) refuse("tls.ca", "certificates", where(*ca) + " cannot be used: " + library().strerror(count));
  if (count == 0) refuse("tls.ca", "certificates", where(*ca) + " has none");
}

void identify(gnutls_certificate_credentials_t credentials, const TlsOptions& options) {
  if (!options.cert || !options.key) return;
  Secret cert;
  Secret key;
  readPem("tls.cert", *options.cert, cert);
  readPem("tls.key", *options.key, key);
  const gnutls_datum_t certData = datum(cert.text);
  const gnutls_datum_t keyData = datum(key.text);
  const char* const passphrase = options.passphrase.empty() ? nullptr : options.passphrase.c_str();
  const int result =
      library().certificate_set_x509_key_mem2(credentials, &certData, &keyData, GNUTLS_X509_FMT_PEM, passphrase, 0);
  if (result >= 0) return;
  const std::string said = library().strerror(result);
  if (result == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
    refuse("tls.key", "the key of the certificate in tls.cert", "it belongs to another one");
  // Whose fault it was is not told; a certificate alone is read without complaint.
  gnutls_certificate_credentials_t probe = nullptr;
  if (library().certificate_allocate_credentials(&probe) < 0) throw std::bad_alloc();
  const Credentials owner(probe);
  if (library().certificate_set_x509_trust_mem(probe, &certData, GNUTLS_X509_FMT_PEM) <= 0)
    refuse("tls.cert", "a certificate", where(*options.cert) + " has none that can be read: " + said);
  refuse("tls.key", "a private key",
         where(*options.key) + " has none that can be read" +
             (passphrase == nullptr ? "; if it is encrypted, its passphrase belongs in tls.passphrase"
                                    : " with the passphrase in tls.passphrase") +
             " (" + said + ")");
}

}  // namespace

Credentials loadCredentials(const TlsOptions& options) {
  gnutls_certificate_credentials_t made = nullptr;
  if (library().certificate_allocate_credentials(&made) < 0) throw std::bad_alloc();
  Credentials credentials(made);
  if (!options.insecureUnauthenticated) trust(made, options.ca);
  identify(made, options);
  return credentials;
}

gnutls_certificate_credentials_t CredentialStore::refresh(const TlsOptions& options) {
  try {
    latest_ = loadCredentials(options);
  } catch (const Error&) {
    if (!latest_) throw;
  }
  return latest_.get();
}

}  // namespace matmq::net::tls
