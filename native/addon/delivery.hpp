// Received messages as JavaScript sees them: values, not handles, so that the youngest generation's garbage collection
// gives their memory back. A wrapped native object would hold its body until a full collection.
#pragma once

#include "convert/convert.hpp"

namespace matmq::addon {

inline constexpr std::uint32_t valuesPerDelivery = 6;

/// Appends the six values of a delivery (lib/addon/contract.ts, NativeConsumer.take) to `array` at `index`.
void appendDelivery(Napi::Env env, Napi::Array array, std::uint32_t index, const Message& message);

/// The octets in a string that has one character for each.
[[nodiscard]] std::string octetsOf(Napi::Value value);

/// NativeConsumer.decode(encodedProperties, body, options?): Promise<NativeMat>; `properties` are the decoded ones.
/// What the options do not say is as in `standard`.
Napi::Value decodeOnCodecThread(const Napi::CallbackInfo& info, Properties properties, const DecodeOptions& standard);

}  // namespace matmq::addon
