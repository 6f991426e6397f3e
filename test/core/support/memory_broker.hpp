// A broker in memory behind the seam (driver/driver.hpp), for what the engines and queues do with any broker: no
// sockets, no AMQP, no waiting. Its URLs are memory://<name>; its queue has partitions, as a topic of Kafka has.
//
// Ownership and threading
// 1. A MemoryBroker lives as long as a test or a driver has it. Everything may be called from any thread.
// 2. A message goes to the partition that its header "partition" says (an integer), 0 unless said.
// 3. A consumer reads the partitions that are assigned to it: all, until revoke(). What it had of one and did not
//    acknowledge is delivered again once the partition is assigned again.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <matmq/message.hpp>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/signal.hpp"

namespace support {

class MemoryBroker {
 public:
  struct Record {
    std::uint64_t offset = 0;  ///< over all partitions
    std::int64_t partition = 0;
    matmq::MessageType type = matmq::MessageType::unmarked;
    matmq::Properties properties;
    std::vector<std::byte> body;
    bool redelivered = false;
  };
  enum class Answer : std::uint8_t { confirm, refuse, wait };

  /// The one of this name; made when it is asked for first. Registers the scheme `memory`.
  [[nodiscard]] static std::shared_ptr<MemoryBroker> named(const std::string& name);
  [[nodiscard]] std::string url() const { return "memory://" + name_; }

  // what a test says
  /// Bodies above it are cut into segments.
  void setMaxMessageSize(std::size_t bytes);
  /// What happens to messages from now on. Leaving `wait` answers those that wait, too.
  void setAnswer(Answer answer);
  void revoke(std::int64_t partition);
  void assign(std::int64_t partition);
  /// Offsets that were acknowledged, in that order, and those that were rejected for good.
  [[nodiscard]] std::vector<std::uint64_t> acknowledged() const;
  [[nodiscard]] std::vector<std::uint64_t> rejected() const;
  /// Waits until the number of records that no consumer has is this; false after 10 s.
  [[nodiscard]] bool waitForQueued(std::size_t records);
  [[nodiscard]] bool waitForAcknowledged(std::size_t records);
  [[nodiscard]] bool waitForPublished(std::size_t records);

  // the drivers
  [[nodiscard]] std::size_t maxMessageSize() const;
  [[nodiscard]] Answer answer() const;
  void publish(Record record);
  [[nodiscard]] std::optional<Record> take();
  void acknowledge(std::uint64_t offset);
  void reject(std::uint64_t offset);
  /// Back to the front of the queue, to be delivered again.
  void giveBack(std::vector<Record> records);
  /// Partitions that were revoked since the last call.
  [[nodiscard]] std::set<std::int64_t> takeRevoked();
  void attach(const std::shared_ptr<matmq::Signal>& signal);

 private:
  explicit MemoryBroker(std::string name) : name_(std::move(name)) {}
  void raiseAll();
  template <typename Condition>
  bool waitFor(Condition&& condition);

  const std::string name_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::weak_ptr<matmq::Signal>> signals_;
  std::size_t maxMessageSize_ = SIZE_MAX;
  Answer answer_ = Answer::confirm;
  std::deque<Record> queue_;
  std::uint64_t published_ = 0;
  std::set<std::int64_t> away_;     ///< partitions that are assigned to nobody here
  std::set<std::int64_t> revoked_;  ///< that the consumer has not heard of
  std::vector<std::uint64_t> acknowledged_;
  std::vector<std::uint64_t> rejected_;
};

}  // namespace support
