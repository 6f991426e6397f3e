#include "queue/inbox.hpp"

#include <algorithm>

#include "message/memory_of.hpp"

namespace matmq {
namespace {

/// What a message counts against the high-water mark: headers may be as large as a frame, and decoded are more.
std::size_t heldBytes(const Message& message) noexcept {
  return message.body.size() + message.encodedProperties.size() + heldBytes(message.properties);
}

}  // namespace

Inbox::Inbox(HighWaterMark highWaterMark, AckMode ack, std::function<void()> wake, std::shared_ptr<Signal> ioSignal)
    : highWaterMark_(highWaterMark), ack_(ack), wake_(std::move(wake)), ioSignal_(std::move(ioSignal)) {}

bool Inbox::fullLocked() const noexcept {
  return messages_.size() >= highWaterMark_.messages || bytes_ >= highWaterMark_.bytes;
}

bool Inbox::full() const {
  const std::lock_guard lock(mutex_);
  return fullLocked();
}

std::size_t Inbox::outstanding() const {
  const std::lock_guard lock(mutex_);
  return outstanding_;
}

std::vector<std::shared_ptr<const Message>> Inbox::take(std::size_t maxMessages, std::size_t maxBytes) {
  std::vector<std::shared_ptr<const Message>> taken;
  bool roomAgain = false;
  {
    const std::lock_guard lock(mutex_);
    const bool wasFull = fullLocked();
    std::size_t bytes = 0;
    while (!messages_.empty() && taken.size() < maxMessages) {
      const std::size_t size = messages_.front().message->body.size();
      if (!taken.empty() && bytes + size > maxBytes) break;
      bytes += size;
      bytes_ -= messages_.front().charge;
      taken.push_back(std::move(messages_.front().message));
      messages_.pop_front();
    }
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
    const std::uint64_t* const with = find(id.tag);
    if (id.epoch != epoch_ || with == nullptr || *with != id.tag) return false;
    const std::uint64_t settled = kind == Verdict::Kind::ackUpTo ? settleUpTo(id.tag) : settleOne(id.tag, kind);
    const bool ack = kind == Verdict::Kind::ack || kind == Verdict::Kind::ackUpTo;
    (ack ? counters_.acknowledged : counters_.rejected) += settled;
    popSettled();
  }
  ioSignal_->raise();
  return true;
}

// What a delivery is settled with; null when it is settled, or never came.
std::uint64_t* Inbox::find(std::uint64_t tag) noexcept {
  if (tag < firstTag_) {
    const auto at = aside_.find(tag);
    return at == aside_.end() ? nullptr : &at->second;
  }
  const std::uint64_t place = tag - firstTag_;
  return place < unsettled_.size() && unsettled_[place] != 0 ? &unsettled_[place] : nullptr;
}

// A delivery is settled now. False when it was before.
bool Inbox::strike(std::uint64_t tag) noexcept {
  std::uint64_t* const with = find(tag);
  if (with == nullptr) return false;
  --outstanding_;
  if (aside_.erase(tag) == 0) *with = 0;
  return true;
}

// A later "up to" says what an earlier one said.
void Inbox::sayUpTo(std::uint64_t tag) {
  if (!verdicts_.empty() && verdicts_.back().kind == Verdict::Kind::ackUpTo) {
    verdicts_.back().tag = tag;
  } else {
    verdicts_.push_back({Verdict::Kind::ackUpTo, tag});
  }
}

// One message: its delivery, or all that it was put together from. Returns the messages settled.
std::uint64_t Inbox::settleOne(std::uint64_t tag, Verdict::Kind kind) {
  const auto group = groups_.find(tag);
  if (group == groups_.end()) {
    strike(tag);
    verdicts_.push_back({kind, tag});
    return 1;
  }
  for (const std::uint64_t part : group->second) {
    strike(part);
    verdicts_.push_back({kind, part});
  }
  settledGroups_.push_back({tag, kind == Verdict::Kind::ack});
  groups_.erase(group);
  return 1;
}

// Everything up to `tag` but the parts of messages that are not whole yet, or were whole only later. What has been looked
// at once is not looked at again: popSettled() leaves none of it behind.
std::uint64_t Inbox::settleUpTo(std::uint64_t tag) {
  std::uint64_t settled = settleAside(tag);
  bool together = aside_.empty();  // everything up to here is settled: one verdict says it
  for (std::uint64_t t = firstTag_; t <= tag; ++t) {
    std::uint64_t& with = unsettled_[t - firstTag_];
    if (with > tag) {
      together = false;
    } else if (with != 0) {
      if (with == t) ++settled;
      with = 0;
      --outstanding_;
      if (together) {
        sayUpTo(t);
      } else {
        verdicts_.push_back({Verdict::Kind::ack, t});
      }
    }
  }
  return settled;
}

// The groups up to `tag`, and their parts that wait aside.
std::uint64_t Inbox::settleAside(std::uint64_t tag) {
  std::uint64_t settled = 0;
  std::vector<std::uint64_t> struck;
  for (auto group = groups_.begin(); group != groups_.end() && group->first <= tag; group = groups_.erase(group)) {
    for (const std::uint64_t part : group->second) {
      if (aside_.erase(part) == 0) continue;
      --outstanding_;
      struck.push_back(part);
      if (part == group->first) ++settled;
    }
    settledGroups_.push_back({group->first, true});
  }
  if (struck.empty()) return settled;
  if (aside_.empty()) {
    sayUpTo(std::ranges::max(struck));
  } else {
    for (const std::uint64_t part : struck) verdicts_.push_back({Verdict::Kind::ack, part});
  }
  return settled;
}

// The front is the oldest delivery that the program settles by itself. Parts of messages wait aside: one that is long in
// coming, or never comes, must cost the others neither time nor memory.
void Inbox::popSettled() {
  for (; !unsettled_.empty() && unsettled_.front() != firstTag_; unsettled_.pop_front(), ++firstTag_) {
    if (unsettled_.front() != 0) aside_.emplace_hint(aside_.end(), firstTag_, unsettled_.front());
  }
}

void Inbox::hold() {
  if (ack_ == AckMode::none) return;
  const std::lock_guard lock(mutex_);
  unsettled_.push_back(held);
  ++outstanding_;
}

void Inbox::letGo(std::span<const std::uint64_t> tags, Verdict::Kind kind) {
  if (ack_ == AckMode::none) return;
  const std::lock_guard lock(mutex_);
  for (const std::uint64_t tag : tags) {
    if (strike(tag)) verdicts_.push_back({kind, tag});
  }
  popSettled();
}

std::vector<Verdict> Inbox::takeVerdicts() {
  const std::lock_guard lock(mutex_);
  return std::exchange(verdicts_, {});
}

std::vector<SettledGroup> Inbox::takeSettledGroups() {
  const std::lock_guard lock(mutex_);
  return std::exchange(settledGroups_, {});
}

std::vector<Verdict> Inbox::beginEpoch(std::uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  epoch_ = epoch;
  unsettled_.clear();
  aside_.clear();
  outstanding_ = 0;
  groups_.clear();
  settledGroups_.clear();
  firstTag_ = 1;
  return std::exchange(verdicts_, {});
}

void Inbox::forgetAfter(std::uint64_t epoch) {
  std::vector<std::shared_ptr<const Message>> forgotten;  // released without the lock
  const std::lock_guard lock(mutex_);
  // In the order of their arrival, so of their epochs; but for what is told, of whatever epoch it is.
  const auto tail = std::ranges::find_if(messages_, [&](const Held& one) { return one.message->id.epoch > epoch; });
  auto kept = tail;
  for (auto at = tail; at != messages_.end(); ++at) {
    if (at->message->error) {
      if (kept != at) *kept = std::move(*at);
      ++kept;
    } else {
      bytes_ -= at->charge;
      forgotten.push_back(std::move(at->message));
    }
  }
  messages_.erase(kept, messages_.end());
}

void Inbox::pushLocked(std::unique_lock<AdaptiveMutex>& lock, std::shared_ptr<Message> message) {
  ++counters_.received;
  counters_.receivedBytes += message->body.size();
  const std::size_t charge = heldBytes(*message);
  bytes_ += charge;
  messages_.push_back({std::move(message), charge});
  if (std::exchange(messagesAnnounced_, true)) return;
  lock.unlock();
  wake_();
}

void Inbox::push(std::shared_ptr<Message> message) {
  std::unique_lock lock(mutex_);
  if (ack_ != AckMode::none) {
    unsettled_.push_back(message->id.tag);
    ++outstanding_;
  }
  pushLocked(lock, std::move(message));
}

void Inbox::pushGroup(std::shared_ptr<Message> message, std::vector<std::uint64_t> tags) {
  std::unique_lock lock(mutex_);
  if (ack_ != AckMode::none) {
    std::erase_if(tags, [&](std::uint64_t tag) {  // those of a stream were let go when they came
      std::uint64_t* const with = find(tag);
      if (with != nullptr) *with = message->id.tag;
      return with == nullptr;
    });
    groups_.emplace(message->id.tag, std::move(tags));
  }
  pushLocked(lock, std::move(message));
}

void Inbox::tell(std::shared_ptr<Message> message) {
  std::unique_lock lock(mutex_);
  ++counters_.refused;
  pushLocked(lock, std::move(message));
}

void Inbox::refuse(std::shared_ptr<Message> message) {
  std::unique_lock lock(mutex_);
  ++counters_.refused;
  if (ack_ != AckMode::none) {
    unsettled_.push_back(0);
    verdicts_.push_back({Verdict::Kind::reject, message->id.tag});
    popSettled();
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
