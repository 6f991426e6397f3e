// The NativeMessage of lib/native.ts: a received message, read lazily.
#pragma once

#include "convert.hpp"

namespace matmq::addon {

class NativeMessage final : public Napi::ObjectWrap<NativeMessage> {
 public:
  static Napi::Function define(Napi::Env env);
  static Napi::Object create(Napi::Env env, std::shared_ptr<const Message> message);
  /// The message behind a JavaScript value. @throws Napi::TypeError if it is no NativeMessage
  static NativeMessage& from(Napi::Env env, Napi::Value value);

  explicit NativeMessage(const Napi::CallbackInfo& info);

  [[nodiscard]] const std::shared_ptr<const Message>& message() const noexcept { return message_; }
  /// The body over its own memory, made once.
  [[nodiscard]] Napi::Uint8Array bodyView(Napi::Env env);

 private:
  Napi::Value isEot(const Napi::CallbackInfo& info);
  Napi::Value redelivered(const Napi::CallbackInfo& info);
  Napi::Value size(const Napi::CallbackInfo& info);
  Napi::Value error(const Napi::CallbackInfo& info);
  Napi::Value body(const Napi::CallbackInfo& info) { return bodyView(info.Env()); }
  Napi::Value text(const Napi::CallbackInfo& info);
  Napi::Value type(const Napi::CallbackInfo& info);
  Napi::Value exchange(const Napi::CallbackInfo& info);
  Napi::Value routingKey(const Napi::CallbackInfo& info);
  Napi::Value properties(const Napi::CallbackInfo& info);

  std::shared_ptr<const Message> message_;
  Napi::Reference<Napi::Uint8Array> body_;
};

/// Memory of the core as a Uint8Array, kept by `owner`. Copied once where the runtime allows no external memory
/// (Electron).
[[nodiscard]] Napi::Uint8Array externalBytes(Napi::Env env, std::span<const std::byte> bytes,
                                             std::shared_ptr<const void> owner);

/// decodeMessage(message, options): Promise<NativeMat>
Napi::Value decodeOnCodecThread(const Napi::CallbackInfo& info);

}  // namespace matmq::addon
