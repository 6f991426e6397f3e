#include "rabbit.hpp"

#include <stdexcept>

namespace bench {
namespace {

std::string explain(const amqp_rpc_reply_t& reply) {
  if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) return amqp_error_string2(reply.library_error);
  return "refused by the peer";
}

void require(const amqp_rpc_reply_t& reply, const char* what) {
  if (reply.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error(std::string(what) + ": " + explain(reply));
}

}  // namespace

amqp_bytes_t bytesOf(const std::string& text) noexcept { return {text.size(), const_cast<char*>(text.data())}; }

Rabbit::Rabbit(std::uint16_t port) : state_(amqp_new_connection()) {
  try {
    amqp_socket_t* const socket = amqp_tcp_socket_new(state_);
    if (socket == nullptr) throw std::runtime_error("no memory for a socket");
    const int status = amqp_socket_open(socket, "127.0.0.1", port);
    if (status != AMQP_STATUS_OK) throw std::runtime_error(std::string("connect: ") + amqp_error_string2(status));
    require(amqp_login(state_, "/", AMQP_DEFAULT_MAX_CHANNELS, frameMax, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest"),
            "login");
    amqp_channel_open(state_, channel);
    check("channel.open");
  } catch (...) {
    amqp_destroy_connection(state_);
    throw;
  }
}

Rabbit::~Rabbit() { amqp_destroy_connection(state_); }

void Rabbit::check(const char* what) const { require(amqp_get_rpc_reply(state_), what); }

void Rabbit::declareExchange(const std::string& exchange) {
  amqp_exchange_declare(state_, channel, bytesOf(exchange), amqp_cstring_bytes("direct"), 0, 0, 0, 0, amqp_empty_table);
  check("exchange.declare");
}

std::string Rabbit::declareQueue(const std::string& exchange, const std::string& routingKey) {
  const auto* const declared = amqp_queue_declare(state_, channel, amqp_empty_bytes, 0, 0, 1, 1, amqp_empty_table);
  check("queue.declare");
  std::string name(static_cast<const char*>(declared->queue.bytes), declared->queue.len);
  amqp_queue_bind(state_, channel, bytesOf(name), bytesOf(exchange), bytesOf(routingKey), amqp_empty_table);
  check("queue.bind");
  return name;
}

void Rabbit::selectConfirms() {
  amqp_confirm_select(state_, channel);
  check("confirm.select");
}

void Rabbit::limitPrefetch(std::uint16_t messages) {
  amqp_basic_qos(state_, channel, 0, messages, 0);
  check("basic.qos");
}

void Rabbit::close() { require(amqp_connection_close(state_, AMQP_REPLY_SUCCESS), "connection.close"); }

}  // namespace bench
