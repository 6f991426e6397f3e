#include <condition_variable>
#include <map>
#include <matmq/engine/async_producer.hpp>
#include <matmq/producer.hpp>
#include <mutex>

namespace matmq {

namespace detail {

/// One message's fate, shared by its receipt and its producer; guarded by the mutex of Settlements.
struct ReceiptState {
  bool settled = false;
  bool askedFor = false;  ///< its failure is the receipt's to tell, not flush's
  std::optional<Error> error;
};

/// What is not settled yet, and what waits to be told by flush. Survives the producer for receipts that are asked
/// later.
struct Settlements {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::uint64_t, std::shared_ptr<ReceiptState>> pending;
  std::vector<std::pair<std::uint64_t, std::shared_ptr<ReceiptState>>> failed;
  std::size_t unlisted =
      0;  ///< failures beyond mostListed, so that a program that never flushes does not grow for ever
  std::uint64_t lastSent = 0;
  std::uint64_t roomEpoch = 0;  ///< grows when there is room again
  bool connected = false;
  bool closed = false;
  std::optional<Error> closedBy;
};

}  // namespace detail

namespace {

constexpr std::size_t mostListed = 10'000;
constexpr std::size_t namedInMessage = 10;

}  // namespace

class Producer::Impl {
 public:
  explicit Impl(ProducerOptions options) : producer_(std::move(options), [this] { absorb(); }) {
    std::unique_lock lock(settlements_->mutex);
    settlements_->changed.wait(lock, [this] { return settlements_->connected || settlements_->closed; });
    if (settlements_->closed) throw Error(closingError());
  }

  Receipt send(OutgoingMessage message) {
    for (;;) {
      std::unique_lock lock(settlements_->mutex);
      const std::uint64_t epoch = settlements_->roomEpoch;
      lock.unlock();
      // Under its own lock the order of trySend is the order of sequences; pending must have the entry before it
      // settles.
      const std::lock_guard order(sending_);
      auto state = std::make_shared<detail::ReceiptState>();
      lock.lock();
      settlements_->pending.emplace(nextSequence_, state);
      lock.unlock();
      std::uint64_t sequence = 0;
      try {
        sequence = producer_.trySend(std::move(message));
      } catch (...) {
        lock.lock();
        settlements_->pending.erase(nextSequence_);
        throw;
      }
      lock.lock();
      if (sequence != 0) {
        settlements_->lastSent = nextSequence_++;
        Receipt receipt;
        receipt.sequence_ = sequence;
        receipt.state_ = std::move(state);
        receipt.settlements_ = settlements_;
        return receipt;
      }
      settlements_->pending.erase(nextSequence_);
      settlements_->changed.wait(lock, [&] { return settlements_->roomEpoch != epoch || settlements_->closed; });
    }
  }

  void flush() {
    std::unique_lock lock(settlements_->mutex);
    const std::uint64_t target = settlements_->lastSent;
    auto& pending = settlements_->pending;
    settlements_->changed.wait(lock, [&] { return pending.empty() || pending.begin()->first > target; });
    std::string list;
    std::size_t count = std::exchange(settlements_->unlisted, 0);
    std::size_t named = 0;
    for (const auto& [sequence, state] : std::exchange(settlements_->failed, {})) {
      if (state->askedFor) continue;
      ++count;
      if (named == namedInMessage) continue;
      ++named;
      list += "\n  message " + std::to_string(sequence) + ": " + std::string(state->error->codeName()) + ", " +
              state->error->what();
    }
    if (count == 0) return;
    if (count > named) list += "\n  and " + std::to_string(count - named) + " more";
    throw Error(ErrorCode::publishFailed, std::to_string(count) + " messages were not delivered to the broker:" + list);
  }

  void exit() noexcept {
    producer_.close();
    std::unique_lock lock(settlements_->mutex);
    settlements_->changed.wait(lock, [this] { return settlements_->closed; });
  }

  ProducerStats stats() const { return producer_.stats(); }

 private:
  Error closingError() const {
    return settlements_->closedBy.value_or(Error(ErrorCode::closed, "The producer is closed"));
  }

  // On the I/O thread.
  void absorb() {
    const ProducerReport report = producer_.collect();
    {
      const std::lock_guard lock(settlements_->mutex);
      for (const PublishFailure& failure : report.failures) {
        const auto at = settlements_->pending.find(failure.sequence);
        if (at == settlements_->pending.end()) continue;
        at->second->error = failure.error;
        if (failure.error.code() == ErrorCode::dropped) continue;
        if (settlements_->failed.size() < mostListed) {
          settlements_->failed.emplace_back(failure.sequence, at->second);
        } else {
          ++settlements_->unlisted;
        }
      }
      for (const SettledRange& range : report.settled) {
        const auto from = settlements_->pending.lower_bound(range.first);
        const auto to = settlements_->pending.upper_bound(range.last);
        for (auto at = from; at != to; ++at) at->second->settled = true;
        settlements_->pending.erase(from, to);
      }
      for (const Event& event : report.events) {
        if (event.kind == Event::Kind::connected) settlements_->connected = true;
        if (event.kind != Event::Kind::closed) continue;
        settlements_->closed = true;
        settlements_->closedBy = event.error;
      }
      if (report.roomAgain) ++settlements_->roomEpoch;
    }
    settlements_->changed.notify_all();
  }

  const std::shared_ptr<detail::Settlements> settlements_ = std::make_shared<detail::Settlements>();
  std::mutex sending_;
  std::uint64_t nextSequence_ = 1;
  AsyncProducer producer_;  // last: its I/O thread calls absorb() until it is gone
};

void Receipt::confirmed() const {
  std::unique_lock lock(settlements_->mutex);
  state_->askedFor = true;
  settlements_->changed.wait(lock, [this] { return state_->settled; });
  if (state_->error) throw Error(*state_->error);
}

Producer::Producer(ProducerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Producer::~Producer() { exit(); }

Receipt Producer::send(OutgoingMessage message) { return impl_->send(std::move(message)); }
Receipt Producer::send(std::string_view text) { return send(textMessage(text)); }
Receipt Producer::send(SharedBytes bytes) { return send(binaryMessage(std::move(bytes))); }
Receipt Producer::sendImage(const cv::Mat& image, ImageFormat format, const EncodeOptions& options) {
  return send(imageMessage(image, nullptr, format, options));
}
void Producer::sendEOT(unsigned consumers) {
  for (unsigned i = 0; i < consumers; ++i) send(eotMessage());
}
void Producer::flush() { impl_->flush(); }
void Producer::exit() noexcept { impl_->exit(); }
void Producer::flushAndExit() {
  try {
    flush();
  } catch (...) {
    exit();
    throw;
  }
  exit();
}
ProducerStats Producer::stats() const { return impl_->stats(); }

}  // namespace matmq
