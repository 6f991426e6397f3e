#include "client/drivers.hpp"

#include <algorithm>
#include <array>
#include <matmq/error.hpp>

#include "amqp/driver.hpp"
#include "base/ascii.hpp"

namespace matmq {
namespace {

constexpr std::array<std::string_view, 2> amqpSchemes{"amqp", "amqps"};
constexpr DriverKind amqpKind{
    amqpSchemes,    amqp::validateProducer, amqp::validateConsumer, amqp::makeProducerDriver, amqp::makeConsumerDriver,
    amqp::libraries};

std::vector<const DriverKind*>& kinds() {
  static std::vector<const DriverKind*> all{&amqpKind};
  return all;
}

/// Of a URL, in small letters: capitals mean the same (RFC 3986, 3.1).
std::string schemeOf(std::string_view url) {
  std::string scheme(url.substr(0, url.find("://")));
  std::ranges::transform(scheme, scheme.begin(), lower);
  return scheme;
}

const DriverKind* kindOf(std::string_view url) {
  const std::string scheme = schemeOf(url);
  const auto named = [&scheme](const DriverKind* kind) {
    return std::ranges::find(kind->schemes, scheme) != kind->schemes.end();
  };
  const auto at = std::ranges::find_if(kinds(), named);
  return at == kinds().end() ? nullptr : *at;
}

std::string knownSchemes() {
  std::string text;
  for (const DriverKind* kind : kinds()) {
    for (const std::string_view scheme : kind->schemes)
      text.append(text.empty() ? "" : ", ").append(scheme).append("://");
  }
  return text;
}

}  // namespace

const DriverKind& driverFor(const std::vector<std::string>& url) {
  const DriverKind* chosen = nullptr;
  for (const std::string& each : url) {
    const DriverKind* const kind = kindOf(each);
    if (kind == nullptr) {
      throw Error(ErrorCode::invalidUrl,
                  "Expected a URL that begins with one of " + knownSchemes() + " but it has another beginning");
    }
    if (chosen != nullptr && kind != chosen) {
      throw Error(ErrorCode::invalidArgument, "Expected URLs of one broker for url but received those of several");
    }
    chosen = kind;
  }
  if (chosen == nullptr)
    throw Error(ErrorCode::invalidArgument, "Expected at least one URL for url but received an empty list");
  return *chosen;
}

std::map<std::string, std::string> driverLibraries() {
  std::map<std::string, std::string> libraries;
  for (const DriverKind* kind : kinds()) libraries.merge(kind->libraries());
  return libraries;
}

void addDriver(const DriverKind& kind) { kinds().push_back(&kind); }

}  // namespace matmq
