#include "broker_side.hpp"

#include "amqp/wire/codec.hpp"

namespace fuzz {
namespace {

using namespace matmq;
using namespace matmq::amqp;

template <typename T>
void append(Bytes& out, std::uint16_t channel, amqp_method_number_t id, const T& method) {
  appendMethod(out, channel, id, method);
}

}  // namespace

Bytes login(bool producer) {
  Bytes out;
  amqp_connection_start_t start{};
  start.version_minor = 9;
  start.mechanisms = bytesOf("PLAIN AMQPLAIN");
  start.locales = bytesOf("en_US");
  append(out, 0, AMQP_CONNECTION_START_METHOD, start);
  append(out, 0, AMQP_CONNECTION_TUNE_METHOD, amqp_connection_tune_t{2047, 131072, 60});
  append(out, 0, AMQP_CONNECTION_OPEN_OK_METHOD, amqp_connection_open_ok_t{});
  append(out, theChannel, AMQP_CHANNEL_OPEN_OK_METHOD, amqp_channel_open_ok_t{});
  if (producer) append(out, theChannel, AMQP_CONFIRM_SELECT_OK_METHOD, amqp_confirm_select_ok_t{});
  append(out, theChannel, AMQP_EXCHANGE_DECLARE_OK_METHOD, amqp_exchange_declare_ok_t{});
  if (producer) return out;
  amqp_queue_declare_ok_t queue{};
  queue.queue = bytesOf("amq.gen-1");
  append(out, theChannel, AMQP_QUEUE_DECLARE_OK_METHOD, queue);
  append(out, theChannel, AMQP_QUEUE_BIND_OK_METHOD, amqp_queue_bind_ok_t{});
  append(out, theChannel, AMQP_BASIC_QOS_OK_METHOD, amqp_basic_qos_ok_t{});
  append(out, theChannel, AMQP_BASIC_CONSUME_OK_METHOD, amqp_basic_consume_ok_t{});
  return out;
}

}  // namespace fuzz
