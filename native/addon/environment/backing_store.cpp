#include "environment/backing_store.hpp"

#include <dlfcn.h>

#include "environment/external_memory.hpp"

namespace v8 {
class BackingStore;
}

namespace matmq::addon {
namespace {

// A member function without arguments, called as a function of its object (Itanium C++ ABI). A napi_value is the
// address that V8 calls its objects by.
using GetBackingStore = std::shared_ptr<v8::BackingStore> (*)(napi_value);

GetBackingStore find() noexcept {
  // A result's type is not part of a name, an argument's is: this one is there only if V8's std::shared_ptr is ours.
  const bool sameLibrary =
      ::dlsym(RTLD_DEFAULT, "_ZN2v811ArrayBuffer3NewEPNS_7IsolateESt10shared_ptrINS_12BackingStoreEE") != nullptr;
  if (!sameLibrary) return nullptr;
  return reinterpret_cast<GetBackingStore>(::dlsym(RTLD_DEFAULT, "_ZN2v811ArrayBuffer15GetBackingStoreEv"));
}

}  // namespace

BackingStoreHold holdBackingStore(const Napi::ArrayBuffer& buffer) {
  static const GetBackingStore getBackingStore = find();
  return getBackingStore == nullptr || copiesAllMemory() ? nullptr : getBackingStore(buffer);
}

}  // namespace matmq::addon
