// JavaScript's memory, held for native threads.
//
// Ownership and threading
// 1. Everything here runs on the JavaScript thread; what it returns may be destroyed on any thread.
// 2. A hold is V8's backing store (backing_store.hpp), which keeps the memory, also when the program transfers it
//    meanwhile or the array is collected. Where the array itself is needed again, there is a reference to it, too.
#pragma once

#include <matmq/bytes.hpp>
#include <memory>

#include "environment/env_state.hpp"

namespace matmq::addon {

/// Keeps a JavaScript array from being collected, and its memory, also when the program transfers it meanwhile; may be
/// destroyed on any thread. Null where the memory cannot be kept (backing_store.hpp).
[[nodiscard]] std::shared_ptr<const void> holdValue(Napi::Env env, Napi::Uint8Array value);
/// How the bytes of an array are kept, numbered as lib/addon/contract.ts has it.
enum class Keep : std::uint8_t { held, copied, given };
/// The bytes of a Uint8Array, held, but not the array; or copied, as wished or because they cannot be held.
/// `given`: if it was taken, its buffer is detached when it is released, so that it is free before any collection.
[[nodiscard]] SharedBytes bytesFrom(Napi::Env env, Napi::Value value, Keep keep = Keep::held, Taken given = nullptr);
/// The value of holdValue() again, on the JavaScript thread.
[[nodiscard]] Napi::Value heldValue(Napi::Env env, const std::shared_ptr<const void>& held);

}  // namespace matmq::addon
