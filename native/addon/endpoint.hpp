// What NativeProducer and NativeConsumer have in common: an engine with an I/O thread, a wake function in JavaScript,
// and the switch that keeps the process alive.
//
// Ownership and threading
// 1. All of it is used on the JavaScript thread only; the engine's wake posts a task to the queue.
// 2. The object stays reachable while its engine runs (the wake function refers to it), until release() or the end of
//    the environment. Tasks that arrive later find `alive_` down.
#pragma once

#include "convert/convert.hpp"
#include "environment/env_state.hpp"

namespace matmq::addon {

template <typename Engine>
class Endpoint : public Stoppable {
 public:
  void stop() noexcept override {
    *alive_ = false;
    engine_.reset();
  }

 protected:
  ~Endpoint() override {
    *alive_ = false;
    if (stoppables_) stoppables_->erase(this);
  }

  template <typename Options>
  void start(Napi::Env env, Options options, Napi::Function wake) {
    wake_ = Napi::Persistent(wake);
    EnvState& state = EnvState::of(env);
    // The task captures this object, and looks at it only while the flag says that it is there.
    engine_ = std::make_unique<Engine>(std::move(options), [this, alive = alive_, tasks = state.tasks()] {
      tasks->post([this, alive](Napi::Env) {
        if (*alive && !wake_.IsEmpty()) wake_.Call({});
      });
    });
    stoppables_ = state.stoppables();
    stoppables_->insert(this);
  }

  [[nodiscard]] Engine& engine(Napi::Env env) const {
    if (!engine_) throw jsError(env, Error(ErrorCode::closed, "It is closed"));
    return *engine_;
  }

  /// After the event `closed` nothing wakes us any more: JavaScript may collect the object, sooner or later; the
  /// engine's thread and descriptor do not wait for that.
  void releaseIfClosed(const std::vector<Event>& events) {
    if (events.empty() || events.back().kind != Event::Kind::closed) return;
    wake_.Reset();
    if (engine_) engine_->join();
  }

  void ref(Napi::Env env) {
    if (!std::exchange(referenced_, true)) EnvState::of(env).keepAlive(env);
  }
  void unref(Napi::Env env) {
    if (std::exchange(referenced_, false)) EnvState::of(env).allowExit(env);
  }

 private:
  std::unique_ptr<Engine> engine_;
  Napi::FunctionReference wake_;
  bool referenced_ = false;
  std::shared_ptr<Stoppables> stoppables_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace matmq::addon
