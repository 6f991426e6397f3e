// The body of an image while a codec thread decodes it.
//
// Ownership and threading
// 1. On the codec thread, for one decode. The memory of JavaScript may be gone before: then there is no body.
// 2. The end of the environment waits for whoever reads its memory (JsTaskQueue). A short body of a compressed format
//    may be decoded for long, so it is copied first, which costs a hundredth of the decode, and nobody waits. A body
//    above mostCopied is not: the end waits until its decode has seen the stop, which is after the next row.
#pragma once

#include <matmq/bytes.hpp>
#include <matmq/image.hpp>
#include <memory>
#include <optional>
#include <stop_token>

#include "environment/env_state.hpp"

namespace matmq::addon {

inline constexpr std::size_t mostCopied = 16UL * 1024 * 1024;

class DecodeBody {
 public:
  DecodeBody(JsTaskQueue& tasks, const SharedBytes& bytes);
  ~DecodeBody();
  DecodeBody(const DecodeBody&) = delete;
  DecodeBody& operator=(const DecodeBody&) = delete;

  /// False: the environment has ended.
  explicit operator bool() const noexcept { return reading_ || copy_; }
  [[nodiscard]] const std::optional<SharedBytes>& copy() const noexcept { return copy_; }
  [[nodiscard]] std::span<const std::byte> view() const noexcept { return copy_ ? copy_->view : bytes_; }

 private:
  JsTaskQueue& tasks_;
  std::span<const std::byte> bytes_;
  std::optional<SharedBytes> copy_;
  bool reading_;
};

/// The stop of one decode: the program's own (Cancellation), and that of the environment.
class DecodeStop {
 public:
  DecodeStop(const std::stop_token& ending, std::stop_source own)
      : own_(std::move(own)), link_(ending, Request{own_}) {}
  DecodeStop(const DecodeStop&) = delete;
  DecodeStop& operator=(const DecodeStop&) = delete;

  [[nodiscard]] std::stop_token token() const noexcept { return own_.get_token(); }

 private:
  struct Request {
    std::stop_source source;
    void operator()() noexcept { source.request_stop(); }
  };
  std::stop_source own_;
  std::stop_callback<Request> link_;
};

/// newCancellation(): what a decode takes as its option `cancellation`
Napi::Value newCancellation(const Napi::CallbackInfo& info);
/// cancel(cancellation): void
void cancel(const Napi::CallbackInfo& info);
/// Sets `options.stop`, to what ends the decode: its option `cancellation`, if `given` has one, and the end of the
/// environment. The decode keeps the result until it has ended.
[[nodiscard]] std::shared_ptr<DecodeStop> stopOf(Napi::Value given, DecodeOptions& options);

}  // namespace matmq::addon
