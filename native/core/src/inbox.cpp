#include "inbox.hpp"

namespace matmq {

Inbox::Inbox(HighWaterMark highWaterMark, AckMode ack, std::function<void()> wake, std::shared_ptr<Signal> ioSignal)
    : highWaterMark_(highWaterMark), ack_(ack), wake_(std::move(wake)), ioSignal_(std::move(ioSignal)) {}

bool Inbox::fullLocked() const noexcept {
  return messages_.size() >= highWaterMark_.messages || bytes_ >= highWaterMark_.bytes;
}

bool Inbox::full() const {
  const std::lock_guard lock(mutex_);
  return fullLocked();
}

std::vector<std::shared_ptr<const Message>> Inbox::take(std::size_t maxMessages, std::size_t maxBytes) {
  std::vector<std::shared_ptr<const Message>> taken;
  bool roomAgain = false;
  {
    const std::lock_guard lock(mutex_);
    const bool wasFull = fullLocked();
    std::size_t bytes = 0;
    while (!messages_.empty() && taken.size() < maxMessages) {
      const std::size_t size = messages_.front()->body.size();
      if (!taken.empty() && bytes + size > maxBytes) break;
      bytes += size;
      taken.push_back(std::move(messages_.front()));
      messages_.pop_front();
    }
    bytes_ -= bytes;
    counters_.taken += taken.size();
    if (messages_.empty()) messagesAnnounced_ = false;
    roomAgain = wasFull && !fullLocked();
  }
  if (roomAgain) ioSignal_->raise();
  return taken;
}

bool Inbox::settle(DeliveryId id, Verdict::Kind kind) {
  if (ack_ == AckMode::none) return false;
  {
    const std::lock_guard lock(mutex_);
    if (id.epoch != epoch_ || id.tag < firstTag_ || id.tag - firstTag_ >= unsettled_.size()) return false;
    if (!unsettled_[id.tag - firstTag_]) return false;
    const std::uint64_t from = kind == Verdict::Kind::ackUpTo ? firstTag_ : id.tag;
    std::uint64_t settled = 0;
    for (std::uint64_t tag = from; tag <= id.tag; ++tag) {
      if (std::exchange(unsettled_[tag - firstTag_], false)) ++settled;
    }
    while (!unsettled_.empty() && !unsettled_.front()) {
      unsettled_.pop_front();
      ++firstTag_;
    }
    const bool ack = kind == Verdict::Kind::ack || kind == Verdict::Kind::ackUpTo;
    (ack ? counters_.acknowledged : counters_.rejected) += settled;
    // A later "up to" says what an earlier one said.
    if (kind == Verdict::Kind::ackUpTo && !verdicts_.empty() && verdicts_.back().kind == Verdict::Kind::ackUpTo) {
      verdicts_.back().tag = id.tag;
    } else {
      verdicts_.push_back({kind, id.tag});
    }
  }
  ioSignal_->raise();
  return true;
}

std::vector<Verdict> Inbox::takeVerdicts() {
  const std::lock_guard lock(mutex_);
  return std::exchange(verdicts_, {});
}

void Inbox::beginEpoch(std::uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  epoch_ = epoch;
  unsettled_.clear();
  firstTag_ = 1;
  verdicts_.clear();
}

void Inbox::forgetAfter(std::uint64_t epoch) {
  std::deque<std::shared_ptr<const Message>> forgotten;  // released without the lock
  const std::lock_guard lock(mutex_);
  // In the order of their arrival, so of their epochs.
  while (!messages_.empty() && messages_.back()->id.epoch > epoch) {
    bytes_ -= messages_.back()->body.size();
    forgotten.push_back(std::move(messages_.back()));
    messages_.pop_back();
  }
}

void Inbox::pushLocked(std::unique_lock<std::mutex>& lock, std::shared_ptr<Message> message) {
  ++counters_.received;
  counters_.receivedBytes += message->body.size();
  bytes_ += message->body.size();
  messages_.push_back(std::move(message));
  if (std::exchange(messagesAnnounced_, true)) return;
  lock.unlock();
  wake_();
}

void Inbox::push(std::shared_ptr<Message> message) {
  std::unique_lock lock(mutex_);
  if (ack_ != AckMode::none) unsettled_.push_back(true);
  pushLocked(lock, std::move(message));
}

void Inbox::refuse(std::shared_ptr<Message> message) {
  std::unique_lock lock(mutex_);
  ++counters_.refused;
  if (ack_ != AckMode::none) {
    unsettled_.push_back(false);
    verdicts_.push_back({Verdict::Kind::reject, message->id.tag});
  }
  pushLocked(lock, std::move(message));
}

void Inbox::announce(Event event) {
  std::unique_lock lock(mutex_);
  report_.events.push_back(std::move(event));
  if (std::exchange(eventsAnnounced_, true)) return;
  lock.unlock();
  wake_();
}

ConsumerReport Inbox::collect() {
  const std::lock_guard lock(mutex_);
  eventsAnnounced_ = false;
  return std::exchange(report_, {});
}

void Inbox::fillStats(ConsumerStats& stats) const {
  const std::lock_guard lock(mutex_);
  stats.received = counters_.received;
  stats.receivedBytes = counters_.receivedBytes;
  stats.taken = counters_.taken;
  stats.acknowledged = counters_.acknowledged;
  stats.rejected = counters_.rejected;
  stats.refused = counters_.refused;
  stats.inboxMessages = messages_.size();
  stats.inboxBytes = bytes_;
}

}  // namespace matmq
