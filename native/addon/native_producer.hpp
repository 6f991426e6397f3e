// The NativeProducer of lib/addon/contract.ts.
#pragma once

#include <matmq/engine/async_producer.hpp>

#include "endpoint.hpp"

namespace matmq::addon {

class NativeProducer final : public Napi::ObjectWrap<NativeProducer>, public Endpoint<AsyncProducer> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit NativeProducer(const Napi::CallbackInfo& info);

 private:
  Napi::Value sendText(const Napi::CallbackInfo& info);
  Napi::Value sendBytes(const Napi::CallbackInfo& info);
  Napi::Value sendImage(const Napi::CallbackInfo& info);
  Napi::Value sendEot(const Napi::CallbackInfo& info);
  void awaitSettlements(const Napi::CallbackInfo& info);
  Napi::Value collect(const Napi::CallbackInfo& info);
  Napi::Value instance(const Napi::CallbackInfo& info);
  Napi::Value stats(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);
  void refMethod(const Napi::CallbackInfo& info) { ref(info.Env()); }
  void unrefMethod(const Napi::CallbackInfo& info) { unref(info.Env()); }

  [[nodiscard]] std::uint64_t send(Napi::Env env, OutgoingMessage message, Napi::Value options);
};

}  // namespace matmq::addon
