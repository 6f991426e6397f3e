// Memory of the core that JavaScript sees: received bodies and decoded pixels.
//
// Ownership and threading
// 1. Each region is kept by its owner until JavaScript's collector finds the array unused, or the program gives it back
//    with release(). A decode or a send that still reads it holds the owner, too. V8 itself keeps what was lent to it
//    (backing_store.hpp); the others are noted here.
// 2. Node frees the memory of external buffers before anything else when an environment ends, before every cleanup
//    hook, so a reference to the JavaScript value does not keep it. Whoever reads such memory on another thread holds
//    its owner.
// 3. The environment's JavaScript thread only.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>

namespace matmq::addon {

class ExternalMemory {
 public:
  ExternalMemory() = default;
  ExternalMemory(const ExternalMemory&) = delete;
  ExternalMemory& operator=(const ExternalMemory&) = delete;

  /// Who owns the memory `data` points into; null when it is not ours.
  [[nodiscard]] std::shared_ptr<const void> ownerOf(const std::byte* data) const;

  /// Keeps `owner` for the region; the ticket tells it from a later one at the same address.
  std::uint64_t add(std::span<const std::byte> bytes, std::shared_ptr<const void> owner);
  /// Nothing happens when the region was released before, even if another one stands at its address now.
  void remove(const std::byte* data, std::uint64_t ticket);
  void release(const std::byte* data);

 private:
  struct Region {
    std::size_t size = 0;
    std::uint64_t ticket = 0;
    std::shared_ptr<const void> owner;
  };

  std::map<const std::byte*, Region> regions_;
  std::uint64_t lastTicket_ = 0;
};

/// A received body as an ArrayBuffer of its own, kept by `owner`, by the fastest way that there is (backing_store.hpp),
/// or copied where that is cheaper or the runtime allows no external memory.
[[nodiscard]] Napi::ArrayBuffer externalBuffer(Napi::Env env, std::span<const std::byte> bytes,
                                               const std::shared_ptr<const void>& owner);

/// Memory of the core as a Uint8Array, kept by `owner`. Copied where that is cheaper, and where the runtime allows no
/// external memory (Electron).
[[nodiscard]] Napi::Uint8Array externalBytes(Napi::Env env, std::span<const std::byte> bytes,
                                             std::shared_ptr<const void> owner);

/// Whether to do as where the runtime allows no external memory, and no hold of JavaScript's: what tests ask for by the
/// environment variable MATMQ_TEST_COPY_MEMORY. Everything is copied once then, each way.
[[nodiscard]] bool copiesAllMemory() noexcept;

/// release(bytes): void. The array, and all others over the same memory, are empty from then on.
Napi::Value releaseBytes(const Napi::CallbackInfo& info);

/// Lets V8 see to external memory: once bodies that only the young generation holds reach twice its size, the next
/// allocation of an ArrayBuffer by V8 itself collects that generation (Heap::AllocateExternalBackingStore). Ours are
/// made outside, so a stream of bodies would never trigger it. Costs a few bytes and well below a microsecond.
void remindOfExternalMemory(Napi::Env env);

}  // namespace matmq::addon
