#include "native_message.hpp"

#include "env_state.hpp"

namespace matmq::addon {
namespace {

// Marks our objects, so that a method called on something else is a TypeError and not a crash.
constexpr napi_type_tag messageTag{0x6d61746d71206d65, 0x7373616765207631};

/// Below this a copy into JavaScript's own memory is cheaper than an external buffer and its finalizer.
constexpr std::size_t copyBelow = 2048;

}  // namespace

Napi::Function NativeMessage::define(Napi::Env env) {
  return DefineClass(
      env, "NativeMessage",
      {InstanceAccessor<&NativeMessage::isEot>("isEot"), InstanceAccessor<&NativeMessage::redelivered>("redelivered"),
       InstanceAccessor<&NativeMessage::size>("size"), InstanceMethod<&NativeMessage::error>("error"),
       InstanceMethod<&NativeMessage::body>("body"), InstanceMethod<&NativeMessage::text>("text"),
       InstanceMethod<&NativeMessage::type>("type"), InstanceMethod<&NativeMessage::exchange>("exchange"),
       InstanceMethod<&NativeMessage::routingKey>("routingKey"),
       InstanceMethod<&NativeMessage::properties>("properties")});
}

Napi::Object NativeMessage::create(Napi::Env env, std::shared_ptr<const Message> message) {
  auto carrier = Napi::External<std::shared_ptr<const Message>>::New(env, &message);
  return EnvState::of(env).messageClass.New({carrier});
}

NativeMessage::NativeMessage(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeMessage>(info) {
  if (!info[0].IsExternal())
    throw Napi::TypeError::New(info.Env(), "Messages come from consumers and cannot be constructed");
  message_ = *info[0].As<Napi::External<std::shared_ptr<const Message>>>().Data();
  info.This().As<Napi::Object>().TypeTag(&messageTag);
}

NativeMessage& NativeMessage::from(Napi::Env env, Napi::Value value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&messageTag)) {
    throw Napi::TypeError::New(env, "Expected a message that a consumer received");
  }
  return *Unwrap(value.As<Napi::Object>());
}

Napi::Uint8Array externalBytes(Napi::Env env, std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  if (bytes.size() < copyBelow) {
    return Napi::Buffer<std::uint8_t>::Copy(env, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  auto* const data =
      reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(bytes.data()));  // NOLINT: JavaScript owns it from here on
  auto holder = std::make_unique<std::shared_ptr<const void>>(std::move(owner));
  auto buffer = Napi::Buffer<std::uint8_t>::NewOrCopy(
      env, data, bytes.size(),
      [](Napi::BasicEnv, std::uint8_t*, std::shared_ptr<const void>* held) {
        std::default_delete<std::shared_ptr<const void>>()(held);
      },
      holder.get());
  [[maybe_unused]] auto* const given = holder.release();
  return buffer;
}

Napi::Uint8Array NativeMessage::bodyView(Napi::Env env) {
  if (body_.IsEmpty()) {
    const Napi::Uint8Array view = externalBytes(env, message_->body.view, message_->body.owner);
    // Weak: the memory may go when the program lets go of the body, even if it keeps the message.
    body_ = Napi::Weak(view);
    return view;
  }
  if (const Napi::Value view = body_.Value(); !view.IsEmpty() && view.IsTypedArray())
    return view.As<Napi::Uint8Array>();
  body_.Reset();
  return bodyView(env);
}

Napi::Value NativeMessage::isEot(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), message_->isEndOfTransmission());
}
Napi::Value NativeMessage::redelivered(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), message_->redelivered);
}
Napi::Value NativeMessage::size(const Napi::CallbackInfo& info) { return number(info.Env(), message_->body.size()); }
Napi::Value NativeMessage::error(const Napi::CallbackInfo& info) {
  return message_->error ? errorObject(info.Env(), *message_->error) : info.Env().Undefined();
}
Napi::Value NativeMessage::text(const Napi::CallbackInfo& info) {
  const std::string_view text = message_->body.text();
  return Napi::String::New(info.Env(), text.data(), text.size());
}
Napi::Value NativeMessage::type(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), std::string(messageTypeName(message_->type)));
}
Napi::Value NativeMessage::exchange(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), message_->exchange);
}
Napi::Value NativeMessage::routingKey(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), message_->routingKey);
}
Napi::Value NativeMessage::properties(const Napi::CallbackInfo& info) {
  return propertiesObject(info.Env(), message_->properties);
}

namespace {

/// A decode under way: its promise, and the JavaScript object whose body a raw matrix is a view of.
struct Decoding {
  Napi::Promise::Deferred deferred;
  Napi::ObjectReference wrapper;
  std::shared_ptr<const Message> message;
  DecodeOptions options;
  std::optional<DecodedImage> image;
  std::optional<Error> error;

  void run() noexcept {
    try {
      image = decodeMessage(*message, options);
    } catch (const Error& failure) {
      error = failure;
    } catch (const std::exception& failure) {
      error = Error(ErrorCode::cannotDecode, std::string("Decoding failed: ") + failure.what());
    }
  }

  Napi::Value pixels(Napi::Env env) const {
    const cv::Mat& mat = image->mat;
    const std::size_t size =
        static_cast<std::size_t>(mat.rows - 1) * mat.step[0] + static_cast<std::size_t>(mat.cols) * mat.elemSize();
    // Two JavaScript buffers over the same memory would be two owners: a raw matrix is the message's own body.
    if (image->owner) return NativeMessage::from(env, wrapper.Value()).bodyView(env);
    auto owner = std::make_shared<const cv::Mat>(mat);
    return externalBytes(env, {reinterpret_cast<const std::byte*>(mat.data), size}, std::move(owner));
  }

  void settle(Napi::Env env) {
    EnvState::of(env).letGo(env);
    if (error) return deferred.Reject(jsError(env, *error).Value());
    auto object = Napi::Object::New(env);
    object.Set("rows", Napi::Number::New(env, image->mat.rows));
    object.Set("cols", Napi::Number::New(env, image->mat.cols));
    object.Set("type", Napi::Number::New(env, image->mat.type()));
    object.Set("step", number(env, image->mat.step[0]));
    object.Set("data", pixels(env));
    deferred.Resolve(object);
  }
};

}  // namespace

Napi::Value decodeOnCodecThread(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  NativeMessage& wrapped = NativeMessage::from(env, info[0]);
  EnvState& state = EnvState::of(env);
  // Owned by whoever runs next: the codec thread, then the letter. Its references die on the JavaScript thread, or with
  // the environment when the letter is dropped.
  auto decoding = std::make_shared<Decoding>(Decoding{Napi::Promise::Deferred::New(env),
                                                      Napi::Persistent(info[0].As<Napi::Object>()),
                                                      wrapped.message(),
                                                      decodeOptionsFrom(info[1].As<Napi::Object>()),
                                                      {},
                                                      {}});
  const Napi::Value promise = decoding->deferred.Promise();
  state.keepAlive(env);
  codec_pool::submit([decoding, mailbox = state.mailbox()]() mutable {
    decoding->run();
    mailbox->post([work = std::move(decoding)](Napi::Env where) { work->settle(where); });
  });
  return promise;
}

}  // namespace matmq::addon
