#include "convert.hpp"

#include <array>

namespace matmq::addon {
namespace {

constexpr std::array<const char*, 9> kindNames{"connection",        "channel", "publish", "image",   "message",
                                               "endOfTransmission", "closed",  "timeout", "argument"};
constexpr std::array<const char*, 6> eventNames{"connected", "disconnected", "reconnecting",
                                                "blocked",   "unblocked",    "closed"};

void describe(Napi::Env env, Napi::Object target, const Error& error) {
  target.Set("kind", kindNames.at(static_cast<std::size_t>(error.kind())));
  target.Set("code", std::string(error.codeName()));
  target.Set("replyCode", Napi::Number::New(env, error.replyCode()));
}

}  // namespace

Napi::Object errorObject(Napi::Env env, const Error& error) {
  auto object = Napi::Object::New(env);
  object.Set("message", error.what());
  describe(env, object, error);
  return object;
}

Napi::Error jsError(Napi::Env env, const Error& error) {
  Napi::Error thrown = Napi::Error::New(env, error.what());
  describe(env, thrown.Value(), error);
  return thrown;
}

Napi::Array eventArray(Napi::Env env, const std::vector<Event>& events) {
  auto array = Napi::Array::New(env, events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    auto object = Napi::Object::New(env);
    object.Set("kind", eventNames.at(static_cast<std::size_t>(event.kind)));
    object.Set("peer", event.peer);
    object.Set("reason", event.reason);
    object.Set("delay", Napi::Number::New(env, static_cast<double>(event.delay.count())));
    object.Set("attempt", Napi::Number::New(env, event.attempt));
    if (event.error) object.Set("error", errorObject(env, *event.error));
    array.Set(static_cast<std::uint32_t>(i), object);
  }
  return array;
}

EncodeOptions encodeOptionsFrom(Napi::Value value) {
  EncodeOptions options;
  if (!value.IsObject()) return options;
  const auto object = value.As<Napi::Object>();
  const auto read = [&object](const char* name) -> std::optional<int> {
    const Napi::Value field = object.Get(name);
    return field.IsNumber() ? std::optional<int>(field.As<Napi::Number>().Int32Value()) : std::nullopt;
  };
  options.quality = read("quality");
  options.compression = read("compression");
  return options;
}

DecodeOptions decodeOptionsFrom(Napi::Object object) {
  DecodeOptions options;
  if (const Napi::Value mode = object.Get("mode"); mode.IsString()) {
    const std::string name = mode.As<Napi::String>();
    if (name == "color") options.mode = DecodeMode::color;
    if (name == "grayscale") options.mode = DecodeMode::grayscale;
  }
  if (const Napi::Value ignore = object.Get("ignoreOrientation"); ignore.IsBoolean()) {
    options.ignoreOrientation = ignore.As<Napi::Boolean>();
  }
  const auto limit = [&object](const char* name, std::uint64_t& target) {
    const Napi::Value value = object.Get(name);
    if (value.IsNumber()) target = static_cast<std::uint64_t>(value.As<Napi::Number>().DoubleValue());
  };
  limit("pixels", options.limits.pixels);
  limit("decodedBytes", options.limits.decodedBytes);
  return options;
}

}  // namespace matmq::addon
