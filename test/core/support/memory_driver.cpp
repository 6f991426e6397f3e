#include "support/memory_driver.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "base/crc32c.hpp"
#include "client/drivers.hpp"
#include "message/assembler.hpp"
#include "message/segment.hpp"
#include "support/memory_broker.hpp"

namespace support {
namespace {

using namespace matmq;

std::shared_ptr<MemoryBroker> brokerOf(const ConnectionOptions& options) {
  const std::string& url = options.url.front();
  return MemoryBroker::named(url.substr(url.find("://") + 3));
}

Event event(Event::Kind kind) {
  Event out;
  out.kind = kind;
  out.peer = "memory";
  return out;
}

/// One thread that turns whenever the signal is raised, until it is closed or destroyed.
class Thread {
 public:
  explicit Thread(std::shared_ptr<Signal> signal) : signal_(std::move(signal)) {}
  ~Thread() {
    aborting_ = true;
    signal_->raise();
    if (thread_.joinable()) thread_.join();
  }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  template <typename Turn, typename End>
  void start(Turn turn, End end) {
    thread_ = std::thread([this, turn, end] {
      for (signal_->lower(); !closing_ && !aborting_; signal_->lower()) {
        turn();
        matmq::waitFor(-1, 0, *signal_, std::nullopt);
      }
      end();
    });
  }
  void close() noexcept {
    closing_ = true;
    signal_->raise();
  }
  void join() noexcept {
    if (!thread_.joinable() || thread_.get_id() == std::this_thread::get_id()) return;
    thread_.join();
    signal_->retire();
  }

 private:
  const std::shared_ptr<Signal> signal_;
  std::atomic<bool> closing_{false};
  std::atomic<bool> aborting_{false};
  std::thread thread_;
};

std::vector<std::byte> bytesOf(const Payload& payload) {
  std::vector<std::byte> bytes;
  for (std::size_t row = 0; row < payload.rows; ++row) {
    const std::byte* const from = payload.data + row * payload.step;
    bytes.insert(bytes.end(), from, from + payload.rowBytes);
  }
  return bytes;
}

std::int64_t partitionOf(const FieldTable& headers) {
  const auto at = headers.find("partition");
  const auto* value = at == headers.end() ? nullptr : std::get_if<std::int64_t>(&at->second.value);
  return value == nullptr ? 0 : *value;
}

class MemoryProducer final : public ProducerDriver {
 public:
  MemoryProducer(const ProducerOptions& options, std::shared_ptr<Outbox> outbox, std::shared_ptr<Signal> signal)
      : broker_(brokerOf(options)), outbox_(std::move(outbox)), thread_(signal) {
    broker_->attach(signal);
  }

  void start() override {
    outbox_->announce(event(Event::Kind::connected));
    thread_.start([this] { turn(); }, [this] { end(); });
  }
  void close() noexcept override { thread_.close(); }
  void join() noexcept override { thread_.join(); }
  [[nodiscard]] const std::string& instance() const noexcept override { return instance_; }
  void fillStats(ProducerStats& stats) const noexcept override { stats.segments = segments_; }

 private:
  void turn() {
    while (const QueuedMessage* const queued = outbox_->take()) {
      publish(*queued);
      waiting_.push_back(queued->sequence);
    }
    answer();
  }

  void publish(const QueuedMessage& queued) {
    MemoryBroker::Record record;
    record.type = queued.type;
    record.properties = queued.properties();
    record.properties.messageId = instance_ + "-" + std::to_string(queued.sequence);
    record.partition = partitionOf(record.properties.headers);
    record.body = bytesOf(queued.body);
    const std::size_t most = broker_->maxMessageSize();
    if (record.body.size() <= most) return broker_->publish(std::move(record));
    const std::span<const std::byte> whole(record.body);
    Segment segment{0, (whole.size() + most - 1) / most, 0, whole.size(), std::nullopt};
    for (; segment.index < segment.count; ++segment.index, segment.offset += most) {
      const auto part = whole.subspan(segment.offset, std::min(most, whole.size() - segment.offset));
      if (segment.last()) segment.checksum = crc32c(0, whole);
      MemoryBroker::Record cut = record;
      cut.body.assign(part.begin(), part.end());
      writeSegment(cut.properties.headers, segment);
      broker_->publish(std::move(cut));
      ++segments_;
    }
  }

  void answer() {
    const MemoryBroker::Answer answer = broker_->answer();
    if (answer == MemoryBroker::Answer::wait || waiting_.empty()) return;
    const std::vector<std::uint64_t> sequences = std::exchange(waiting_, {});
    if (answer == MemoryBroker::Answer::confirm) return outbox_->confirm(sequences);
    for (const std::uint64_t sequence : sequences) outbox_->fail(sequence, Error(ErrorCode::nacked, "refused"));
  }

  void end() {
    outbox_->failRest("closed before it was confirmed");
    outbox_->announce(event(Event::Kind::closed));
  }

  const std::shared_ptr<MemoryBroker> broker_;
  const std::shared_ptr<Outbox> outbox_;
  const std::string instance_ = "memory";
  std::vector<std::uint64_t> waiting_;
  std::atomic<std::uint64_t> segments_{0};
  Thread thread_;
};

class MemoryConsumer final : public ConsumerDriver {
 public:
  MemoryConsumer(const ConsumerOptions& options, Inbox& inbox, std::shared_ptr<Signal> signal)
      : broker_(brokerOf(options)),
        prefetch_(options.prefetch.value_or(16)),
        inbox_(inbox),
        assembler_(Assembler::boundsFor(options.limits.messageBytes)),
        thread_(signal) {
    broker_->attach(signal);
  }

