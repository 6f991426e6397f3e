// Received messages as JavaScript sees them: values, not handles, so that the youngest generation's garbage collection
// gives their memory back. A wrapped native object would hold its body until a full collection.
#pragma once

#include "convert.hpp"

namespace matmq::addon {

inline constexpr std::uint32_t valuesPerDelivery = 7;

/// Appends the seven values of a delivery (lib/native.ts, NativeConsumer.take) to `array` at `index`.
void appendDelivery(Napi::Env env, Napi::Array array, std::uint32_t index, const Message& message);

/// properties(encoded): NativeProperties
Napi::Value readProperties(const Napi::CallbackInfo& info);

/// NativeConsumer.decode(encodedProperties, body, options?): Promise<NativeMat>. What the options do not say is as in
/// `standard`.
Napi::Value decodeOnCodecThread(const Napi::CallbackInfo& info, const DecodeOptions& standard);

}  // namespace matmq::addon
