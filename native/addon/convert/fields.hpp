// The fields of an object of options. lib has checked them: what is missing or of another type is a fault of ours, and
// is read as JavaScript converts it.
#pragma once

#include <napi.h>

#include <chrono>
#include <string>
#include <vector>

namespace matmq::addon {

/// A property of the object itself; undefined where it has none of this name. What Object.prototype has is not said by
/// whoever gave the object.
[[nodiscard]] inline Napi::Value ownField(Napi::Object object, Napi::String name) {
  return object.HasOwnProperty(name) ? object.Get(name) : object.Env().Undefined();
}
[[nodiscard]] inline Napi::Value ownField(Napi::Object object, const char* name) {
  return ownField(object, Napi::String::New(object.Env(), name));
}

[[nodiscard]] inline std::string textField(Napi::Object object, const char* name) {
  return ownField(object, name).ToString().Utf8Value();
}
[[nodiscard]] inline double numberField(Napi::Object object, const char* name) {
  return ownField(object, name).ToNumber().DoubleValue();
}
[[nodiscard]] inline bool flagField(Napi::Object object, const char* name) {
  return ownField(object, name).ToBoolean().Value();
}
[[nodiscard]] inline std::uint64_t countField(Napi::Object object, const char* name) {
  return static_cast<std::uint64_t>(numberField(object, name));
}
[[nodiscard]] inline std::chrono::milliseconds millisecondsField(Napi::Object object, const char* name) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(numberField(object, name)));
}

[[nodiscard]] inline std::vector<std::string> textsField(Napi::Object object, const char* name) {
  const auto array = ownField(object, name).As<Napi::Array>();
  std::vector<std::string> out;
  for (std::uint32_t i = 0; i < array.Length(); ++i) out.push_back(array.Get(i).ToString().Utf8Value());
  return out;
}

[[nodiscard]] inline Napi::Array textArray(Napi::Env env, const std::vector<std::string>& list) {
  auto array = Napi::Array::New(env, list.size());
  for (std::size_t i = 0; i < list.size(); ++i) array.Set(static_cast<std::uint32_t>(i), list[i]);
  return array;
}

}  // namespace matmq::addon
