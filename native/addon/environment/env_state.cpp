#include "environment/env_state.hpp"

namespace matmq::addon {
namespace {

void deleteReference(napi_env env, const ReleasedArray& array) {
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

EnvState::EnvState(Napi::Env env) : env_(env) {
  tasks_->open(env, [this](Napi::Env where) { runTasks(where); });
  // Hooks run in reverse order, so this one runs before the thread-safe function's own.
  env.AddCleanupHook([](EnvState* state) { state->onEnvironmentEnd(); }, this);
}

EnvState::~EnvState() = default;

void EnvState::onEnvironmentEnd() noexcept {
  tasks_->close();
  for (Stoppable* object : std::exchange(*stoppables_, {})) object->stop();
  // Nobody reads it any more, and the allocator of its memory is still there.
  for (const auto& [reference, memory] : references_) napi_delete_reference(env_, reference);
  references_.clear();
  tasks_->destroy();
}

void EnvState::forget(Napi::Env env, const ReleasedArray& array) {
  deleteReference(env, array);
  references_.erase(array.reference);
}

void EnvState::runTasks(Napi::Env env) {
  const JsTaskQueue::Pending pending = tasks_->takePending();
  for (const ReleasedArray& array : pending.arrays) forget(env, array);
  for (const JsTask& task : pending.tasks) {
    const Napi::HandleScope scope(env);
    try {
      task(env);
    } catch (const Napi::Error& error) {
      // A listener of the program threw: that is an uncaught exception, and the other tasks still count.
      napi_fatal_exception(env, error.Value());
    } catch (const std::exception& error) {
      napi_fatal_exception(env, Napi::Error::New(env, error.what()).Value());
    }
  }
}

void EnvState::keepAlive(Napi::Env env) {
  if (keepAlive_++ == 0) tasks_->ref(env);
}

void EnvState::allowExit(Napi::Env env) {
  if (--keepAlive_ == 0) tasks_->unref(env);
}

}  // namespace matmq::addon
