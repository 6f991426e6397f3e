#include "delivery.hpp"

#include <matmq/engine/codec_pool.hpp>

#include "decode_body.hpp"
#include "environment/env_state.hpp"
#include "environment/held_array.hpp"

namespace matmq::addon {
namespace {

// The flags of a delivery, as lib/consumer/delivery.ts reads them.
constexpr std::uint32_t redeliveredFlag = 1;
constexpr std::uint32_t eotFlag = 2;

}  // namespace

napi_value DeliveryValues::repeated(Text& last, const std::string& text) const {
  if (last.value == nullptr || last.text != text) last = {text, Napi::String::New(env_, text)};
  return last.value;
}

void DeliveryValues::append(const Message& message) {
  const std::uint32_t flags =
      (message.redelivered ? redeliveredFlag : 0) | (message.isEndOfTransmission() ? eotFlag : 0);
  napi_value header = nullptr;
  napi_create_string_latin1(env_, message.encodedProperties.data(), message.encodedProperties.size(), &header);
  values_.push_back(number(env_, message.number));
  values_.push_back(Napi::Number::New(env_, flags));
  values_.push_back(repeated(exchange_, message.exchange));
  values_.push_back(repeated(routingKey_, message.routingKey));
  values_.push_back(header);
  if (message.error) {
    values_.push_back(errorObject(env_, *message.error));
  } else {
    values_.push_back(externalBuffer(env_, message.body.view, message.body.owner));
  }
}

namespace {

/// A decode under way. It may end on any thread.
struct Decoding {
  Napi::Promise::Deferred deferred;
  Message message;  ///< its body is held by holdValue(), unless `copied`
  DecodeOptions options;
  std::shared_ptr<DecodeStop> stop;
  bool copied = false;
  std::optional<DecodedImage> image;
  std::optional<Error> error;

  /// False: the environment has ended.
  [[nodiscard]] bool run(JsTaskQueue& tasks) noexcept {
    try {
      const DecodeBody body(tasks, message.body);
      if (!body) return false;
      if (body.copy()) {
        message.body = *body.copy();
        copied = true;
      }
      image = decodeMessage(message, options);
    } catch (const Error& failure) {
      error = failure;
    } catch (const std::exception& failure) {
      error = Error(ErrorCode::cannotDecode, std::string("Decoding failed: ") + failure.what());
    }
    return true;
  }

  Napi::Value pixels(Napi::Env env) const {
    // A raw matrix is the body itself; two JavaScript buffers over the same memory would be two owners.
    if (image->owner && !copied) return heldValue(env, image->owner);
    if (image->owner) return externalBytes(env, message.body.view, image->owner);
    const cv::Mat& mat = image->mat;
    const std::size_t size =
        static_cast<std::size_t>(mat.rows - 1) * mat.step[0] + static_cast<std::size_t>(mat.cols) * mat.elemSize();
    auto owner = std::make_shared<const cv::Mat>(mat);
    remindOfExternalMemory(env);
    return externalBytes(env, {reinterpret_cast<const std::byte*>(mat.data), size}, std::move(owner));
  }

  void settle(Napi::Env env) {
    EnvState::of(env).allowExit(env);
    if (error) return deferred.Reject(jsError(env, *error).Value());
    auto object = Napi::Object::New(env);
    object.Set("rows", Napi::Number::New(env, image->mat.rows));
    object.Set("cols", Napi::Number::New(env, image->mat.cols));
    object.Set("type", Napi::Number::New(env, image->mat.type()));
    object.Set("step", number(env, image->mat.step[0]));
    object.Set("data", pixels(env));
    if (image->damaged) object.Set("damaged", true);
    deferred.Resolve(object);
  }
};

}  // namespace

std::string octetsOf(Napi::Value value) {
  std::size_t length = 0;
  napi_get_value_string_latin1(value.Env(), value, nullptr, 0, &length);
  std::string text(length, '\0');
  napi_get_value_string_latin1(value.Env(), value, text.data(), length + 1, &length);
  return text;
}

Napi::Value decodeOnCodecThread(const Napi::CallbackInfo& info, Properties properties, const DecodeOptions& standard) {
  const Napi::Env env = info.Env();
  return guarded(env, [&]() -> Napi::Value {
    const auto body = info[1].As<Napi::Uint8Array>();
    Message message;
    message.properties = std::move(properties);
    auto held = holdValue(env, body);
    const bool copied = held == nullptr;
    message.body =
        copied ? bytesFrom(env, body, Keep::copied)
               : SharedBytes{std::move(held), {reinterpret_cast<const std::byte*>(body.Data()), body.ByteLength()}};
    EnvState& state = EnvState::of(env);
    // Owned by whoever runs next: the codec thread, then the task.
    DecodeOptions options = decodeOptionsFrom(info[2], standard);
    auto stop = stopOf(info[2], options);
    auto decoding = std::make_shared<Decoding>(Decoding{
        Napi::Promise::Deferred::New(env), std::move(message), std::move(options), std::move(stop), copied, {}, {}});
    const Napi::Value promise = decoding->deferred.Promise();
    codec_pool::submit([decoding, tasks = state.tasks()]() mutable {
      if (!decoding->run(*tasks)) return;
      tasks->post([work = std::move(decoding)](Napi::Env where) { work->settle(where); });
    });
    state.keepAlive(env);  // the task that allows exit runs in a later turn
    return promise;
  });
}

}  // namespace matmq::addon
