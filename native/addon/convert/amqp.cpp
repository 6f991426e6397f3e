// What is AMQP's: the field `amqp` of options, of what is sent and of received properties (lib/addon/contract.ts).
#include <array>

#include "convert/convert.hpp"
#include "convert/fields.hpp"

namespace matmq::addon {
namespace {

// In the order of the enums of amqp/options.hpp.
constexpr std::array<const char*, 3> queueTypeNames{"classic", "quorum", "stream"};
constexpr std::array<const char*, 3> streamPointNames{"first", "last", "next"};
constexpr std::array<const char*, 2> loginNames{"plain", "external"};

std::optional<StreamOffset> streamOffset(Napi::Object queue) {
  const Napi::Value value = ownField(queue, "streamOffset");
  if (value.IsString()) return named<StreamPoint>(value.As<Napi::String>().Utf8Value(), streamPointNames);
  if (value.IsNumber()) return static_cast<std::uint64_t>(value.As<Napi::Number>().DoubleValue());
  if (value.IsDate()) return Timestamp{static_cast<std::uint64_t>(value.As<Napi::Date>().ValueOf() / 1000)};
  return std::nullopt;
}

QueueOptions queueFrom(Napi::Object queue) {
  return {textField(queue, "name"),
          flagField(queue, "durable"),
          named<QueueType>(textField(queue, "type"), queueTypeNames),
          fieldTableFrom(ownField(queue, "arguments").As<Napi::Object>()),
          flagField(queue, "redeclare"),
          streamOffset(queue)};
}

void readConnection(Napi::Object object, AmqpConnectionOptions& options) {
  options.heartbeat = std::chrono::seconds(static_cast<std::int64_t>(numberField(object, "heartbeatSeconds")));
  options.login = named<LoginMethod>(textField(object, "login"), loginNames);
  options.frameMax = static_cast<std::uint32_t>(numberField(object, "frameMax"));
  options.exchange = textField(object, "exchange");
  options.exchangeType = textField(object, "exchangeType");
  options.durable = flagField(object, "durable");
  options.declare = flagField(object, "declare");
}

Napi::Object connectionObject(Napi::Env env, const AmqpConnectionOptions& options) {
  auto object = Napi::Object::New(env);
  object.Set("heartbeatSeconds", Napi::Number::New(env, static_cast<double>(options.heartbeat.count())));
  object.Set("login", loginNames.at(static_cast<std::size_t>(options.login)));
  object.Set("frameMax", Napi::Number::New(env, options.frameMax));
  object.Set("exchange", options.exchange);
  object.Set("exchangeType", options.exchangeType);
  object.Set("durable", options.durable);
  object.Set("declare", options.declare);
  return object;
}

}  // namespace

void readAmqp(Napi::Object object, AmqpProducerOptions& options) {
  readConnection(object, options);
  options.routingKey = textField(object, "routingKey");
  options.confirm = flagField(object, "confirm");
  options.confirmTimeout = millisecondsField(object, "confirmTimeoutMs");
  options.persistent = flagField(object, "persistent");
  options.mandatory = flagField(object, "mandatory");
  options.maxMessageSize = countField(object, "maxMessageSize");
}

void readAmqp(Napi::Object object, AmqpConsumerOptions& options) {
  readConnection(object, options);
  options.routingKey = textsField(object, "routingKey");
  if (const Napi::Value queue = ownField(object, "queue"); queue.IsObject())
    options.queue = queueFrom(queue.As<Napi::Object>());
}

Napi::Object amqpObject(Napi::Env env, const AmqpProducerOptions& options) {
  Napi::Object object = connectionObject(env, options);
  object.Set("routingKey", options.routingKey);
  object.Set("confirm", options.confirm);
  object.Set("confirmTimeoutMs", Napi::Number::New(env, static_cast<double>(options.confirmTimeout.count())));
  object.Set("persistent", options.persistent);
  object.Set("mandatory", options.mandatory);
  object.Set("maxMessageSize", number(env, options.maxMessageSize));
  return object;
}

Napi::Object amqpObject(Napi::Env env, const AmqpConsumerOptions& options) {
  Napi::Object object = connectionObject(env, options);
  object.Set("routingKey", textArray(env, options.routingKey));
  return object;
}

void readAmqp(Napi::Object object, OutgoingMessage& message) {
  const auto byte = [&object](const char* name) -> std::optional<std::uint8_t> {
    const Napi::Value value = ownField(object, name);
    if (!value.IsNumber()) return std::nullopt;
    return static_cast<std::uint8_t>(value.As<Napi::Number>().Uint32Value());
  };
  const auto text = [&object](const char* name) -> std::optional<std::string> {
    const Napi::Value value = ownField(object, name);
    return value.IsString() ? std::optional(value.As<Napi::String>().Utf8Value()) : std::nullopt;
  };
  if (auto routingKey = text("routingKey")) message.routingKey = std::move(routingKey);
  AmqpProperties& properties = message.properties;
  properties.deliveryMode = byte("deliveryMode");
  properties.priority = byte("priority");
  properties.expiration = text("expiration");
  properties.userId = text("userId");
}

std::optional<Napi::Object> amqpObject(Napi::Env env, const AmqpProperties& p) {
  if (!p.deliveryMode && !p.priority && !p.expiration && !p.userId) return std::nullopt;
  auto object = Napi::Object::New(env);
  if (p.deliveryMode) object.Set("deliveryMode", Napi::Number::New(env, *p.deliveryMode));
  if (p.priority) object.Set("priority", Napi::Number::New(env, *p.priority));
  if (p.expiration) object.Set("expiration", *p.expiration);
  if (p.userId) object.Set("userId", *p.userId);
  return object;
}

}  // namespace matmq::addon
