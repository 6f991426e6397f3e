// The NativeConsumer of lib/addon/contract.ts.
#pragma once

#include <matmq/engine/async_consumer.hpp>

#include "endpoint.hpp"

namespace matmq::addon {

class NativeConsumer final : public Napi::ObjectWrap<NativeConsumer>, public Endpoint<AsyncConsumer> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit NativeConsumer(const Napi::CallbackInfo& info);

 private:
  Napi::Value take(const Napi::CallbackInfo& info);
  Napi::Value acknowledge(const Napi::CallbackInfo& info);
  Napi::Value reject(const Napi::CallbackInfo& info);
  Napi::Value decode(const Napi::CallbackInfo& info);
  Napi::Value collect(const Napi::CallbackInfo& info);
  Napi::Value stats(const Napi::CallbackInfo& info);
  Napi::Value properties(const Napi::CallbackInfo& info);
  Napi::Value sourceName(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);
  void refMethod(const Napi::CallbackInfo& info) { ref(info.Env()); }
  void unrefMethod(const Napi::CallbackInfo& info) { unref(info.Env()); }

  DecodeOptions decoding_;  ///< the limits and formats of the consumer's options
};

}  // namespace matmq::addon
