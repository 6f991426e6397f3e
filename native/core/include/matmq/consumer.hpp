// The consumer of C++ programs: the interface of the original class.
//
// Ownership and threading
// 1. receive and receiveImage may be called from several threads; each message goes to one of them. With
//    `AckMode::automatic` a call acknowledges what was handed out before it, so several threads want `manual`.
// 2. A ReceivedImage's pixels live as long as the object (or any copy of its cv::Mat and message).
// 3. The destructor closes without acknowledging the message in hand, because the program may be unwinding: it goes
//    back to the queue. exit() acknowledges it.
#pragma once

#include <chrono>
#include <matmq/message.hpp>
#include <matmq/options.hpp>
#include <matmq/stats.hpp>
#include <memory>

namespace matmq {

struct ReceivedImage {
  std::shared_ptr<const Message> message;
  DecodedImage image;
};

class Consumer {
 public:
  /// Connects, logs in, declares, binds and subscribes.
  /// @throws Error of kind connection or channel; INVALID_ARGUMENT, INVALID_URL
  explicit Consumer(ConsumerOptions options = {});
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  /// Waits for the next message.
  /// @throws Error END_OF_TRANSMISSION; TIMEOUT; CLOSED; or what ended the connection for good
  std::shared_ptr<const Message> receive(std::optional<std::chrono::milliseconds> timeout = {});
  /// @throws Error NOT_AN_IMAGE, CANNOT_DECODE, LIMIT_EXCEEDED too: the message is rejected, and the next one arrives
  ReceivedImage receiveImage(const DecodeOptions& options = {}, std::optional<std::chrono::milliseconds> timeout = {});

  /// For `AckMode::manual`. False when the connection that delivered it is gone: the message will come again.
  bool ack(const Message& message);
  bool nack(const Message& message, bool requeue = true);

  /// Acknowledges what was handed out (`automatic`) and closes. A second call does nothing.
  void exit() noexcept;

  [[nodiscard]] ConsumerStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace matmq
