// The producer of C++ programs: the interface of the original class, blocking where that one blocked.
//
// Ownership and threading
// 1. All methods may be called from several threads; messages leave in the order in which the calls were accepted.
// 2. A cv::Mat is shared, not copied (cv::Mat's own reference count): do not change its pixels until the receipt is
//    confirmed, or send a clone.
// 3. The destructor does what exit() does.
#pragma once

#include <matmq/message.hpp>
#include <matmq/options.hpp>
#include <matmq/stats.hpp>
#include <memory>
#include <string_view>

namespace matmq {

namespace detail {
struct ReceiptState;
struct Settlements;
}  // namespace detail

/// A message that was accepted.
class Receipt {
 public:
  /// Position among the messages of its producer, from 1.
  [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_; }
  /// Waits until the broker has the message.
  /// @throws Error NACKED, UNROUTABLE, TOO_LARGE, DROPPED, NOT_CONFIRMED, CANNOT_ENCODE
  void confirmed() const;

 private:
  friend class Producer;
  std::uint64_t sequence_ = 0;
  std::shared_ptr<detail::ReceiptState> state_;
  std::shared_ptr<detail::Settlements> settlements_;
};

class Producer {
 public:
  /// Connects, logs in and declares.
  /// @throws Error of kind connection or channel; INVALID_ARGUMENT, INVALID_URL
  explicit Producer(ProducerOptions options = {});
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  /// Each returns when the internal queue has accepted the message; while it is full, it waits (`whenFull`).
  /// @throws Error CLOSED, QUEUE_FULL, or what ended the connection for good
  Receipt send(std::string_view text);
  Receipt send(SharedBytes bytes);
  /// @throws Error INVALID_MATRIX, CANNOT_ENCODE, INVALID_ARGUMENT too
  Receipt sendImage(const cv::Mat& image, ImageFormat format = ImageFormat::png, const EncodeOptions& options = {});
  /// One end of transmission for each of `consumers`.
  void sendEOT(unsigned consumers = 1);
  Receipt send(OutgoingMessage message);

  /// Waits until all that was sent so far is confirmed.
  /// @throws Error PUBLISH_FAILED listing what failed since the last flush and was not asked for by a receipt
  void flush();
  /// Drops what is still queued and closes. A second call does nothing.
  void exit() noexcept;
  /// Exits even when the flush throws.
  void flushAndExit();

  [[nodiscard]] ProducerStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace matmq
