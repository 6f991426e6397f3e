// The way of native threads to a JavaScript thread.
//
// Ownership and threading
// 1. It is shared with every thread that has something for it, and may outlive its environment: what comes in after
//    close() is dropped.
// 2. There is one thread-safe function (Node-API) for each environment. Tasks that gather before JavaScript runs
//    share one call.
// 3. What keeps the memory of JavaScript can be given up on its own thread only: whoever releases it elsewhere sends it
//    here. It is not looked at: after close() it may be gone.
// 4. Other threads read memory of JavaScript between enter() and leave() only: close() waits for those within, and
//    nobody gets in after it.
#pragma once

#include <napi.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace matmq::addon {

struct HeldArray;

/// Work for the JavaScript thread.
using JsTask = std::function<void(Napi::Env)>;

class JsTaskQueue {
 public:
  JsTaskQueue() = default;
  JsTaskQueue(const JsTaskQueue&) = delete;
  JsTaskQueue& operator=(const JsTaskQueue&) = delete;

  // any thread
  void post(JsTask task);
  /// No native thread reads it any more.
  void release(HeldArray* array);
  /// False: the environment has ended, and its memory is gone.
  [[nodiscard]] bool enter();
  void leave();

  // the JavaScript thread
  /// `run` is called in a later turn when something is pending.
  void open(Napi::Env env, std::function<void(Napi::Env)> run);
  /// Waits for those within. What waits is dropped.
  void close();
  /// Gives the thread-safe function back, after close().
  void destroy() { call_.Release(); }
  /// Whether the event loop stays alive for it.
  void ref(Napi::Env env) { call_.Ref(env); }
  void unref(Napi::Env env) { call_.Unref(env); }
  struct Pending {
    std::vector<JsTask> tasks;
    std::vector<HeldArray*> arrays;
  };
  [[nodiscard]] Pending takePending();

 private:
  static void onCall(Napi::Env env, Napi::Function, JsTaskQueue* queue, void*);
  using Call = Napi::TypedThreadSafeFunction<JsTaskQueue, void, &JsTaskQueue::onCall>;

  void callLocked();

  std::mutex mutex_;
  std::condition_variable left_;
  unsigned within_ = 0;
  bool open_ = false;
  bool called_ = false;
  Call call_;
  std::function<void(Napi::Env)> run_;
  Pending pending_;
};

}  // namespace matmq::addon
