// What Node-API has no call for, or a slow one: the memory under an ArrayBuffer. V8's own calls are looked up by name
// in the running process, so that the addon stays bound to Node-API alone. Where they are not there, or their standard
// library is another than ours (Electron's), nothing is returned, and the caller copies or takes Node-API's way.
//
// Ownership and threading
// 1. A hold keeps the memory of an ArrayBuffer, which a reference to the ArrayBuffer does not: a program that transfers
//    it leaves an empty one behind, and the memory goes with whoever got it. A hold is made and released on the
//    JavaScript thread of its environment, before that ends: the memory's allocator may end with it.
// 2. Memory that is lent keeps its owner until the ArrayBuffer is collected, or detached, and nobody holds it. The
//    owner is then released on whichever thread V8 sweeps on, the environment's end survived; wherever the program
//    transferred it to.
#pragma once

#include <napi.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

namespace matmq::addon {

using BackingStoreHold = std::shared_ptr<const void>;

/// Null where that cannot be done.
[[nodiscard]] BackingStoreHold holdBackingStore(const Napi::ArrayBuffer& buffer);

/// An ArrayBuffer over `bytes`. Costs less than half of Node-API's: no finalizer comes back to the JavaScript thread.
/// Nothing where that cannot be done. To be called only where Node-API's external memory is allowed.
[[nodiscard]] std::optional<Napi::ArrayBuffer> lendMemory(Napi::Env env, std::span<const std::byte> bytes,
                                                          std::shared_ptr<const void> owner);

}  // namespace matmq::addon
