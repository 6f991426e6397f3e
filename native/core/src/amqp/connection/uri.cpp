#include "amqp/connection/uri.hpp"

#include <algorithm>
#include <charconv>
#include <matmq/error.hpp>

#include "amqp/wire/codec.hpp"
#include "base/ascii.hpp"

namespace matmq::amqp {

namespace {

constexpr const char* form = "amqp://user:password@host:port/vhost (special characters percent-encoded)";

/// rabbitmq-c refuses the escapes of octets above 127, which every letter beyond ASCII has, but takes the octets
/// themselves; its C strings end at a zero.
std::string withoutHighEscapes(const std::string& url) {
  std::string out;
  for (std::size_t at = 0; at < url.size(); ++at) {
    unsigned octet = 0;
    const char* const digits = url.data() + at + 1;
    const bool isEscape =
        url[at] == '%' && url.size() - at > 2 && std::from_chars(digits, digits + 2, octet, 16).ptr == digits + 2;
    if (url[at] == '\0' || (isEscape && octet == 0)) {
      throw Error(ErrorCode::invalidUrl,
                  std::string("Expected a URL of the form ") + form + " but it has a zero in it");
    }
    if (isEscape && octet > 127) {
      out += static_cast<char>(octet);
      at += 2;
    } else {
      out += url[at];
    }
  }
  return out;
}

}  // namespace

Endpoint parseUrl(const std::string& url) {
  if (url.find_first_of("?#") != std::string::npos) {
    throw Error(ErrorCode::invalidUrl, std::string("Expected a URL of the form ") + form +
                                           " but it has a query or fragment; say such things in the options");
  }
  std::string scratch = withoutHighEscapes(url);  // rabbitmq-c writes terminators into it and its result points there
  // To it a scheme in capitals is none (RFC 3986, 3.1).
  const auto schemeEnd = scratch.begin() + static_cast<std::ptrdiff_t>(std::min(scratch.find("://"), scratch.size()));
  std::transform(scratch.begin(), schemeEnd, scratch.begin(), lower);
  amqp_connection_info info{};
  amqp_default_connection_info(&info);
  if (amqp_parse_url(scratch.data(), &info) != AMQP_STATUS_OK || info.host == nullptr || *info.host == '\0') {
    throw Error(ErrorCode::invalidUrl, std::string("Expected a URL of the form ") + form + " but it cannot be parsed");
  }
  if (info.port <= 0 || info.port > 65535) {
    throw Error(ErrorCode::invalidUrl,
                "Expected a port from 1 to 65535 in the URL but received " + std::to_string(info.port));
  }
  Endpoint endpoint;
  endpoint.protocol = {"AMQP", 5672, 5671};
  endpoint.host = info.host;
  endpoint.port = static_cast<std::uint16_t>(info.port);
  endpoint.user = info.user;
  endpoint.password = info.password;
  if (info.vhost != nullptr && *info.vhost != '\0') endpoint.vhost = info.vhost;
  endpoint.tls = info.ssl != 0;
  return endpoint;
}

}  // namespace matmq::amqp
