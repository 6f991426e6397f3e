// Options, whose shapes are NativeProducerOptions and NativeConsumerOptions of lib/addon/contract.ts.
#include <array>

#include "convert/convert.hpp"
#include "convert/fields.hpp"

namespace matmq::addon {
namespace {

// In the order of the enums of options.hpp.
constexpr std::array<const char*, 3> whenFullNames{"wait", "reject", "dropOldest"};
constexpr std::array<const char*, 3> ackNames{"auto", "manual", "none"};
constexpr std::array<const char*, 2> segmentsNames{"accept", "refuse"};

/// A path, or the text of a file as octets.
std::optional<PemSource> pem(Napi::Object object, const char* name) {
  const Napi::Value value = ownField(object, name);
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
  tls.passphrase = textField(object, "passphrase");
  tls.serverName = textField(object, "serverName");
  tls.insecureUnauthenticated = flagField(object, "insecureUnauthenticated");
  return tls;
}

template <typename Options>
void readShared(Napi::Object object, Options& options) {
  options.url = textsField(object, "url");
  options.name = textField(object, "name");
  options.connectTimeout = millisecondsField(object, "connectTimeoutMs");
  options.reconnect.enabled = flagField(object, "reconnect");
  options.reconnect.initialDelay = millisecondsField(object, "reconnectInitialDelayMs");
  options.reconnect.maxDelay = millisecondsField(object, "reconnectMaxDelayMs");
  if (const Napi::Value tls = ownField(object, "tls"); tls.IsObject()) options.tls = tlsFrom(tls.As<Napi::Object>());
  options.highWaterMark = {countField(object, "highWaterMarkMessages"), countField(object, "highWaterMarkBytes")};
  if (const Napi::Value amqp = ownField(object, "amqp"); amqp.IsObject()) readAmqp(amqp.As<Napi::Object>(), options);
}

template <typename Options>
Napi::Object sharedObject(Napi::Env env, const Options& options) {
  auto object = Napi::Object::New(env);
  const auto set = [&](const char* name, double value) { object.Set(name, Napi::Number::New(env, value)); };
  object.Set("url", textArray(env, options.url));
  object.Set("name", options.name);
  set("connectTimeoutMs", static_cast<double>(options.connectTimeout.count()));
  object.Set("reconnect", options.reconnect.enabled);
  set("reconnectInitialDelayMs", static_cast<double>(options.reconnect.initialDelay.count()));
  set("reconnectMaxDelayMs", static_cast<double>(options.reconnect.maxDelay.count()));
  set("highWaterMarkMessages", static_cast<double>(options.highWaterMark.messages));
  set("highWaterMarkBytes", static_cast<double>(options.highWaterMark.bytes));
  object.Set("amqp", amqpObject(env, options));
  return object;
}

}  // namespace

ProducerOptions producerOptionsFrom(Napi::Object object) {
  ProducerOptions options;
  readShared(object, options);
  options.whenFull = named<WhenFull>(textField(object, "whenFull"), whenFullNames);
  options.segment = flagField(object, "segment");
  return options;
}

ConsumerOptions consumerOptionsFrom(Napi::Object object) {
  ConsumerOptions options;
  readShared(object, options);
  if (ownField(object, "prefetch").IsNumber())
    options.prefetch = static_cast<std::uint16_t>(numberField(object, "prefetch"));
  options.ack = named<AckMode>(textField(object, "ack"), ackNames);
  options.segments = named<Segments>(textField(object, "segments"), segmentsNames);
  const auto limits = ownField(object, "limits").As<Napi::Object>();
  options.limits.pixels = countField(limits, "pixels");
  options.limits.decodedBytes = countField(limits, "decodedBytes");
  options.limits.decodeTime = millisecondsField(limits, "decodeTime");
  options.limits.messageBytes = countField(limits, "messageBytes");
  options.formats = imageFormatsFrom(ownField(object, "formats").As<Napi::Array>());
  return options;
}

Napi::Object producerOptionsObject(Napi::Env env, const ProducerOptions& options) {
  Napi::Object object = sharedObject(env, options);
  object.Set("whenFull", whenFullNames.at(static_cast<std::size_t>(options.whenFull)));
  object.Set("segment", options.segment);
  return object;
}

Napi::Object consumerOptionsObject(Napi::Env env, const ConsumerOptions& options) {
  Napi::Object object = sharedObject(env, options);
  if (options.prefetch) {
    object.Set("prefetch", Napi::Number::New(env, *options.prefetch));
  } else {
    object.Set("prefetch", "auto");
  }
  object.Set("ack", ackNames.at(static_cast<std::size_t>(options.ack)));
  object.Set("segments", segmentsNames.at(static_cast<std::size_t>(options.segments)));
  auto limits = Napi::Object::New(env);
  limits.Set("pixels", number(env, options.limits.pixels));
  limits.Set("decodedBytes", number(env, options.limits.decodedBytes));
  limits.Set("decodeTime", Napi::Number::New(env, static_cast<double>(options.limits.decodeTime.count())));
  limits.Set("messageBytes", number(env, options.limits.messageBytes));
  object.Set("limits", limits);
  const std::vector<std::string_view> formats = formatNames(options.formats);
  object.Set("formats", textArray(env, {formats.begin(), formats.end()}));
  return object;
}

}  // namespace matmq::addon
