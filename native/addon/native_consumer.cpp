#include "native_consumer.hpp"

#include "delivery.hpp"

namespace matmq::addon {

Napi::Function NativeConsumer::define(Napi::Env env) {
  return DefineClass(
      env, "NativeConsumer",
      {InstanceMethod<&NativeConsumer::take>("take"), InstanceMethod<&NativeConsumer::acknowledge>("acknowledge"),
       InstanceMethod<&NativeConsumer::reject>("reject"), InstanceMethod<&NativeConsumer::decode>("decode"),
       InstanceMethod<&NativeConsumer::collect>("collect"), InstanceMethod<&NativeConsumer::stats>("stats"),
       InstanceMethod<&NativeConsumer::properties>("properties"),
       InstanceMethod<&NativeConsumer::sourceName>("sourceName"), InstanceMethod<&NativeConsumer::close>("close"),
       InstanceMethod<&NativeConsumer::refMethod>("ref"), InstanceMethod<&NativeConsumer::unrefMethod>("unref")});
}

NativeConsumer::NativeConsumer(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeConsumer>(info) {
  guarded(info.Env(), [&] {
    ConsumerOptions options = consumerOptionsFrom(info[0].As<Napi::Object>());
    decoding_.limits = options.limits;
    decoding_.formats = options.formats;
    start(info.Env(), std::move(options), info[1].As<Napi::Function>());
  });
}

Napi::Value NativeConsumer::take(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto maxMessages = static_cast<std::size_t>(info[0].ToNumber().Int64Value());
  const auto maxBytes = static_cast<std::size_t>(info[1].ToNumber().Int64Value());
  const auto messages = engine(env).take(maxMessages, maxBytes);
  if (messages.empty()) return env.Undefined();
  remindOfExternalMemory(env);
  DeliveryValues values(env, messages.size());
  for (const auto& message : messages) values.append(*message);
  return values.passTo(info[2].As<Napi::Function>());
}

namespace {

DeliveryNumber deliveryNumber(const Napi::CallbackInfo& info) {
  return static_cast<DeliveryNumber>(info[0].ToNumber().DoubleValue());
}

}  // namespace

Napi::Value NativeConsumer::acknowledge(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), engine(info.Env()).acknowledge(deliveryNumber(info), info[1].ToBoolean()));
}

Napi::Value NativeConsumer::reject(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), engine(info.Env()).reject(deliveryNumber(info), info[1].ToBoolean()));
}

Napi::Value NativeConsumer::decode(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guarded(env, [&]() -> Napi::Value {
    return decodeOnCodecThread(info, engine(env).decodeProperties(octetsOf(info[0])), decoding_);
  });
}

Napi::Value NativeConsumer::collect(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const ConsumerReport report = engine(env).collect();
  auto object = Napi::Object::New(env);
  if (!report.events.empty()) object.Set("events", eventArray(env, report.events));
  releaseIfClosed(report.events);
  return object;
}

Napi::Value NativeConsumer::stats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const ConsumerStats stats = engine(env).stats();
  auto object = Napi::Object::New(env);
  object.Set("received", number(env, stats.received));
  object.Set("receivedBytes", number(env, stats.receivedBytes));
  object.Set("taken", number(env, stats.taken));
  object.Set("acknowledged", number(env, stats.acknowledged));
  object.Set("rejected", number(env, stats.rejected));
  object.Set("refused", number(env, stats.refused));
  object.Set("segments", number(env, stats.segments));
  object.Set("prefetch", number(env, stats.prefetch));
  object.Set("doubledSegments", number(env, stats.doubledSegments));
  object.Set("openMessages", number(env, stats.openMessages));
  object.Set("openBytes", number(env, stats.openBytes));
  object.Set("bytesRead", number(env, stats.bytesRead));
  object.Set("bytesWritten", number(env, stats.bytesWritten));
  object.Set("inboxMessages", number(env, stats.inboxMessages));
  object.Set("inboxBytes", number(env, stats.inboxBytes));
  object.Set("connects", number(env, stats.connects));
  object.Set("connected", stats.connected);
  object.Set("blocked", stats.blocked);
  return object;
}

Napi::Value NativeConsumer::properties(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guarded(env, [&] { return propertiesObject(env, engine(env).decodeProperties(octetsOf(info[0]))); });
}

Napi::Value NativeConsumer::sourceName(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), engine(info.Env()).sourceName());
}

void NativeConsumer::close(const Napi::CallbackInfo& info) { engine(info.Env()).close(); }

}  // namespace matmq::addon