  void start() override {
    inbox_.announce(event(Event::Kind::connected));
    thread_.start([this] { turn(); }, [this] { end(); });
  }
  void close() noexcept override { thread_.close(); }
  void join() noexcept override { thread_.join(); }
  [[nodiscard]] std::string sourceName() const override { return "memory"; }
  void fillStats(ConsumerStats& stats) const noexcept override { stats.segments = segments_; }
  [[nodiscard]] Properties decodeProperties(std::string_view /*encoded*/) const override { return {}; }

 private:
  void turn() {
    acknowledge();
    for (const std::int64_t partition : broker_->takeRevoked()) revoke(partition);
    while (!inbox_.full() && (prefetch_ == 0 || inbox_.outstanding() < prefetch_)) {
      auto record = broker_->take();
      if (!record) break;
      deliver(std::move(*record));
    }
    inbox_.announceMessages();
  }

  void deliver(MemoryBroker::Record record) {
    const auto [lane, added] = lanes_.try_emplace(record.partition);
    if (added) lane->second = inbox_.openLane();
    auto message = std::make_shared<Message>();
    message->properties = record.properties;
    message->type = record.type;
    message->redelivered = record.redelivered;
    const std::uint64_t offset = record.offset;
    const auto segment = readSegment(record.properties.headers, record.body.size());
    if (!segment) {
      message->body = copyBytes(std::span<const std::byte>(record.body));
      held_.insert_or_assign(offset, std::move(record));
      return inbox_.push(lane->second, offset, std::move(message));
    }
    ++segments_;
    eraseSegment(message->properties.headers);
    message->number = inbox_.hold(lane->second, offset);
    std::byte* const to = assembler_.begin(std::move(message), *segment, record.body.size(), Clock::now());
    if (to != nullptr) std::ranges::copy(record.body, to);
    held_.insert_or_assign(offset, std::move(record));
    assembler_.finish();
    for (Assembler::Ended& ended : assembler_.takeEnded()) {
      if (ended.how == Assembler::End::whole) {
        inbox_.pushGroup(lane->second, std::move(ended.message), std::move(ended.deliveries));
      } else {
        inbox_.settleHeld(ended.deliveries, Acknowledgement::Kind::reject);
        if (ended.message) inbox_.pushError(std::move(ended.message));
      }
    }
  }

  void acknowledge() {
    using Kind = Acknowledgement::Kind;
    std::vector<MemoryBroker::Record> back;
    for (const Acknowledgement& said : inbox_.takeAcknowledgements()) {
      const auto partition = std::ranges::find(lanes_, said.lane, [](const auto& lane) { return lane.second; })->first;
      for (auto at = held_.begin(); at != held_.end();) {
        const bool meant = at->first == said.tag ||
                           (said.kind == Kind::ackUpTo && at->first < said.tag && at->second.partition == partition);
        if (!meant) {
          ++at;
          continue;
        }
        if (said.kind == Kind::requeue) back.push_back(std::move(at->second));
        if (said.kind == Kind::reject) broker_->reject(at->first);
        if (said.kind == Kind::ack || said.kind == Kind::ackUpTo) broker_->acknowledge(at->first);
        at = held_.erase(at);
      }
    }
    if (!back.empty()) broker_->giveBack(std::move(back));
  }

  void revoke(std::int64_t partition) {
    const auto lane = lanes_.find(partition);
    if (lane == lanes_.end()) return;
    inbox_.closeLane(lane->second);
    inbox_.discard(lane->second);
    lanes_.erase(lane);
    std::vector<MemoryBroker::Record> back;
    for (auto at = held_.begin(); at != held_.end();) {
      if (at->second.partition != partition) {
        ++at;
        continue;
      }
      back.push_back(std::move(at->second));
      at = held_.erase(at);
    }
    broker_->giveBack(std::move(back));
  }

  void end() {
    acknowledge();
    std::vector<MemoryBroker::Record> back;
    for (auto& [offset, record] : held_) back.push_back(std::move(record));
    held_.clear();
    broker_->giveBack(std::move(back));
    inbox_.announce(event(Event::Kind::closed));
  }

  const std::shared_ptr<MemoryBroker> broker_;
  const std::uint16_t prefetch_;
  Inbox& inbox_;
  Assembler assembler_;
  std::map<std::int64_t, LaneId> lanes_;                ///< by partition
  std::map<std::uint64_t, MemoryBroker::Record> held_;  ///< not acknowledged, by offset
  std::atomic<std::uint64_t> segments_{0};
  Thread thread_;
};

constexpr std::array<std::string_view, 1> schemes{"memory"};
constexpr DriverKind kind{
    schemes,
    [](const ProducerOptions&) {},
    [](const ConsumerOptions&) {},
    [](const ProducerOptions& options, std::shared_ptr<Outbox> outbox,
       std::shared_ptr<Signal> signal) -> std::unique_ptr<ProducerDriver> {
      return std::make_unique<MemoryProducer>(options, std::move(outbox), std::move(signal));
    },
    [](const ConsumerOptions& options, Inbox& inbox,
       std::shared_ptr<Signal> signal) -> std::unique_ptr<ConsumerDriver> {
      return std::make_unique<MemoryConsumer>(options, inbox, std::move(signal));
    },
    [] { return std::map<std::string, std::string>{}; },
};

}  // namespace

void registerMemoryDriver() {
  static const bool once = [] {
    addDriver(kind);
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace support
