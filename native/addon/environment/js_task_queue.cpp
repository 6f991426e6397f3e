#include "environment/js_task_queue.hpp"

namespace matmq::addon {

// The call goes out under the lock: close() must not release the thread-safe function between the check and the call.
// Node-API only queues it; nothing is called back.
void JsTaskQueue::callLocked() {
  if (std::exchange(called_, true)) return;
  call_.NonBlockingCall();
}

void JsTaskQueue::post(JsTask task) {
  const std::lock_guard lock(mutex_);
  if (!open_) return;
  pending_.tasks.push_back(std::move(task));
  callLocked();
}

void JsTaskQueue::release(HeldArray* array) {
  const std::lock_guard lock(mutex_);
  if (!open_) return;  // the end of the environment frees what is left
  pending_.arrays.push_back(array);
  callLocked();
}

bool JsTaskQueue::enter() {
  const std::lock_guard lock(mutex_);
  if (open_) ++within_;
  return open_;
}

void JsTaskQueue::leave() {
  const std::lock_guard lock(mutex_);
  if (--within_ == 0) left_.notify_all();
}

void JsTaskQueue::open(Napi::Env env, std::function<void(Napi::Env)> run) {
  run_ = std::move(run);
  call_ = Call::New(env, "matmq", 0, 1, this);
  call_.Unref(env);
  open_ = true;
}

void JsTaskQueue::close() {
  std::vector<JsTask> dropped;  // destroyed without the lock: what they hold comes back to release()
  std::unique_lock lock(mutex_);
  open_ = false;
  dropped.swap(pending_.tasks);
  pending_.arrays.clear();
  left_.wait(lock, [this] { return within_ == 0; });
}

JsTaskQueue::Pending JsTaskQueue::takePending() {
  const std::lock_guard lock(mutex_);
  called_ = false;
  return std::exchange(pending_, {});
}

void JsTaskQueue::onCall(Napi::Env env, Napi::Function /*none*/, JsTaskQueue* queue, void* /*none*/) {
  if (static_cast<napi_env>(env) == nullptr) return;  // the environment is ending
  queue->run_(env);
}

}  // namespace matmq::addon
