// The requests that make a fresh connection usable, sent in one go; the broker answers them in order (AMQP 0-9-1, 4.7).
// The first refusal ends the connection, so nothing runs on a half-declared one.
#pragma once

#include <deque>
#include <functional>
#include <string>

#include "amqp/wire/codec.hpp"

namespace matmq::amqp {

class SetupScript {
 public:
  explicit SetupScript(std::uint32_t frameMax) : frameMax_(frameMax) {}

  /// Appends a request. `what` says it in errors ("declaring the exchange 'frames'"); `onReply` sees the answer.
  template <typename T>
  void request(std::uint16_t channel, amqp_method_number_t id, T method, amqp_method_number_t reply, std::string what,
               std::function<void(const Method&)> onReply = {}) {
    appendMethod(frames_, channel, id, method, frameMax_);
    awaited_.push_back({reply, std::move(what), std::move(onReply)});
  }

  /// Memory for tables of requests, until they are appended.
  [[nodiscard]] DecodePool& pool() noexcept { return pool_; }
  [[nodiscard]] Bytes takeFrames() noexcept { return std::move(frames_); }

  /// True when `method` is the answer awaited next; it is consumed then.
  bool accept(const Method& method);
  [[nodiscard]] bool done() const noexcept { return awaited_.empty(); }
  /// What the next answer is about.
  [[nodiscard]] const std::string& step() const noexcept;

 private:
  struct Awaited {
    amqp_method_number_t reply;
    std::string what;
    std::function<void(const Method&)> onReply;
  };
  std::uint32_t frameMax_;
  Bytes frames_;
  std::deque<Awaited> awaited_;
  DecodePool pool_;
};

}  // namespace matmq::amqp
