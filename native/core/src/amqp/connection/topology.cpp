#include "amqp/connection/topology.hpp"

#include "amqp/wire/field_table.hpp"

namespace matmq::amqp {
namespace {

std::string queueTypeName(QueueType type) {
  switch (type) {
    case QueueType::quorum:
      return "quorum";
    case QueueType::stream:
      return "stream";
    case QueueType::classic:
      break;
  }
  return "classic";
}

bool hasArgument(const QueueOptions& queue, const char* name, const FieldValue& value) {
  const auto at = queue.arguments.find(name);
  return at != queue.arguments.end() && at->second == value;
}

bool is(const QueueOptions& queue, QueueType type) {
  return queue.type == type || hasArgument(queue, "x-queue-type", queueTypeName(type));
}

}  // namespace

bool isStream(const QueueOptions& queue) { return is(queue, QueueType::stream); }
bool isQuorum(const QueueOptions& queue) { return is(queue, QueueType::quorum); }
bool hasSingleActiveConsumer(const QueueOptions& queue) { return hasArgument(queue, "x-single-active-consumer", true); }

void declareExchange(SetupScript& script, const AmqpConnectionOptions& options) {
  if (options.exchange.empty() || !options.declare) return;
  amqp_exchange_declare_t method{};
  method.exchange = bytesOf(options.exchange);
  method.type = bytesOf(options.exchangeType);
  method.durable = options.durable ? 1 : 0;
  script.request(theChannel, AMQP_EXCHANGE_DECLARE_METHOD, method, AMQP_EXCHANGE_DECLARE_OK_METHOD,
                 "declaring the " + options.exchangeType + " exchange '" + options.exchange + "'");
}

void declareQueue(SetupScript& script, const AmqpConsumerOptions& options, std::function<void(std::string)> onName) {
  amqp_queue_declare_t method{};
  FieldTable arguments;
  std::string what = "declaring a temporary queue";
  if (options.queue) {
    const QueueOptions& queue = *options.queue;
    what = "declaring the " + queueTypeName(queue.type) + " queue '" + queue.name + "'";
    arguments = queue.arguments;
    // Left out for classic queues: older brokers and other programs declare them without it.
    if (queue.type != QueueType::classic) arguments.insert_or_assign("x-queue-type", queueTypeName(queue.type));
    method.queue = bytesOf(queue.name);
    method.durable = queue.durable ? 1 : 0;
    method.passive = options.declare ? 0 : 1;
    method.arguments = encodableTable(arguments, script.pool());
  } else {
    method.exclusive = 1;
    method.auto_delete = 1;
  }
  script.request(theChannel, AMQP_QUEUE_DECLARE_METHOD, method, AMQP_QUEUE_DECLARE_OK_METHOD, what,
                 [onName = std::move(onName)](const Method& reply) {
                   onName(std::string(view(reply.as<amqp_queue_declare_ok_t>().queue)));
                 });
  if (options.exchange.empty()) return;           // every queue is bound to the default exchange by its name
  if (options.queue && !options.declare) return;  // it is used as it exists, bindings included
  for (const std::string& key : options.routingKey) {
    amqp_queue_bind_t bind{};
    // An empty name is the queue declared last on the channel (AMQP 0-9-1, queue.bind).
    if (options.queue) bind.queue = bytesOf(options.queue->name);
    bind.exchange = bytesOf(options.exchange);
    bind.routing_key = bytesOf(key);
    script.request(theChannel, AMQP_QUEUE_BIND_METHOD, bind, AMQP_QUEUE_BIND_OK_METHOD,
                   "binding the queue to the exchange '" + options.exchange + "' with the key '" + key + "'");
  }
}

}  // namespace matmq::amqp
