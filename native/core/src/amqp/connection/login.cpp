#include "amqp/connection/login.hpp"

#include <matmq/version.hpp>

#include "amqp/wire/field_table.hpp"

namespace matmq::amqp {

std::string_view mechanismOf(LoginMethod login) noexcept {
  return login == LoginMethod::external ? "EXTERNAL" : "PLAIN";
}

Bytes startOk(const Endpoint& endpoint, Settings settings) {
  const FieldTable capabilities{
      {"publisher_confirms", true},
      {"basic.nack", true},
      {"consumer_cancel_notify", true},
      {"connection.blocked", true},
      {"exchange_exchange_bindings", true},
      // a refused password is answered with connection.close and a reason, not with a closed socket
      {"authentication_failure_close", true},
  };
  const FieldTable properties{
      {"product", std::string("MatMQ")},
      {"version", std::string(version())},
      {"platform", std::string("C++, rabbitmq-c ") + amqp_version()},
      {"connection_name", settings.shared.name},
      {"capabilities", capabilities},
  };
  // EXTERNAL says nothing: the broker knows who we are from the certificate.
  const bool external = settings.amqp.login == LoginMethod::external;
  const std::string response = external ? std::string() : '\0' + endpoint.user + '\0' + endpoint.password;
  DecodePool pool;
  amqp_connection_start_ok_t method{};
  method.client_properties = encodableTable(properties, pool);
  method.mechanism = bytesOf(mechanismOf(settings.amqp.login));
  method.response = bytesOf(response);
  method.locale = bytesOf("en_US");
  Bytes frame;
  appendMethod(frame, 0, AMQP_CONNECTION_START_OK_METHOD, method);
  return frame;
}

BrokerInfo brokerInfo(const amqp_connection_start_t& start) {
  const FieldTable properties = fieldTable(start.server_properties);
  const auto text = [&properties](const char* name) {
    const auto at = properties.find(name);
    const auto* value = at == properties.end() ? nullptr : std::get_if<std::string>(&at->second.value);
    return value == nullptr ? std::string() : *value;
  };
  return {text("product"), text("version"), {}};
}

bool offers(std::string_view mechanisms, std::string_view mechanism) {
  while (!mechanisms.empty()) {
    const auto space = mechanisms.find(' ');
    if (mechanisms.substr(0, space) == mechanism) return true;
    if (space == std::string_view::npos) break;
    mechanisms.remove_prefix(space + 1);
  }
  return false;
}

}  // namespace matmq::amqp
