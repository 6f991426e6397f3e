#include "external_memory.hpp"

#include "env_state.hpp"

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

Napi::Uint8Array externalBytes(Napi::Env env, std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  auto* const data =
      reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(bytes.data()));  // NOLINT: JavaScript's from here on
  if (bytes.size() < copyBelow) return Napi::Buffer<std::uint8_t>::Copy(env, data, bytes.size());
  const std::shared_ptr<ExternalMemory>& memory = EnvState::of(env).externalMemory();
  auto finalizer = std::make_unique<Finalizer>(Finalizer{memory, memory->add(bytes, std::move(owner))});
  auto buffer = Napi::Buffer<std::uint8_t>::NewOrCopy(
      env, data, bytes.size(),
      [](Napi::BasicEnv, std::uint8_t* at, Finalizer* raw) {
        const std::unique_ptr<Finalizer> known(raw);
        known->memory->remove(reinterpret_cast<std::byte*>(at), known->ticket);
      },
      finalizer.get());
  [[maybe_unused]] auto* const given = finalizer.release();
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
