// Checks of the options that every broker has.
#include <matmq/options.hpp>

#include "base/option_checks.hpp"
#include "client/drivers.hpp"

namespace matmq {
namespace {

void checkPem(const std::string& option, const std::optional<PemSource>& pem) {
  if (!pem || pem->file.empty() != pem->text.empty()) return;
  refuseOption(option, "a file or the text of one", pem->file.empty() ? "neither" : "both");
}

void checkTls(const TlsOptions& tls) {
  checkPem("tls.ca", tls.ca);
  checkPem("tls.cert", tls.cert);
  checkPem("tls.key", tls.key);
  if (tls.cert.has_value() != tls.key.has_value()) {
    refuseOption("tls.cert and tls.key", "both or neither", tls.cert ? "a certificate without its key" : "a key alone");
  }
  if (tls.serverName.find('\0') != std::string::npos) refuseOption("tls.serverName", "a name", "one with a zero in it");
  if (tls.passphrase.find('\0') != std::string::npos) refuseOption("tls.passphrase", "no zero in it", "one");
}

void checkConnection(const ConnectionOptions& options) {
  if (options.url.empty()) refuseOption("url", "at least one URL", "an empty list");
  if (options.tls) checkTls(*options.tls);
  if (options.connectTimeout.count() <= 0)
    refuseOption("connectTimeout", "more than 0 ms", std::to_string(options.connectTimeout.count()));
  if (options.reconnect.initialDelay.count() <= 0) {
    refuseOption("reconnect.initialDelay", "more than 0 ms", std::to_string(options.reconnect.initialDelay.count()));
  }
  if (options.reconnect.maxDelay < options.reconnect.initialDelay) {
    refuseOption("reconnect.maxDelay", "at least reconnect.initialDelay",
                 std::to_string(options.reconnect.maxDelay.count()));
  }
  checkName("name", options.name);
  if (options.highWaterMark.messages == 0) refuseOption("highWaterMark.messages", "at least 1", "0");
  if (options.highWaterMark.bytes == 0) refuseOption("highWaterMark.bytes", "at least 1", "0");
}

}  // namespace

void validate(const ProducerOptions& options) {
  checkConnection(options);
  driverFor(options.url).validateProducer(options);
}

void validate(const ConsumerOptions& options) {
  checkConnection(options);
  if (options.formats.empty()) refuseOption("formats", "at least one image format", "none");
  driverFor(options.url).validateConsumer(options);
}

}  // namespace matmq
