// Properties and tables of headers.
#include <cmath>

#include "convert/convert.hpp"
#include "convert/fields.hpp"

namespace matmq::addon {
namespace {

constexpr double largestSafeInteger = 9007199254740991.0;

FieldValue fieldValueFrom(Napi::Value value, int depth);

FieldArray fieldArrayFrom(Napi::Array array, int depth) {
  FieldArray out;
  const std::uint32_t length = array.Length();
  for (std::uint32_t i = 0; i < length; ++i) out.push_back(fieldValueFrom(array.Get(i), depth));
  return out;
}

FieldValue numberFrom(double value) {
  if (std::trunc(value) == value && std::abs(value) <= largestSafeInteger) return static_cast<std::int64_t>(value);
  return value;
}

FieldValue fieldValueFrom(Napi::Value value, int depth) {
  if (value.IsNull() || value.IsUndefined()) return {};
  if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
  if (value.IsNumber()) return numberFrom(value.As<Napi::Number>());
  if (value.IsString()) return value.As<Napi::String>().Utf8Value();
  if (value.IsBigInt()) {
    bool lossless = false;
    const std::int64_t integer = value.As<Napi::BigInt>().Int64Value(&lossless);
    if (lossless) return integer;
    throw Error(ErrorCode::invalidArgument,
                "Expected a bigint of at most 64 bits as a header value but received a larger one");
  }
  if (value.IsDate()) {
    return Timestamp{static_cast<std::uint64_t>(std::max(0.0, value.As<Napi::Date>().ValueOf() / 1000))};
  }
  if (value.IsTypedArray()) {
    const auto view = value.As<Napi::Uint8Array>();
    return ByteString{std::string(reinterpret_cast<const char*>(view.Data()), view.ByteLength())};
  }
  if (value.IsArray()) return fieldArrayFrom(value.As<Napi::Array>(), depth + 1);
  if (value.IsObject() && !value.IsFunction()) return fieldTableFrom(value.As<Napi::Object>(), depth + 1);
  throw Error(
      ErrorCode::invalidArgument,
      "Expected a header value to be null, a boolean, number, bigint, string, Uint8Array, Date, array or object "
      "but received a function or symbol");
}

Napi::Value fieldValueObject(Napi::Env env, const FieldValue& field) {
  struct Visitor {
    Napi::Env env;
    Napi::Value operator()(std::monostate) const { return env.Null(); }
    Napi::Value operator()(bool v) const { return Napi::Boolean::New(env, v); }
    Napi::Value operator()(std::int64_t v) const {
      // A number where it is exact, so that small integers compare as a program expects.
      if (std::abs(static_cast<double>(v)) <= largestSafeInteger) return Napi::Number::New(env, static_cast<double>(v));
      return Napi::BigInt::New(env, v);
    }
    Napi::Value operator()(double v) const { return Napi::Number::New(env, v); }
    Napi::Value operator()(const std::string& v) const { return Napi::String::New(env, v); }
    Napi::Value operator()(const ByteString& v) const {
      return Napi::Buffer<char>::Copy(env, v.bytes.data(), v.bytes.size());
    }
    Napi::Value operator()(Timestamp v) const { return Napi::Date::New(env, static_cast<double>(v.seconds) * 1000); }
    Napi::Value operator()(const FieldArray& v) const {
      auto array = Napi::Array::New(env, v.size());
      for (std::size_t i = 0; i < v.size(); ++i) array.Set(static_cast<std::uint32_t>(i), fieldValueObject(env, v[i]));
      return array;
    }
    Napi::Value operator()(const FieldTable& v) const { return fieldTableObject(env, v); }
  };
  return std::visit(Visitor{env}, field.value);
}

/// The text properties, each with its name in JavaScript.
struct TextProperty {
  const char* name;
  std::optional<std::string> Properties::*field;
};
constexpr TextProperty textProperties[] = {
    {"contentType", &Properties::contentType},
    {"contentEncoding", &Properties::contentEncoding},
    {"correlationId", &Properties::correlationId},
    {"replyTo", &Properties::replyTo},
    {"messageId", &Properties::messageId},
    {"type", &Properties::type},
    {"appId", &Properties::appId},
};

}  // namespace

FieldTable fieldTableFrom(Napi::Object object, int depth) {
  if (depth > maxTableDepth) {
    throw Error(ErrorCode::invalidArgument, "Expected headers nested at most " + std::to_string(maxTableDepth) +
                                                " deep but received a deeper object; is it cyclic?");
  }
  FieldTable table;
  const Napi::Array names = object.GetPropertyNames();
  const std::uint32_t length = names.Length();
  for (std::uint32_t i = 0; i < length; ++i) {
    const Napi::String name = names.Get(i).ToString();
    const Napi::Value value = ownField(object, name);
    if (value.IsUndefined()) continue;
    table.insert_or_assign(name.Utf8Value(), fieldValueFrom(value, depth));
  }
  return table;
}

Napi::Object fieldTableObject(Napi::Env env, const FieldTable& table) {
  auto object = Napi::Object::New(env);
  for (const auto& [name, value] : table) {
    // Defined, not assigned: a header named __proto__ is a header.
    const auto key = Napi::String::New(env, name);
    object.DefineProperty(Napi::PropertyDescriptor::Value(
        key, fieldValueObject(env, value),
        static_cast<napi_property_attributes>(napi_writable | napi_enumerable | napi_configurable)));
  }
  return object;
}

Properties propertiesFrom(Napi::Object object) {
  Properties p;
  for (const auto& [name, field] : textProperties) {
    const Napi::Value value = ownField(object, name);
    if (value.IsString()) p.*field = value.As<Napi::String>().Utf8Value();
  }
  if (const Napi::Value seconds = ownField(object, "timestamp"); seconds.IsNumber()) {
    p.timestamp = static_cast<std::uint64_t>(seconds.As<Napi::Number>().DoubleValue());
  }
  if (const Napi::Value headers = ownField(object, "headers"); headers.IsObject()) {
    p.headers = fieldTableFrom(headers.As<Napi::Object>());
  }
  return p;
}

Napi::Object propertiesObject(Napi::Env env, const Properties& p) {
  auto object = Napi::Object::New(env);
  for (const auto& [name, field] : textProperties) {
    if (p.*field) object.Set(name, *(p.*field));
  }
  if (p.timestamp) object.Set("timestamp", Napi::Number::New(env, static_cast<double>(*p.timestamp)));
  if (!p.headers.empty()) object.Set("headers", fieldTableObject(env, p.headers));
  if (const auto amqp = amqpObject(env, p)) object.Set("amqp", *amqp);
  return object;
}

}  // namespace matmq::addon
