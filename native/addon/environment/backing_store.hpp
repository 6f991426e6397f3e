// Keeps the memory of an ArrayBuffer, which a reference to the ArrayBuffer does not: a program that transfers it
// leaves an empty one behind, and the memory goes with whoever got it.
//
// Ownership and threading
// 1. Node-API has no call for it. V8's own, v8::ArrayBuffer::GetBackingStore(), is looked up by name in the running
//    process, so that the addon stays bound to Node-API alone; where there is none, or where its standard library is
//    another than ours (Electron's), there is no hold, and the caller copies.
// 2. A hold is made and released on the JavaScript thread of its environment, before that ends: the memory's allocator
//    may end with it.
#pragma once

#include <napi.h>

#include <memory>

namespace matmq::addon {

using BackingStoreHold = std::shared_ptr<const void>;

/// Null where that cannot be done.
[[nodiscard]] BackingStoreHold holdBackingStore(const Napi::ArrayBuffer& buffer);

}  // namespace matmq::addon
