#include "env_state.hpp"

namespace matmq::addon {
namespace {

void giveBack(napi_env env, const LetGo& array) {
  if (array.given && *array.given) {
    const Napi::HandleScope scope(env);
    napi_value value = nullptr;
    napi_value buffer = nullptr;
    if (napi_get_reference_value(env, array.reference, &value) == napi_ok && value != nullptr &&
        napi_get_typedarray_info(env, value, nullptr, nullptr, nullptr, &buffer, nullptr) == napi_ok) {
      napi_detach_arraybuffer(env, buffer);
    }
  }
  napi_delete_reference(env, array.reference);
}

}  // namespace

// The call goes out under the lock: close() must not release the thread-safe function between the check and the call.
// Node-API only queues it; nothing is called back.
void Mailbox::callLocked() {
  if (std::exchange(called_, true)) return;
  call_.NonBlockingCall();
}

void Mailbox::post(Letter letter) {
  const std::lock_guard lock(mutex_);
  if (!open_) return;
  letters_.push_back(std::move(letter));
  callLocked();
}

void Mailbox::release(LetGo array) {
  const std::lock_guard lock(mutex_);
  if (!open_) return;  // the end of the environment frees what is left
  arrays_.push_back(array);
  callLocked();
}

bool Mailbox::enter() {
  const std::lock_guard lock(mutex_);
  if (open_) ++within_;
  return open_;
}

void Mailbox::leave() {
  const std::lock_guard lock(mutex_);
  if (--within_ == 0) left_.notify_all();
}

void Mailbox::close() {
  std::vector<Letter> letters;  // destroyed without the lock: what they hold comes back to release()
  std::unique_lock lock(mutex_);
  open_ = false;
  letters.swap(letters_);
  arrays_.clear();
  left_.wait(lock, [this] { return within_ == 0; });
}

void Mailbox::onCall(Napi::Env env, Napi::Function /*none*/, EnvState* state, void* /*none*/) {
  if (static_cast<napi_env>(env) == nullptr) return;  // the environment is ending
  state->onLetters(env);
}

EnvState::EnvState(Napi::Env env) : env_(env) {
  mailbox_->call_ = Mailbox::Call::New(env, "matmq", 0, 1, this);
  mailbox_->call_.Unref(env);
  mailbox_->open_ = true;
  // Hooks run in reverse order, so this one runs before the thread-safe function's own.
  env.AddCleanupHook([](EnvState* state) { state->onEnvironmentEnd(); }, this);
}

EnvState::~EnvState() = default;

void EnvState::onEnvironmentEnd() noexcept {
  mailbox_->close();
  for (Stoppable* object : std::exchange(*stoppables_, {})) object->stop();
  // Nobody reads it any more, and the allocator of its memory is still there.
  for (const auto& [reference, memory] : references_) napi_delete_reference(env_, reference);
  references_.clear();
  mailbox_->call_.Release();
}

void EnvState::letGoOf(Napi::Env env, const LetGo& array) {
  giveBack(env, array);
  references_.erase(array.reference);
}

void EnvState::onLetters(Napi::Env env) {
  std::vector<Letter> letters;
  std::vector<LetGo> arrays;
  {
    const std::lock_guard lock(mailbox_->mutex_);
    mailbox_->called_ = false;
    letters.swap(mailbox_->letters_);
    arrays.swap(mailbox_->arrays_);
  }
  for (const LetGo& array : arrays) letGoOf(env, array);
  for (const Letter& letter : letters) {
    const Napi::HandleScope scope(env);
    try {
      letter(env);
    } catch (const Napi::Error& error) {
      // A listener of the program threw: that is an uncaught exception, and the other letters still count.
      napi_fatal_exception(env, error.Value());
    } catch (const std::exception& error) {
      napi_fatal_exception(env, Napi::Error::New(env, error.what()).Value());
    }
  }
}

void EnvState::keepAlive(Napi::Env env) {
  if (keepAlive_++ == 0) mailbox_->call_.Ref(env);
}

void EnvState::letGo(Napi::Env env) {
  if (--keepAlive_ == 0) mailbox_->call_.Unref(env);
}

std::shared_ptr<const void> holdValue(Napi::Env env, Napi::Uint8Array value, Taken given) {
  EnvState& state = EnvState::of(env);
  auto owner = state.externalMemory()->ownerOf(reinterpret_cast<const std::byte*>(value.Data()));
  BackingStoreHold memory = owner ? nullptr : holdBackingStore(value.ArrayBuffer());
  if (!owner && !memory) return nullptr;
  napi_ref reference = nullptr;
  if (napi_create_reference(env, value, 1, &reference) != napi_ok) throw Napi::Error::New(env);
  state.keep(reference, std::move(memory));
  return {static_cast<const void*>(reference), [mailbox = state.mailbox(), array = LetGo{reference, std::move(given)},
                                                owner = std::move(owner)](const void*) { mailbox->release(array); }};
}

SharedBytes heldBytes(Napi::Env env, Napi::Value value, Keep keep, Taken given) {
  const auto view = value.As<Napi::Uint8Array>();
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(view.Data()), view.ByteLength());
  if (keep == Keep::copied || bytes.empty()) return copyBytes(bytes);
  auto owner = holdValue(env, view, std::move(given));
  if (!owner) return copyBytes(bytes);
  return {std::move(owner), bytes};
}

Napi::Value heldValue(Napi::Env env, const std::shared_ptr<const void>& held) {
  napi_value value = nullptr;
  auto* const reference = static_cast<napi_ref>(const_cast<void*>(held.get()));  // NOLINT: holdValue made it const
  if (napi_get_reference_value(env, reference, &value) != napi_ok) throw Napi::Error::New(env);
  return {env, value};
}

}  // namespace matmq::addon
