// What one JavaScript environment (the main thread, or a worker) has of the addon.
//
// Ownership and threading
// 1. EnvState lives on its JavaScript thread, as the environment's instance data. A Mailbox is shared with every thread
//    that has something for it, and may outlive it: what comes in after close() is dropped.
// 2. There is one thread-safe function per environment. Letters that gather before JavaScript runs share one call.
// 3. When the environment ends, the cleanup hook closes the mailbox and then stops and joins every producer and
//    consumer; only after it does Node-API free the objects.
// 4. A JavaScript reference may be let go on any thread: it travels to the JavaScript thread to be deleted there.
//    process.exit() on the main thread runs no hooks: then threads end with the process.
// 5. Other threads read memory of JavaScript between enter() and leave() only: the hook waits for those within, and
//    nobody gets in after it.
#pragma once

#include <napi.h>

#include <condition_variable>
#include <functional>
#include <matmq/bytes.hpp>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "backing_store.hpp"
#include "external_memory.hpp"

namespace matmq::addon {

class EnvState;

/// Whether memory that a program gives was taken: until then a send that is tried again needs it. Of the JavaScript
/// thread alone.
using Taken = std::shared_ptr<bool>;

/// A reference to an array that no native thread reads any more.
struct LetGo {
  napi_ref reference = nullptr;
  Taken given;  ///< null: its memory is the program's
};

/// Work for the JavaScript thread.
using Letter = std::function<void(Napi::Env)>;

class Mailbox {
 public:
  Mailbox() = default;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// Any thread.
  void post(Letter letter);
  void release(LetGo array);
  /// False: the environment has ended, and its memory is gone.
  [[nodiscard]] bool enter();
  void leave();

 private:
  friend class EnvState;
  static void onCall(Napi::Env env, Napi::Function, EnvState* state, void*);
  using Call = Napi::TypedThreadSafeFunction<EnvState, void, &Mailbox::onCall>;

  void callLocked();
  void close();

  std::mutex mutex_;
  std::condition_variable left_;
  unsigned within_ = 0;
  bool open_ = false;
  bool called_ = false;
  Call call_;
  std::vector<Letter> letters_;
  std::vector<LetGo> arrays_;
};

/// A producer or consumer of this environment: told to stop when the environment ends.
class Stoppable {
 public:
  Stoppable() = default;
  virtual ~Stoppable() = default;
  Stoppable(const Stoppable&) = delete;
  Stoppable& operator=(const Stoppable&) = delete;
  /// Stops and joins its thread, at once.
  virtual void stop() noexcept = 0;
};

/// Shared with each of them, because an object may be finalized after the environment's instance data is gone.
using Stoppables = std::unordered_set<Stoppable*>;

class EnvState {
 public:
  explicit EnvState(Napi::Env env);
  ~EnvState();
  EnvState(const EnvState&) = delete;
  EnvState& operator=(const EnvState&) = delete;

  static EnvState& of(Napi::Env env) { return *env.GetInstanceData<EnvState>(); }

  [[nodiscard]] const std::shared_ptr<Mailbox>& mailbox() const noexcept { return mailbox_; }
  [[nodiscard]] const std::shared_ptr<Stoppables>& stoppables() const noexcept { return stoppables_; }

  /// While the count is above zero the environment's event loop stays alive.
  void keepAlive(Napi::Env env);
  void letGo(Napi::Env env);

  /// Keeps a reference, and the memory under it, until letGoOf(), or until the environment ends and nobody reads it any
  /// more. Node-API itself forgets a reference that is left then, but does not free it.
  void keep(napi_ref reference, BackingStoreHold hold) { references_.emplace(reference, std::move(hold)); }
  void letGoOf(Napi::Env env, const LetGo& array);

  /// Shared with the finalizers, which may run after this is gone.
  [[nodiscard]] const std::shared_ptr<ExternalMemory>& externalMemory() const noexcept { return externalMemory_; }

 private:
  friend class Mailbox;
  void onLetters(Napi::Env env);
  void onEnvironmentEnd() noexcept;

  const napi_env env_;

  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::shared_ptr<ExternalMemory> externalMemory_ = std::make_shared<ExternalMemory>();
  std::shared_ptr<Stoppables> stoppables_ = std::make_shared<Stoppables>();
  std::unordered_map<napi_ref, BackingStoreHold> references_;
  unsigned keepAlive_ = 0;
};

/// Keeps a JavaScript array from being collected, and its memory, also when the program transfers it meanwhile; may be
/// destroyed on any thread. Null where the memory cannot be kept (backing_store.hpp).
/// `given`: if it was taken, its buffer is detached when it is let go, so that it is free before any collection.
[[nodiscard]] std::shared_ptr<const void> holdValue(Napi::Env env, Napi::Uint8Array value, Taken given = nullptr);
/// How the bytes of an array are kept, numbered as lib/native.ts has it.
enum class Keep : std::uint8_t { held, copied, given };
/// The bytes of a Uint8Array, held by holdValue(); or copied, as wished or because they cannot be held.
[[nodiscard]] SharedBytes heldBytes(Napi::Env env, Napi::Value value, Keep keep = Keep::held, Taken given = nullptr);
/// The value again, on the JavaScript thread.
[[nodiscard]] Napi::Value heldValue(Napi::Env env, const std::shared_ptr<const void>& held);

}  // namespace matmq::addon
