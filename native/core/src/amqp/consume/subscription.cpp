#include "amqp/consume/subscription.hpp"

namespace matmq::amqp {

void appendSubscribe(Bytes& frames, const std::string& queue, const std::string& consumerTag, std::uint16_t window) {
  amqp_basic_qos_t qos{};
  qos.prefetch_count = window;
  appendMethod(frames, theChannel, AMQP_BASIC_QOS_METHOD, qos);
  amqp_basic_consume_t consume{};
  consume.queue = bytesOf(queue);
  consume.consumer_tag = bytesOf(consumerTag);
  consume.nowait = 1;
  appendMethod(frames, theChannel, AMQP_BASIC_CONSUME_METHOD, consume);
}

void appendCancel(Bytes& frames, const std::string& consumerTag) {
  amqp_basic_cancel_t cancel{};
  cancel.consumer_tag = bytesOf(consumerTag);
  cancel.nowait = 1;
  appendMethod(frames, theChannel, AMQP_BASIC_CANCEL_METHOD, cancel);
}

}  // namespace matmq::amqp
