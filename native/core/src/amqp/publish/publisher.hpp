// The AMQP side of a producer: takes parcels from the outbox, publishes them, and tells it what the broker says.
//
// Threading: everything here runs on the I/O thread (io_thread.hpp), except the constructor and stats().
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "amqp/connection/io_thread.hpp"
#include "amqp/connection/traffic.hpp"
#include "amqp/publish/confirm_watch.hpp"
#include "amqp/publish/message_heads.hpp"
#include "amqp/wire/envelope.hpp"
#include "queue/outbox.hpp"

namespace matmq::amqp {

class Publisher final : public IoUser {
 public:
  /// `options` must outlive this.
  Publisher(const ProducerOptions& options, std::shared_ptr<Outbox> outbox);

  [[nodiscard]] const std::string& instance() const noexcept { return sender_.instance; }
  void fillStats(ProducerStats& stats) const noexcept {
    traffic_.fill(stats);
    stats.segments = segments_;
  }

  void declare(SetupScript& script) override;
  void onReady(const BrokerInfo& broker, std::uint32_t frameMax) override;
  [[nodiscard]] bool wantsInput() override { return true; }
  [[nodiscard]] std::size_t mayGather() const override { return std::max<std::size_t>(1, unsettled_.size() / 4); }
  void pump(FrameWriter& writer) override;
  void onMethod(const Method& method) override;
  void onContentMethod(const Method& method) override;
  std::byte* onContentHeader(IncomingHeader header) override;
  void onContent() override {}
  [[nodiscard]] Error onChannelClosed(Error error) override;
  [[nodiscard]] Deadline deadline() const override { return watch_.deadline(); }
  void onDeadline(Clock::time_point now, std::uint64_t arrived) override;

  void onEvent(Event event) override;
  void onLost(const Error& why) override;
  void onEnd(const std::optional<Error>& why) override;
  void onTraffic(std::uint64_t bytesRead, std::uint64_t bytesWritten) override {
    handOver();  // what came while the connection is closed in order, when pump() is not called
    traffic_.count(bytesRead, bytesWritten);
  }

 private:
  /// A message that goes in segments, as far as it is with the writer.
  struct Sending {
    std::uint64_t sequence = 0;
    Payload payload;
    Properties properties;
    std::string routingKey;
    std::uint64_t size = 0;  ///< of each segment but the last
    std::uint64_t count = 0;
    std::uint64_t next = 0;
    std::uint32_t checksum = 0;
  };
  /// A message whose segments the broker confirms.
  struct Parts {
    std::uint64_t unsettled = 0;
    bool allSent = false;
    std::optional<Error> failure;
  };

  void publish(FrameWriter& writer, const QueuedMessage& queued);
  void publishNextSegment(FrameWriter& writer);
  void write(FrameWriter& writer, Bytes head, Slice body);
  [[nodiscard]] Error tooLarge(std::uint64_t size, const std::string& remedy) const;
  [[nodiscard]] static Error refusal();
  void settle(std::uint64_t sequence, std::optional<Error> failure);
  void failLargerThan(std::uint64_t bytes, const Error& why);
  bool failLargest(const Error& why);
  void failPart(std::uint64_t sequence, Parts& parts, Error error);
  void settleWritten(std::uint64_t messagesWritten);
  void handOver();
  void onAck(std::uint64_t tag, bool multiple);
  void onNack(std::uint64_t tag, bool multiple);
  template <typename Settle>
  void settleTags(std::uint64_t tag, bool multiple, Settle&& settle);

  const ProducerOptions& options_;
  const std::shared_ptr<Outbox> outbox_;
  const Sender sender_;
  MessageHeads heads_;

  // of this connection
  std::uint64_t maxMessageSize_ = 0;
  std::string broker_;                   ///< "RabbitMQ 3.10.8"
  std::deque<std::uint64_t> unsettled_;  ///< sequence of each delivery tag from firstTag_ on; 0: settled
  std::uint64_t firstTag_ = 1;
  std::uint64_t settledWrites_ = 0;
  std::vector<std::uint64_t> refused_;    ///< basic.nack that is kept back (ConfirmWatch), by sequence
  std::set<std::uint64_t> returned_;      ///< with confirms: basic.return came, and its answer did not
  ConfirmWatch watch_;                    ///< with confirms
  std::vector<std::uint64_t> confirmed_;  ///< by sequence: for the outbox, when this turn of the loop has read all
  std::optional<Sending> sending_;
  std::map<std::uint64_t, Parts> parts_;  ///< by sequence
  std::string returnReason_;

  std::string peer_;
  std::map<std::string, std::uint64_t> learned_;  ///< limits that brokers closed the channel over, by peer
  std::atomic<std::uint64_t> segments_{0};
  Traffic traffic_;
};

}  // namespace matmq::amqp
