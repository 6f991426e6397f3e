#include "environment/held_array.hpp"

namespace matmq::addon {

namespace {

/// A Uint8Array, asked for all at once: each question is a call into V8.
struct View {
  View(Napi::Env env, napi_value value) {
    std::size_t length = 0;
    void* data = nullptr;
    if (napi_get_typedarray_info(env, value, nullptr, &length, &data, &buffer, nullptr) != napi_ok)
      throw Napi::Error::New(env);
    bytes = {static_cast<const std::byte*>(data), length};
  }
  std::span<const std::byte> bytes;
  napi_value buffer = nullptr;
};

/// `array`: null unless a reference to it is needed.
std::shared_ptr<const void> hold(Napi::Env env, const View& view, napi_value array, Taken given) {
  EnvState& state = EnvState::of(env);
  auto owner = state.externalMemory()->ownerOf(view.bytes.data());
  HeldArray held;
  if (!owner) held.memory = holdBackingStore(Napi::ArrayBuffer(env, view.buffer));
  if (!owner && !held.memory) return nullptr;
  if (array != nullptr && napi_create_reference(env, array, 1, &held.reference) != napi_ok) throw Napi::Error::New(env);
  held.given = std::move(given);
  HeldArray* const kept = state.keep(std::move(held));
  if (!owner)
    return {static_cast<const void*>(kept), [tasks = state.tasks(), kept](const void*) { tasks->release(kept); }};
  return {static_cast<const void*>(kept),
          [tasks = state.tasks(), kept, owner = std::move(owner)](const void*) { tasks->release(kept); }};
}

}  // namespace

std::shared_ptr<const void> holdValue(Napi::Env env, Napi::Uint8Array value) {
  return hold(env, View(env, value), value, nullptr);
}

SharedBytes bytesFrom(Napi::Env env, Napi::Value value, Keep keep, Taken given) {
  const View view(env, value);
  if (keep == Keep::copied || view.bytes.empty()) return copyBytes(view.bytes);
  const napi_value array = given ? static_cast<napi_value>(value) : nullptr;
  auto owner = hold(env, view, array, std::move(given));
  if (!owner) return copyBytes(view.bytes);
  return {std::move(owner), view.bytes};
}

Napi::Value heldValue(Napi::Env env, const std::shared_ptr<const void>& held) {
  napi_value value = nullptr;
  const auto* const array = static_cast<const HeldArray*>(held.get());
  if (napi_get_reference_value(env, array->reference, &value) != napi_ok) throw Napi::Error::New(env);
  return {env, value};
}

}  // namespace matmq::addon
