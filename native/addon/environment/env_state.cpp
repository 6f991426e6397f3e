#include "environment/env_state.hpp"

namespace matmq::addon {
namespace {

/// What one wake releases, more or less.
constexpr std::size_t mostSpare = 256;

void deleteReference(napi_env env, const HeldArray& array) {
  if (array.reference == nullptr) return;
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
  ending_.request_stop();
  tasks_->close();
  for (Stoppable* object : std::exchange(*stoppables_, {})) object->stop();
  // Nobody reads it any more, and the allocator of its memory is still there.
  for (const auto& array : held_) {
    if (array->reference != nullptr) napi_delete_reference(env_, array->reference);
  }
  held_.clear();
  tasks_->destroy();
}

HeldArray* EnvState::keep(HeldArray array) {
  array.place = held_.size();
  if (spare_.empty()) {
    held_.push_back(std::make_unique<HeldArray>(std::move(array)));
  } else {
    held_.push_back(std::move(spare_.back()));
    spare_.pop_back();
    *held_.back() = std::move(array);
  }
  return held_.back().get();
}

void EnvState::forget(Napi::Env env, HeldArray* array) {
  deleteReference(env, *array);
  std::unique_ptr<HeldArray>& place = held_[array->place];
  std::swap(place, held_.back());  // the last one takes the place
  place->place = array->place;
  std::unique_ptr<HeldArray> forgotten = std::move(held_.back());
  held_.pop_back();
  if (spare_.size() == mostSpare) return;
  *forgotten = {};
  spare_.push_back(std::move(forgotten));
}

void EnvState::runTasks(Napi::Env env) {
  const JsTaskQueue::Pending pending = tasks_->takePending();
  for (HeldArray* const array : pending.arrays) forget(env, array);
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
