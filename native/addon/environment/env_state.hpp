// What one JavaScript environment (the main thread, or a worker) has of the addon.
//
// Ownership and threading
// 1. EnvState lives on its JavaScript thread, as the environment's instance data.
// 2. When the environment ends, the cleanup hook stops its decodes, closes the task queue and then stops and joins
//    every producer and consumer; only after it does Node-API free the objects. process.exit() on the main thread runs
//    no hooks: then threads end with the process.
#pragma once

#include <napi.h>

#include <memory>
#include <stop_token>
#include <unordered_set>
#include <vector>

#include "environment/backing_store.hpp"
#include "environment/external_memory.hpp"
#include "environment/js_task_queue.hpp"

namespace matmq::addon {

/// A producer or consumer of this environment: stopped when the environment ends.
class Stoppable {
 public:
  Stoppable() = default;
  virtual ~Stoppable() = default;
  Stoppable(const Stoppable&) = delete;
  Stoppable& operator=(const Stoppable&) = delete;
  /// Stops and joins its thread, at once.
  virtual void stop() noexcept = 0;
};

/// Whether memory that a program gives was taken: until then a send that is tried again needs it. Of the JavaScript
/// thread alone.
using Taken = std::shared_ptr<bool>;

/// What keeps memory of JavaScript while native threads read it. Of the JavaScript thread alone.
struct HeldArray {
  BackingStoreHold memory;
  napi_ref reference = nullptr;  ///< null: nobody asks for the array again
  Taken given;                   ///< null: its memory is the program's
  std::size_t place = 0;         ///< among those that are held
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

  [[nodiscard]] const std::shared_ptr<JsTaskQueue>& tasks() const noexcept { return tasks_; }
  [[nodiscard]] const std::shared_ptr<Stoppables>& stoppables() const noexcept { return stoppables_; }

  /// While there are more calls of the first than of the second, the environment's event loop stays alive.
  void keepAlive(Napi::Env env);
  void allowExit(Napi::Env env);

  /// Keeps it until forget(), or until the environment ends and nobody reads its memory any more. Node-API itself
  /// forgets a reference that is left then, but does not free it.
  [[nodiscard]] HeldArray* keep(HeldArray array);
  void forget(Napi::Env env, HeldArray* array);

  /// Requested when the environment ends, before its memory is taken away.
  [[nodiscard]] std::stop_token ending() const noexcept { return ending_.get_token(); }

  /// Shared with the finalizers, which may run after this is gone.
  [[nodiscard]] const std::shared_ptr<ExternalMemory>& externalMemory() const noexcept { return externalMemory_; }

 private:
  void runTasks(Napi::Env env);
  void onEnvironmentEnd() noexcept;

  const napi_env env_;
  std::stop_source ending_;

  std::shared_ptr<JsTaskQueue> tasks_ = std::make_shared<JsTaskQueue>();
  std::shared_ptr<ExternalMemory> externalMemory_ = std::make_shared<ExternalMemory>();
  std::shared_ptr<Stoppables> stoppables_ = std::make_shared<Stoppables>();
  std::vector<std::unique_ptr<HeldArray>> held_;   ///< each at its place
  std::vector<std::unique_ptr<HeldArray>> spare_;  ///< for the next ones: there is one for each message
  unsigned keepAlive_ = 0;
};

}  // namespace matmq::addon
