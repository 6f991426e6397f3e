#include "environment/backing_store.hpp"

#include <dlfcn.h>

#include <new>

#include "environment/external_memory.hpp"

namespace v8 {
class BackingStore;
class Isolate;
}  // namespace v8

namespace matmq::addon {
namespace {

// The Itanium C++ ABI: a member function without arguments is called as a function of its object, a unique_ptr is
// returned where the caller says. A napi_value is the address that V8 calls its objects by.
using Store = std::shared_ptr<v8::BackingStore>;
using Deleter = void (*)(void* data, std::size_t length, void* deleterData);

/// std::unique_ptr<v8::BackingStore> with a deleter that needs no definition of the class.
struct DestroyStore {
  void operator()(v8::BackingStore* store) const noexcept;
};
using NewStore = std::unique_ptr<v8::BackingStore, DestroyStore>;

/// v8::ArrayBuffer's and v8::BackingStore's, or nothing at all.
struct V8Calls {
  Store (*getBackingStore)(napi_value) = nullptr;
  NewStore (*newBackingStore)(void* data, std::size_t length, Deleter deleter, void* deleterData) = nullptr;
  napi_value (*newArrayBuffer)(v8::Isolate* isolate, Store store) = nullptr;
  v8::Isolate* (*currentIsolate)() = nullptr;
  void (*destroyBackingStore)(v8::BackingStore*) = nullptr;

  [[nodiscard]] bool canLend() const noexcept {
    return newBackingStore != nullptr && newArrayBuffer != nullptr && currentIsolate != nullptr &&
           destroyBackingStore != nullptr;
  }
};

template <typename Function>
void find(Function& function, const char* name) noexcept {
  function = reinterpret_cast<Function>(::dlsym(RTLD_DEFAULT, name));
}

V8Calls findAll() noexcept {
  V8Calls calls;
  // A result's type is not part of a name, an argument's is: this one is there only if V8's std::shared_ptr is ours.
  find(calls.newArrayBuffer, "_ZN2v811ArrayBuffer3NewEPNS_7IsolateESt10shared_ptrINS_12BackingStoreEE");
  if (calls.newArrayBuffer == nullptr) return calls;
  find(calls.getBackingStore, "_ZN2v811ArrayBuffer15GetBackingStoreEv");
  find(calls.newBackingStore, "_ZN2v811ArrayBuffer15NewBackingStoreEPvmPFvS1_mS1_ES1_");
  find(calls.currentIsolate, "_ZN2v87Isolate10GetCurrentEv");
  find(calls.destroyBackingStore, "_ZN2v812BackingStoreD1Ev");
  return calls;
}

const V8Calls& v8Calls() noexcept {
  static const V8Calls calls = findAll();
  return calls;
}

// As v8::BackingStore's own operator delete does.
void DestroyStore::operator()(v8::BackingStore* store) const noexcept {
  v8Calls().destroyBackingStore(store);
  ::operator delete(static_cast<void*>(store));
}

/// The owner of memory that is lent: V8 has it until the deleter comes, on any thread.
using Owner = std::shared_ptr<const void>;

void releaseOwner(void* /*data*/, std::size_t /*length*/, void* owner) {
  const std::unique_ptr<Owner> released(static_cast<Owner*>(owner));
}

}  // namespace

BackingStoreHold holdBackingStore(const Napi::ArrayBuffer& buffer) {
  const auto getBackingStore = v8Calls().getBackingStore;
  return getBackingStore == nullptr || copiesAllMemory() ? nullptr : getBackingStore(buffer);
}

std::optional<Napi::ArrayBuffer> lendMemory(Napi::Env env, std::span<const std::byte> bytes,
                                            std::shared_ptr<const void> owner) {
  const V8Calls& v8 = v8Calls();
  if (!v8.canLend()) return std::nullopt;
  auto kept = std::make_unique<Owner>(std::move(owner));
  auto* const data = const_cast<std::byte*>(bytes.data());  // NOLINT: JavaScript's from here on
  Store store = v8.newBackingStore(data, bytes.size(), releaseOwner, kept.release());
  return Napi::ArrayBuffer(env, v8.newArrayBuffer(v8.currentIsolate(), std::move(store)));
}

}  // namespace matmq::addon
