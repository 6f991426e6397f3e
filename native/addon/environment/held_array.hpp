// JavaScript's memory, held for native threads.
//
// Ownership and threading
// 1. Everything here runs on the JavaScript thread; what it returns may be destroyed on any thread.
// 2. A hold is a reference to the array and V8's backing store (backing_store.hpp): the one keeps the array, the
//    other its memory, also when the program transfers it meanwhile.
#pragma once

#include <matmq/bytes.hpp>
#include <memory>

#include "environment/js_task_queue.hpp"

namespace matmq::addon {

/// Keeps a JavaScript array from being collected, and its memory, also when the program transfers it meanwhile; may be
/// destroyed on any thread. Null where the memory cannot be kept (backing_store.hpp).
/// `given`: if it was taken, its buffer is detached when it is released, so that it is free before any collection.
[[nodiscard]] std::shared_ptr<const void> holdValue(Napi::Env env, Napi::Uint8Array value, Taken given = nullptr);
/// How the bytes of an array are kept, numbered as lib/addon/contract.ts has it.
enum class Keep : std::uint8_t { held, copied, given };
/// The bytes of a Uint8Array, held by holdValue(); or copied, as wished or because they cannot be held.
[[nodiscard]] SharedBytes bytesFrom(Napi::Env env, Napi::Value value, Keep keep = Keep::held, Taken given = nullptr);
/// The value again, on the JavaScript thread.
[[nodiscard]] Napi::Value heldValue(Napi::Env env, const std::shared_ptr<const void>& held);

}  // namespace matmq::addon
