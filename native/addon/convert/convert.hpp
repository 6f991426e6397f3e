// Between JavaScript values and the core's. The shapes are those of lib/addon/contract.ts.
#pragma once

#include <napi.h>

#include <array>
#include <matmq/engine/events.hpp>
#include <matmq/matmq.hpp>

namespace matmq::addon {

/// The properties of a NativeError, on `target` or on a new object.
[[nodiscard]] Napi::Object errorObject(Napi::Env env, const Error& error);
/// A JavaScript Error with the same properties, to throw.
[[nodiscard]] Napi::Error jsError(Napi::Env env, const Error& error);

/// Runs `work`; an exception of the core, of OpenCV or of the standard library becomes a JavaScript one.
template <typename Work>
auto guarded(Napi::Env env, Work&& work) {
  try {
    return work();
  } catch (const Error& error) {
    throw jsError(env, error);
  } catch (const Napi::Error&) {
    throw;  // it may be a std::exception, too
  } catch (const std::bad_alloc&) {
    throw jsError(env, Error(ErrorCode::outOfResources, "Expected memory but the system gives none"));
  } catch (const std::exception& error) {  // of OpenCV or the standard library
    throw jsError(env, Error(ErrorCode::internalError, error.what()));
  }
}

[[nodiscard]] Napi::Array eventArray(Napi::Env env, const std::vector<Event>& events);

[[nodiscard]] Properties propertiesFrom(Napi::Object object);
[[nodiscard]] Napi::Object propertiesObject(Napi::Env env, const Properties& properties);
[[nodiscard]] FieldTable fieldTableFrom(Napi::Object object, int depth = 1);
[[nodiscard]] Napi::Object fieldTableObject(Napi::Env env, const FieldTable& table);

[[nodiscard]] ProducerOptions producerOptionsFrom(Napi::Object object);
[[nodiscard]] ConsumerOptions consumerOptionsFrom(Napi::Object object);
[[nodiscard]] Napi::Object producerOptionsObject(Napi::Env env, const ProducerOptions& options);
[[nodiscard]] Napi::Object consumerOptionsObject(Napi::Env env, const ConsumerOptions& options);

// AMQP's part of each, which is the field `amqp` in JavaScript.
void readAmqp(Napi::Object object, AmqpProducerOptions& options);
void readAmqp(Napi::Object object, AmqpConsumerOptions& options);
[[nodiscard]] Napi::Object amqpObject(Napi::Env env, const AmqpProducerOptions& options);
[[nodiscard]] Napi::Object amqpObject(Napi::Env env, const AmqpConsumerOptions& options);
/// The routing and the properties of a message that is sent.
void readAmqp(Napi::Object object, OutgoingMessage& message);
/// Unset where none of them is set.
[[nodiscard]] std::optional<Napi::Object> amqpObject(Napi::Env env, const AmqpProperties& properties);

/// The enumerator whose name is at its place in `names`.
/// @throws Error INVALID_ARGUMENT
template <typename Enum, std::size_t N>
[[nodiscard]] Enum named(const std::string& name, const std::array<const char*, N>& names) {
  for (std::size_t i = 0; i < N; ++i) {
    if (name == names[i]) return static_cast<Enum>(i);
  }
  throw Error(ErrorCode::invalidArgument,
              "Expected one of the names of lib/addon/contract.ts but received '" + name + "'");
}

[[nodiscard]] EncodeOptions encodeOptionsFrom(Napi::Value value);
/// @throws Error UNKNOWN_FORMAT
[[nodiscard]] ImageFormats imageFormatsFrom(Napi::Array names);
/// What `value` does not say (nothing at all when it is no object) is as in `standard`.
[[nodiscard]] DecodeOptions decodeOptionsFrom(Napi::Value value, const DecodeOptions& standard = {});

/// The families of errors by their names in JavaScript.
[[nodiscard]] const char* kindName(ErrorKind kind) noexcept;

/// A 64-bit count as a JavaScript number.
[[nodiscard]] inline Napi::Number number(Napi::Env env, std::uint64_t value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

}  // namespace matmq::addon
