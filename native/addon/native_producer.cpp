#include "native_producer.hpp"

#include "codec_calls.hpp"
#include "convert/fields.hpp"
#include "environment/held_array.hpp"

namespace matmq::addon {
Napi::Function NativeProducer::define(Napi::Env env) {
  return DefineClass(
      env, "NativeProducer",
      {InstanceMethod<&NativeProducer::sendText>("sendText"), InstanceMethod<&NativeProducer::sendBytes>("sendBytes"),
       InstanceMethod<&NativeProducer::sendImage>("sendImage"), InstanceMethod<&NativeProducer::sendEot>("sendEot"),
       InstanceMethod<&NativeProducer::collect>("collect"),
       InstanceMethod<&NativeProducer::awaitSettlements>("awaitSettlements"),
       InstanceMethod<&NativeProducer::stats>("stats"), InstanceMethod<&NativeProducer::instance>("instance"),
       InstanceMethod<&NativeProducer::close>("close"), InstanceMethod<&NativeProducer::refMethod>("ref"),
       InstanceMethod<&NativeProducer::unrefMethod>("unref")});
}

NativeProducer::NativeProducer(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeProducer>(info) {
  guarded(info.Env(),
          [&] { start(info.Env(), producerOptionsFrom(info[0].As<Napi::Object>()), info[1].As<Napi::Function>()); });
}

namespace {

/// How the memory of a send is kept, and if it is given: whether it was taken.
struct Memory {
  explicit Memory(Napi::Value number) : keep(static_cast<Keep>(number.As<Napi::Number>().Uint32Value())) {
    if (keep == Keep::given) given = std::make_shared<bool>(false);
  }
  void accept(std::uint64_t sequence) const {
    if (given) *given = sequence != 0;
  }
  Keep keep;
  Taken given;
};

}  // namespace

std::uint64_t NativeProducer::send(Napi::Env env, OutgoingMessage message, Napi::Value options) {
  if (!options.IsUndefined()) {
    const auto object = options.As<Napi::Object>();
    if (const Napi::Value own = ownField(object, "properties"); own.IsObject()) {
      addProperties(message, propertiesFrom(own.As<Napi::Object>()));
    }
    if (const Napi::Value amqp = ownField(object, "amqp"); amqp.IsObject()) readAmqp(amqp.As<Napi::Object>(), message);
  }
  return engine(env).trySend(std::move(message));
}

Napi::Value NativeProducer::sendText(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    return number(info.Env(), send(info.Env(), textMessage(info[0].As<Napi::String>().Utf8Value()), info[1]));
  });
}

Napi::Value NativeProducer::sendBytes(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Memory memory(info[1]);
    const std::uint64_t sequence =
        send(info.Env(), binaryMessage(bytesFrom(info.Env(), info[0], memory.keep, memory.given)), info[2]);
    memory.accept(sequence);
    return number(info.Env(), sequence);
  });
}

Napi::Value NativeProducer::sendImage(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const ImageFormat format = parseImageFormat(info[6].ToString().Utf8Value());
    const Memory memory(info[5]);
    HeldMat image = matFrom(info, 0, memory.keep, memory.given);
    const std::uint64_t sequence =
        send(info.Env(), imageMessage(image.mat, std::move(image.owner), format, encodeOptionsFrom(info[7])), info[8]);
    memory.accept(sequence);
    return number(info.Env(), sequence);
  });
}

Napi::Value NativeProducer::sendEot(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] { return number(info.Env(), send(info.Env(), eotMessage(), info[0])); });
}

void NativeProducer::awaitSettlements(const Napi::CallbackInfo& info) {
  engine(info.Env()).awaitSettlements(info[0].ToBoolean());
}

Napi::Value NativeProducer::collect(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const ProducerReport report = engine(env).collect();
  auto object = Napi::Object::New(env);
  if (!report.settled.empty()) {
    auto ranges = Napi::Array::New(env, report.settled.size() * 2);
    std::uint32_t i = 0;
    for (const SettledRange& range : report.settled) {
      ranges.Set(i++, number(env, range.first));
      ranges.Set(i++, number(env, range.last));
    }
    object.Set("settled", ranges);
  }
  if (!report.failures.empty()) {
    auto failures = Napi::Array::New(env, report.failures.size());
    for (std::size_t i = 0; i < report.failures.size(); ++i) {
      auto failure = Napi::Object::New(env);
      failure.Set("sequence", number(env, report.failures[i].sequence));
      failure.Set("error", errorObject(env, report.failures[i].error));
      failures.Set(static_cast<std::uint32_t>(i), failure);
    }
    object.Set("failures", failures);
  }
  if (!report.events.empty()) object.Set("events", eventArray(env, report.events));
  releaseIfClosed(report.events);
  if (report.roomAgain) object.Set("roomAgain", true);
  return object;
}

Napi::Value NativeProducer::stats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const ProducerStats stats = engine(env).stats();
  auto object = Napi::Object::New(env);
  object.Set("sent", number(env, stats.sent));
  object.Set("confirmed", number(env, stats.confirmed));
  object.Set("failed", number(env, stats.failed));
  object.Set("dropped", number(env, stats.dropped));
  object.Set("resent", number(env, stats.resent));
  object.Set("segments", number(env, stats.segments));
  object.Set("bytesWritten", number(env, stats.bytesWritten));
  object.Set("bytesRead", number(env, stats.bytesRead));
  object.Set("pendingMessages", number(env, stats.pendingMessages));
  object.Set("pendingBytes", number(env, stats.pendingBytes));
  object.Set("connects", number(env, stats.connects));
  object.Set("connected", stats.connected);
  object.Set("blocked", stats.blocked);
  return object;
}

Napi::Value NativeProducer::instance(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), engine(info.Env()).instance());
}

void NativeProducer::close(const Napi::CallbackInfo& info) { engine(info.Env()).close(); }

}  // namespace matmq::addon
