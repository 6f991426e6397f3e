#include "environment/held_array.hpp"

#include "environment/env_state.hpp"

namespace matmq::addon {

std::shared_ptr<const void> holdValue(Napi::Env env, Napi::Uint8Array value, Taken given) {
  EnvState& state = EnvState::of(env);
  auto owner = state.externalMemory()->ownerOf(reinterpret_cast<const std::byte*>(value.Data()));
  BackingStoreHold memory = owner ? nullptr : holdBackingStore(value.ArrayBuffer());
  if (!owner && !memory) return nullptr;
  napi_ref reference = nullptr;
  if (napi_create_reference(env, value, 1, &reference) != napi_ok) throw Napi::Error::New(env);
  state.keep(reference, std::move(memory));
  return {static_cast<const void*>(reference),
          [tasks = state.tasks(), array = ReleasedArray{reference, std::move(given)},
           owner = std::move(owner)](const void*) { tasks->release(array); }};
}

SharedBytes bytesFrom(Napi::Env env, Napi::Value value, Keep keep, Taken given) {
  const auto view = value.As<Napi::Uint8Array>();
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(view.Data()), view.ByteLength());
  if (keep == Keep::copied || bytes.empty()) return copyBytes(bytes);
  auto owner = holdValue(env, view, std::move(given));
  if (!owner) return copyBytes(bytes);
  return {std::move(owner), bytes};
}

Napi::Value heldValue(Napi::Env env, const std::shared_ptr<const void>& held) {
  napi_value value = nullptr;
  auto* const reference = static_cast<napi_ref>(const_cast<void*>(held.get()));  // NOLINT: holdValue made it const
  if (napi_get_reference_value(env, reference, &value) != napi_ok) throw Napi::Error::New(env);
  return {env, value};
}

}  // namespace matmq::addon
