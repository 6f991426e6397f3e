// Options, whose shapes are NativeProducerOptions and NativeConsumerOptions of lib/native.ts.
#include <array>

#include "convert.hpp"

namespace matmq::addon {
namespace {

// In the order of the enums of options.hpp.
constexpr std::array<const char*, 3> whenFullNames{"wait", "reject", "dropOldest"};
constexpr std::array<const char*, 3> queueTypeNames{"classic", "quorum", "stream"};
constexpr std::array<const char*, 3> streamPointNames{"first", "last", "next"};
constexpr std::array<const char*, 2> loginNames{"plain", "external"};
constexpr std::array<const char*, 3> ackNames{"auto", "manual", "none"};

std::string text(Napi::Object object, const char* name) { return object.Get(name).ToString().Utf8Value(); }
double number(Napi::Object object, const char* name) { return object.Get(name).ToNumber().DoubleValue(); }
bool flag(Napi::Object object, const char* name) { return object.Get(name).ToBoolean().Value(); }
std::uint64_t count(Napi::Object object, const char* name) { return static_cast<std::uint64_t>(number(object, name)); }

std::vector<std::string> texts(Napi::Object object, const char* name) {
  const auto array = object.Get(name).As<Napi::Array>();
  std::vector<std::string> out;
  for (std::uint32_t i = 0; i < array.Length(); ++i) out.push_back(array.Get(i).ToString().Utf8Value());
  return out;
}

Napi::Array textArray(Napi::Env env, const std::vector<std::string>& list) {
  auto array = Napi::Array::New(env, list.size());
  for (std::size_t i = 0; i < list.size(); ++i) array.Set(static_cast<std::uint32_t>(i), list[i]);
  return array;
}

/// A path, or the text of a file as octets.
std::optional<PemSource> pem(Napi::Object object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (value.IsString()) return PemSource{value.As<Napi::String>().Utf8Value(), {}};
  if (!value.IsTypedArray()) return std::nullopt;
  const auto view = value.As<Napi::Uint8Array>();
  return PemSource{{}, std::string(reinterpret_cast<const char*>(view.Data()), view.ByteLength())};
}

TlsOptions tlsFrom(Napi::Object object) {
  TlsOptions tls;
  tls.ca = pem(object, "ca");
  tls.cert = pem(object, "cert");
  tls.key = pem(object, "key");
  tls.passphrase = text(object, "passphrase");
  tls.serverName = text(object, "serverName");
  tls.insecureUnauthenticated = flag(object, "insecureUnauthenticated");
  return tls;
}

std::optional<StreamOffset> streamOffset(Napi::Object queue) {
  const Napi::Value value = queue.Get("streamOffset");
  if (value.IsString()) return named<StreamPoint>(value.As<Napi::String>().Utf8Value(), streamPointNames);
  if (value.IsNumber()) return static_cast<std::uint64_t>(value.As<Napi::Number>().DoubleValue());
  if (value.IsDate()) return Timestamp{static_cast<std::uint64_t>(value.As<Napi::Date>().ValueOf() / 1000)};
  return std::nullopt;
}

template <typename Options>
void readShared(Napi::Object object, Options& options) {
  options.urls = texts(object, "urls");
  options.name = text(object, "name");
  options.heartbeat = std::chrono::seconds(static_cast<std::int64_t>(number(object, "heartbeatSeconds")));
  options.connectTimeout = std::chrono::milliseconds(static_cast<std::int64_t>(number(object, "connectTimeoutMs")));
  options.reconnect.enabled = flag(object, "reconnect");
  options.reconnect.initialDelay =
      std::chrono::milliseconds(static_cast<std::int64_t>(number(object, "reconnectInitialDelayMs")));
  options.reconnect.maxDelay =
      std::chrono::milliseconds(static_cast<std::int64_t>(number(object, "reconnectMaxDelayMs")));
  if (const Napi::Value tls = object.Get("tls"); tls.IsObject()) options.tls = tlsFrom(tls.As<Napi::Object>());
  options.login = named<LoginMethod>(text(object, "login"), loginNames);
  options.frameMax = static_cast<std::uint32_t>(number(object, "frameMax"));
  options.exchange = text(object, "exchange");
  options.exchangeType = text(object, "exchangeType");
  options.durable = flag(object, "durable");
  options.declare = flag(object, "declare");
  options.highWaterMark = {count(object, "highWaterMarkMessages"), count(object, "highWaterMarkBytes")};
}

template <typename Options>
Napi::Object sharedObject(Napi::Env env, const Options& options) {
  auto object = Napi::Object::New(env);
  const auto set = [&](const char* name, double value) { object.Set(name, Napi::Number::New(env, value)); };
  object.Set("urls", textArray(env, options.urls));
  object.Set("name", options.name);
  set("heartbeatSeconds", static_cast<double>(options.heartbeat.count()));
  set("connectTimeoutMs", static_cast<double>(options.connectTimeout.count()));
  object.Set("reconnect", options.reconnect.enabled);
  set("reconnectInitialDelayMs", static_cast<double>(options.reconnect.initialDelay.count()));
  set("reconnectMaxDelayMs", static_cast<double>(options.reconnect.maxDelay.count()));
  object.Set("login", loginNames.at(static_cast<std::size_t>(options.login)));
  set("frameMax", options.frameMax);
  object.Set("exchange", options.exchange);
  object.Set("exchangeType", options.exchangeType);
  object.Set("durable", options.durable);
  object.Set("declare", options.declare);
  set("highWaterMarkMessages", static_cast<double>(options.highWaterMark.messages));
  set("highWaterMarkBytes", static_cast<double>(options.highWaterMark.bytes));
  return object;
}

}  // namespace

ProducerOptions producerOptionsFrom(Napi::Object object) {
  ProducerOptions options;
  readShared(object, options);
  options.routingKey = text(object, "routingKey");
  options.confirm = flag(object, "confirm");
  options.confirmTimeout = std::chrono::milliseconds(static_cast<std::int64_t>(number(object, "confirmTimeoutMs")));
  options.persistent = flag(object, "persistent");
  options.mandatory = flag(object, "mandatory");
  options.whenFull = named<WhenFull>(text(object, "whenFull"), whenFullNames);
  options.maxMessageSize = count(object, "maxMessageSize");
  options.segment = flag(object, "segment");
  return options;
}

ConsumerOptions consumerOptionsFrom(Napi::Object object) {
  ConsumerOptions options;
  readShared(object, options);
  options.routingKeys = texts(object, "routingKeys");
  if (const Napi::Value value = object.Get("queue"); value.IsObject()) {
    const auto queue = value.As<Napi::Object>();
    options.queue = QueueOptions{text(queue, "name"),
                                 flag(queue, "durable"),
                                 named<QueueType>(text(queue, "type"), queueTypeNames),
                                 fieldTableFrom(queue.Get("arguments").As<Napi::Object>()),
                                 flag(queue, "redeclare"),
                                 streamOffset(queue)};
  }
  options.prefetch = static_cast<std::uint16_t>(number(object, "prefetch"));
  options.ack = named<AckMode>(text(object, "ack"), ackNames);
  options.limits = {count(object, "limitPixels"), count(object, "limitDecodedBytes")};
  options.maxMessageBytes = count(object, "limitMessageBytes");
  options.formats = imageFormatsFrom(object.Get("formats").As<Napi::Array>());
  return options;
}

Napi::Object producerOptionsObject(Napi::Env env, const ProducerOptions& options) {
  Napi::Object object = sharedObject(env, options);
  object.Set("routingKey", options.routingKey);
  object.Set("confirm", options.confirm);
  object.Set("confirmTimeoutMs", Napi::Number::New(env, static_cast<double>(options.confirmTimeout.count())));
  object.Set("persistent", options.persistent);
  object.Set("mandatory", options.mandatory);
  object.Set("whenFull", whenFullNames.at(static_cast<std::size_t>(options.whenFull)));
  object.Set("maxMessageSize", addon::number(env, options.maxMessageSize));
  object.Set("segment", options.segment);
  return object;
}

Napi::Object consumerOptionsObject(Napi::Env env, const ConsumerOptions& options) {
  Napi::Object object = sharedObject(env, options);
  object.Set("routingKeys", textArray(env, options.routingKeys));
  object.Set("prefetch", Napi::Number::New(env, options.prefetch));
  object.Set("ack", ackNames.at(static_cast<std::size_t>(options.ack)));
  object.Set("limitPixels", addon::number(env, options.limits.pixels));
  object.Set("limitDecodedBytes", addon::number(env, options.limits.decodedBytes));
  object.Set("limitMessageBytes", addon::number(env, options.maxMessageBytes));
  std::vector<std::string> formats;
  for (const ImageFormat format : {ImageFormat::png, ImageFormat::jpeg, ImageFormat::webp, ImageFormat::bmp,
                                   ImageFormat::tiff, ImageFormat::pnm}) {
    if (options.formats.contains(format)) formats.emplace_back(formatName(format));
  }
  object.Set("formats", textArray(env, formats));
  return object;
}

}  // namespace matmq::addon
