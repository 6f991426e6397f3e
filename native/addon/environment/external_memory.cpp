#include "environment/external_memory.hpp"

#include <algorithm>
#include <cstdlib>

#include "environment/backing_store.hpp"
#include "environment/env_state.hpp"

namespace matmq::addon {
namespace {

/// Below this a copy into JavaScript's own memory is cheaper than an external buffer and its finalizer.
constexpr std::size_t copyBelow = 2048;

/// What a finalizer knows.
struct Finalizer {
  std::shared_ptr<ExternalMemory> memory;
  std::uint64_t ticket = 0;
};

}  // namespace

std::shared_ptr<const void> ExternalMemory::ownerOf(const std::byte* data) const {
  const auto after = regions_.upper_bound(data);
  if (after == regions_.begin()) return nullptr;
  const auto& [begin, region] = *std::prev(after);
  return data < begin + region.size ? region.owner : nullptr;
}

std::uint64_t ExternalMemory::add(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  regions_.insert_or_assign(bytes.data(), Region{bytes.size(), ++lastTicket_, std::move(owner)});
  return lastTicket_;
}

// In both, the address is forgotten before the memory goes, because the next memory may have it.
void ExternalMemory::remove(const std::byte* data, std::uint64_t ticket) {
  const auto at = regions_.find(data);
  if (at == regions_.end() || at->second.ticket != ticket) return;
  const auto node = regions_.extract(at);
}

void ExternalMemory::release(const std::byte* data) { const auto node = regions_.extract(data); }

namespace {

void finalize(napi_env /*env*/, void* data, void* hint) {
  const std::unique_ptr<Finalizer> known(static_cast<Finalizer*>(hint));
  known->memory->remove(static_cast<std::byte*>(data), known->ticket);
}

napi_status createExternal(Napi::Env env, std::span<const std::byte> bytes, Finalizer* finalizer, napi_value* buffer) {
  if (copiesAllMemory()) return napi_no_external_buffers_allowed;
  auto* const data = const_cast<std::byte*>(bytes.data());  // NOLINT: JavaScript's from here on
  return napi_create_external_buffer(env, bytes.size(), data, finalize, finalizer, buffer);
}

// Asked of Node-API once: V8's own call would end the process where it is not.
bool externalMemoryAllowed(Napi::Env env) {
  static const bool allowed = [&] {
    if (copiesAllMemory()) return false;
    static std::byte probe;
    napi_value buffer = nullptr;
    return napi_create_external_arraybuffer(env, &probe, 1, nullptr, nullptr, &buffer) == napi_ok;
  }();
  return allowed;
}

Napi::Uint8Array copied(Napi::Env env, std::span<const std::byte> bytes) {
  return Napi::Buffer<std::uint8_t>::Copy(env, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

bool copiesAllMemory() noexcept {
  static const bool asked = std::getenv("MATMQ_TEST_COPY_MEMORY") != nullptr;
  return asked;
}

Napi::Uint8Array externalBytes(Napi::Env env, std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  if (bytes.size() < copyBelow) return copied(env, bytes);
  const std::shared_ptr<ExternalMemory>& memory = EnvState::of(env).externalMemory();
  auto finalizer = std::make_unique<Finalizer>(Finalizer{memory, memory->add(bytes, owner)});
  napi_value buffer = nullptr;
  const napi_status status = createExternal(env, bytes, finalizer.get(), &buffer);
  if (status == napi_ok) {
    [[maybe_unused]] auto* const given = finalizer.release();
    return {env, buffer};
  }
  memory->remove(bytes.data(), finalizer->ticket);
  if (status != napi_no_external_buffers_allowed) throw Napi::Error::New(env);
  return copied(env, bytes);  // `owner` is ours until then
}

Napi::ArrayBuffer externalBuffer(Napi::Env env, std::span<const std::byte> bytes,
                                 const std::shared_ptr<const void>& owner) {
  if (bytes.size() >= copyBelow && externalMemoryAllowed(env)) {
    if (auto buffer = lendMemory(env, bytes, owner)) return *buffer;
    return externalBytes(env, bytes, owner).ArrayBuffer();
  }
  auto buffer = Napi::ArrayBuffer::New(env, bytes.size());
  std::ranges::copy(bytes, static_cast<std::byte*>(buffer.Data()));
  return buffer;
}

Napi::Value releaseBytes(const Napi::CallbackInfo& info) {
  const auto array = info[0].As<Napi::Uint8Array>();
  Napi::ArrayBuffer buffer = array.ArrayBuffer();
  const auto* const data = static_cast<const std::byte*>(buffer.Data());
  if (data == nullptr || buffer.IsDetached()) return info.Env().Undefined();
  buffer.Detach();
  EnvState::of(info.Env()).externalMemory()->release(data);
  return info.Env().Undefined();
}

void remindOfExternalMemory(Napi::Env env) { Napi::ArrayBuffer::New(env, 8); }

}  // namespace matmq::addon
