#include "native_producer.hpp"

namespace matmq::addon {
namespace {

SharedBytes bytesFrom(Napi::Env env, Napi::Value value, bool copy) {
  const auto view = value.As<Napi::Uint8Array>();
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(view.Data()), view.ByteLength());
  if (copy) return copyBytes(bytes);
  return {holdValue(env, view), bytes};
}

}  // namespace

Napi::Function NativeProducer::define(Napi::Env env) {
  return DefineClass(
      env, "NativeProducer",
      {InstanceMethod<&NativeProducer::sendText>("sendText"), InstanceMethod<&NativeProducer::sendBytes>("sendBytes"),
       InstanceMethod<&NativeProducer::sendImage>("sendImage"), InstanceMethod<&NativeProducer::sendEot>("sendEot"),
       InstanceMethod<&NativeProducer::collect>("collect"), InstanceMethod<&NativeProducer::attend>("attend"),
       InstanceMethod<&NativeProducer::stats>("stats"), InstanceMethod<&NativeProducer::instance>("instance"),
       InstanceMethod<&NativeProducer::close>("close"), InstanceMethod<&NativeProducer::refMethod>("ref"),
       InstanceMethod<&NativeProducer::unrefMethod>("unref")});
}

NativeProducer::NativeProducer(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeProducer>(info) {
  guarded(info.Env(),
          [&] { start(info.Env(), producerOptionsFrom(info[0].As<Napi::Object>()), info[1].As<Napi::Function>()); });
}

Napi::Value NativeProducer::send(Napi::Env env, OutgoingMessage message, Napi::Value options) {
  if (options.IsObject()) {
    const auto object = options.As<Napi::Object>();
    if (const Napi::Value key = object.Get("routingKey"); key.IsString())
      message.routingKey = key.As<Napi::String>().Utf8Value();
    if (const Napi::Value own = object.Get("properties"); own.IsObject()) {
      addProperties(message, propertiesFrom(own.As<Napi::Object>()));
    }
  }
  return number(env, engine(env).trySend(std::move(message)));
}

Napi::Value NativeProducer::sendText(const Napi::CallbackInfo& info) {
  return guarded(info.Env(),
                 [&] { return send(info.Env(), textMessage(info[0].As<Napi::String>().Utf8Value()), info[1]); });
}

Napi::Value NativeProducer::sendBytes(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    return send(info.Env(), binaryMessage(bytesFrom(info.Env(), info[0], info[1].ToBoolean())), info[2]);
  });
}

Napi::Value NativeProducer::sendImage(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const int rows = info[0].ToNumber();
    const int cols = info[1].ToNumber();
    const int type = info[2].ToNumber();
    const auto step = static_cast<std::size_t>(info[3].ToNumber().Int64Value());
    const ImageFormat format = parseImageFormat(info[6].ToString().Utf8Value());
    SharedBytes bytes = bytesFrom(info.Env(), info[4], info[5].ToBoolean());
    // The addon trusts nobody with memory: lib/ has checked this, too.
    const std::size_t rowBytes =
        static_cast<std::size_t>(std::max(cols, 0)) * static_cast<std::size_t>(CV_ELEM_SIZE(type));
    // In an order in which nothing can overflow.
    const bool covered = rows > 0 && cols > 0 && step >= rowBytes && rowBytes <= bytes.size() &&
                         static_cast<std::size_t>(rows - 1) <= (bytes.size() - rowBytes) / step;
    if (!covered) {
      throw Error(ErrorCode::invalidMatrix, "Expected a matrix whose data covers its rows but received " +
                                                std::to_string(rows) + " rows of " + std::to_string(cols) + " in " +
                                                std::to_string(bytes.size()) + " bytes");
    }
    const cv::Mat image(
        rows, cols, type,
        const_cast<std::byte*>(bytes.view.data()),  // NOLINT(cppcoreguidelines-pro-type-const-cast): only read
        step);
    return send(info.Env(), imageMessage(image, std::move(bytes.owner), format, encodeOptionsFrom(info[7])), info[8]);
  });
}

Napi::Value NativeProducer::sendEot(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] { return send(info.Env(), eotMessage(), info[0]); });
}

void NativeProducer::attend(const Napi::CallbackInfo& info) { engine(info.Env()).attend(info[0].ToBoolean()); }

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
