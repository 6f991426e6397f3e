// The AMQP side of a consumer: subscribes, puts deliveries into the inbox, and sends the program's acknowledgements.
//
// Threading: everything here runs on the I/O thread (io_thread.hpp), except the constructor, fillStats and queueName.
#pragma once

#include <mutex>

#include "amqp/connection/io_thread.hpp"
#include "amqp/connection/traffic.hpp"
#include "amqp/consume/prefetch_window.hpp"
#include "amqp/consume/reassembly.hpp"
#include "amqp/consume/stream_position.hpp"
#include "queue/inbox.hpp"

namespace matmq::amqp {

class Subscriber final : public IoUser {
 public:
  /// `options` and `inbox` must outlive this.
  Subscriber(const ConsumerOptions& options, Inbox& inbox);

  void fillStats(ConsumerStats& stats) const noexcept {
    traffic_.fill(stats);
    reassembly_.fillStats(stats);
    stats.prefetch = prefetch_.count();
  }
  [[nodiscard]] std::string queueName() const;
  /// From now on deliveries are thrown away: the broker keeps them.
  void stopTaking() noexcept { taking_ = false; }

  void declare(SetupScript& script) override;
  void onReady(const BrokerInfo& broker, std::uint32_t frameMax) override;
  /// Not while the peer leaves lying what it is answered: it could make that longer without end.
  [[nodiscard]] bool wantsInput() override { return !inbox_.full() && unwritten_ <= mostUnwritten; }
  [[nodiscard]] std::size_t mayGather() const override;
  void pump(FrameWriter& writer) override;
  void onMethod(const Method& method) override;
  void onContentMethod(const Method& method) override;
  std::byte* onContentHeader(IncomingHeader header) override;
  void onContent() override;
  [[nodiscard]] Deadline deadline() const override {
    return earlier(reassembly_.deadline(), earlier(inbox_.acknowledgementsDue(), prefetch_.reviewAt()));
  }

  [[nodiscard]] bool mends(const Error& why) const override {
    return why.code() == ErrorCode::consumerCancelled && options_.queue && options_.queue->redeclare;
  }

  void onEvent(Event event) override { inbox_.announce(std::move(event)); }
  void onLost(const Error& why) override;
  void onEnd(const std::optional<Error>& why) override;
  void onTraffic(std::uint64_t bytesRead, std::uint64_t bytesWritten) override {
    traffic_.count(bytesRead, bytesWritten);
  }

 private:
  static constexpr std::size_t mostUnwritten = std::size_t{4} * 1024 * 1024;

  /// Whether the broker delivers again what was not acknowledged on this connection when it is lost.
  [[nodiscard]] bool deliversAgain() const noexcept {
    return options_.queue && options_.ack != AckMode::none && lane_ != cancelledLane_;
  }

  void acknowledge(Bytes& frames);
  void newConsumerTag();
  /// Everybody goes by the window as it is now. Returns the prefetch count to subscribe with; 0: no bound.
  [[nodiscard]] std::uint16_t applyWindow();
  /// The subscription is put in the place of another, with the window as it is now.
  void subscribeAgain(Bytes& frames);
  void reviewWindow(Bytes& frames, Clock::time_point now);
  [[nodiscard]] bool wantsProperties(const PropertiesView& properties) const noexcept;
  [[nodiscard]] std::optional<Segment> segmentOf(std::uint64_t bodySize);

  const ConsumerOptions& options_;
  Inbox& inbox_;
  StreamPosition position_;
  PrefetchWindow prefetch_;
  Reassembly reassembly_;
  bool segment_ = false;               ///< what is coming in is one
  bool passedOver_ = false;            ///< the program is done with what is coming in
  std::shared_ptr<Message> incoming_;  ///< the delivery whose content is under way
  std::uint64_t subscriptions_ = 0;    ///< numbers their consumer tags
  std::string consumerTag_;            ///< of the one that there is
  std::uint64_t incomingSize_ = 0;     ///< bytes of it
  LaneId lane_ = 0;                    ///< of the last connection that declared; 0: none did
  std::uint64_t lastTag_ = 0;          ///< of its deliveries
  LaneId cancelledLane_ = 0;           ///< what came on it the broker does not have any more
  std::size_t unwritten_ = 0;          ///< octets that the socket did not take yet
  std::atomic<bool> taking_{true};
  Traffic traffic_;
  mutable std::mutex queueNameMutex_;
  std::string queueName_;
};

}  // namespace matmq::amqp
