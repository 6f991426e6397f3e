// Received messages as JavaScript sees them: values, not handles, so that the youngest generation's garbage collection
// gives their memory back. A wrapped native object would hold its body until a full collection.
#pragma once

#include "convert.hpp"

namespace matmq::addon {

inline constexpr std::uint32_t valuesPerDelivery = 7;

/// Appends the seven values of a delivery (lib/native.ts, NativeConsumer.take) to `array` at `index`.
void appendDelivery(Napi::Env env, Napi::Array array, std::uint32_t index, const Message& message);

/// Lets V8 see to external memory: once bodies that only the young generation holds reach twice its size, the next
/// allocation of an ArrayBuffer by V8 itself collects that generation (Heap::AllocateExternalBackingStore). Ours are
/// made outside, so a stream of bodies would never trigger it. Costs a few bytes and well below a microsecond.
void remindOfExternalMemory(Napi::Env env);

/// Memory of the core as a Uint8Array, kept by `owner`. Copied once where the runtime allows no external memory
/// (Electron).
[[nodiscard]] Napi::Uint8Array externalBytes(Napi::Env env, std::span<const std::byte> bytes,
                                             std::shared_ptr<const void> owner);

/// properties(encoded): NativeProperties
Napi::Value readProperties(const Napi::CallbackInfo& info);

/// decodeImage(encodedProperties, body, options): Promise<NativeMat>
Napi::Value decodeOnCodecThread(const Napi::CallbackInfo& info);

}  // namespace matmq::addon
