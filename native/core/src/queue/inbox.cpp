#include "queue/inbox.hpp"

#include <algorithm>

#include "message/memory_of.hpp"
#include "queue/event_list.hpp"

namespace matmq {
namespace {

constexpr std::size_t mostWaitingUnbounded = 64;

/// What a message counts against the high-water mark: headers may be as large as a frame, and decoded are more.
std::size_t chargeOf(const Message& message) noexcept {
  return message.body.size() + message.encodedProperties.size() + memoryOf(message.properties);
}

}  // namespace

Inbox::Inbox(HighWaterMark highWaterMark, AckMode ack, std::function<void()> wake, std::shared_ptr<Signal> ioSignal)
    : highWaterMark_(highWaterMark), ack_(ack), wake_(std::move(wake)), ioSignal_(std::move(ioSignal)) {}

void Inbox::setPrefetch(std::size_t prefetch, std::size_t mostInHand) {
  const std::lock_guard lock(mutex_);
  mostInHand_ = mostInHand;
  freeHands();
  mostWaiting_ = prefetch == 0 ? mostWaitingUnbounded : prefetch / 4;
}

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

std::vector<std::shared_ptr<Message>> Inbox::take(std::size_t maxMessages, std::size_t maxBytes) {
  std::vector<std::shared_ptr<Message>> taken;
  bool roomAgain = false;
  {
    const std::lock_guard lock(mutex_);
    const bool wasFull = fullLocked();
    std::size_t bytes = 0;
    while (!messages_.empty() && taken.size() < maxMessages) {
      const std::size_t size = messages_.front().message->body.size();
      if (!taken.empty() && bytes + size > maxBytes) break;
      if (!mayHand(*messages_.front().message)) break;
      bytes += size;
      bytes_ -= messages_.front().charge;
      taken.push_back(std::move(messages_.front().message));
      messages_.pop_front();
    }
    counters_.taken += taken.size();
    if (messages_.empty() || handsFull_) messagesAnnounced_ = false;
    roomAgain = wasFull && !fullLocked();
  }
  if (roomAgain) ioSignal_->raise();
  return taken;
}

bool Inbox::settle(DeliveryNumber number, Acknowledgement::Kind kind) {
  using Kind = Acknowledgement::Kind;
  if (ack_ == AckMode::none) return false;
  bool raise = false;
  {
    const std::lock_guard lock(mutex_);
    const Delivery* const delivery = find(number);
    const bool open = delivery != nullptr && delivery->with == number;
    // What is settled already (it was refused, say) still has others before it.
    const bool passed = delivery == nullptr && number < firstNumber_ + deliveries_.size();
    if (!open && !(passed && kind == Kind::ackUpTo)) return false;
    const bool first = acknowledgements_.empty();
    const std::uint64_t messages = kind == Kind::ackUpTo ? settleUpTo(number) : settleOne(number, kind);
    if (messages == 0) return false;
    const bool ack = kind == Kind::ack || kind == Kind::ackUpTo;
    (ack ? counters_.acknowledged : counters_.rejected) += messages;
    popSettled();
    // Of the first the thread hears, and knows when to take those that follow.
    ++waiting_;
    raise = freeHands() || first || waiting_ > mostWaiting_ || hurried_;
  }
  if (raise) ioSignal_->raise();
  return true;
}

// Whether the program may have one more, which is noted: by the delivery that it is settled with. What needs no
// acknowledgement has none.
bool Inbox::mayHand(const Message& message) noexcept {
  Delivery* const delivery = ack_ == AckMode::none ? nullptr : find(message.number);
  if (delivery == nullptr || delivery->with != message.number) return true;
  handsFull_ = mostInHand_ != 0 && inHand_ >= mostInHand_;
  if (handsFull_) return false;
  delivery->inHand = true;
  ++inHand_;
  return true;
}

void Inbox::notOutstanding(const Delivery& delivery) noexcept {
  --outstanding_;
  if (delivery.inHand) --inHand_;
}

// True: the program waits for what it may have now.
bool Inbox::freeHands() noexcept {
  if (!handsFull_ || inHand_ >= mostInHand_) return false;
  handsFull_ = false;
  ++unannounced_;
  return true;
}

void Inbox::hurry() {
  const std::lock_guard lock(mutex_);
  hurried_ = true;
}

// Null when it is settled or void, or never came.
Inbox::Delivery* Inbox::find(DeliveryNumber number) noexcept {
  if (number < firstNumber_) {
    const auto at = heldParts_.find(number);
    return at == heldParts_.end() ? nullptr : &at->second;
  }
  const std::uint64_t place = number - firstNumber_;
  return place < deliveries_.size() && deliveries_[place].with != settled ? &deliveries_[place] : nullptr;
}

Inbox::Lane* Inbox::laneOf(LaneId lane) noexcept {
  const auto at = std::ranges::find(lanes_, lane, &Lane::id);
  return at == lanes_.end() ? nullptr : &*at;
}

// A delivery is settled now, by itself. False when it was before.
bool Inbox::markSettled(DeliveryNumber number, Acknowledgement::Kind kind) {
  Delivery* const delivery = find(number);
  if (delivery == nullptr) return false;
  acknowledgements_.push_back({kind, number, delivery->lane, delivery->tag});
  notOutstanding(*delivery);
  if (number < firstNumber_) {
    if (Lane* const lane = laneOf(delivery->lane)) --lane->heldParts;
    heldParts_.erase(number);
  } else {
    delivery->with = settled;
  }
  return true;
}

// A later "up to" of the same lane says what an earlier one said.
void Inbox::acknowledgeUpTo(DeliveryNumber number, const Delivery& delivery) {
  const Acknowledgement said{Acknowledgement::Kind::ackUpTo, number, delivery.lane, delivery.tag};
  if (!acknowledgements_.empty() && acknowledgements_.back().kind == said.kind &&
      acknowledgements_.back().lane == said.lane) {
    acknowledgements_.back() = said;
  } else {
    acknowledgements_.push_back(said);
  }
}

// One message: its delivery, or all that it was put together from. Returns the messages settled.
std::uint64_t Inbox::settleOne(DeliveryNumber number, Acknowledgement::Kind kind) {
  const auto group = groups_.find(number);
  if (group == groups_.end()) {
    markSettled(number, kind);
    return 1;
  }
  for (const DeliveryNumber part : group->second.parts) markSettled(part, kind);
  settledGroups_.push_back({number, kind == Acknowledgement::Kind::ack});
  groups_.erase(group);
  return 1;
}

// Everything up to `number` but the parts of messages that are not whole yet, or were whole only later. What has been
// looked at once is not looked at again: popSettled() leaves none of it behind.
std::uint64_t Inbox::settleUpTo(DeliveryNumber number) {
  std::uint64_t messages = settleGroupsUpTo(number);
  for (Lane& lane : lanes_) lane.passed = lane.heldParts > 0;
  Lane* lane = nullptr;
  for (DeliveryNumber n = firstNumber_; n <= number; ++n) {
    Delivery& delivery = deliveries_[n - firstNumber_];
    if (delivery.with == settled) continue;
    if (lane == nullptr || lane->id != delivery.lane) lane = laneOf(delivery.lane);
    if (lane == nullptr) {  // it was pushed to a lane that is closed: void
      delivery.with = settled;
      notOutstanding(delivery);
      continue;
    }
    if (delivery.with > number) {
      lane->passed = true;
      continue;
    }
    if (delivery.with == n) ++messages;
    delivery.with = settled;
    notOutstanding(delivery);
    if (lane->passed) {
      acknowledgements_.push_back({Acknowledgement::Kind::ack, n, delivery.lane, delivery.tag});
    } else {
      acknowledgeUpTo(n, delivery);  // everything of the lane up to here is settled: one says it
    }
  }
  return messages;
}

// The groups up to `number`: their parts before firstNumber_.
std::uint64_t Inbox::settleGroupsUpTo(DeliveryNumber number) {
  std::uint64_t messages = 0;
  std::vector<std::pair<DeliveryNumber, Delivery>> parts;
  for (auto group = groups_.begin(); group != groups_.end() && group->first <= number; group = groups_.erase(group)) {
    for (const DeliveryNumber part : group->second.parts) {
      const auto at = heldParts_.find(part);
      if (at == heldParts_.end()) continue;
      parts.emplace_back(part, at->second);
      if (Lane* const lane = laneOf(at->second.lane)) --lane->heldParts;
      notOutstanding(at->second);
      heldParts_.erase(at);
      if (part == group->first) ++messages;
    }
    settledGroups_.push_back({group->first, true});
  }
  for (const Lane& lane : lanes_) {
    const auto last = std::ranges::max_element(
        parts, {}, [&](const auto& part) { return part.second.lane == lane.id ? part.first : DeliveryNumber{0}; });
    if (last == parts.end() || last->second.lane != lane.id) continue;
    if (lane.heldParts == 0) {
      acknowledgeUpTo(last->first, last->second);
      continue;
    }
    for (const auto& [part, delivery] : parts) {
      if (delivery.lane != lane.id) continue;
      acknowledgements_.push_back({Acknowledgement::Kind::ack, part, delivery.lane, delivery.tag});
    }
  }
  return messages;
}

// The front is the oldest delivery that the program settles by itself. Parts of messages are kept apart: one that is
// long in coming, or never comes, must cost the others neither time nor memory.
void Inbox::popSettled() {
  for (; !deliveries_.empty() && deliveries_.front().with != firstNumber_; deliveries_.pop_front(), ++firstNumber_) {
    const Delivery& delivery = deliveries_.front();
    if (delivery.with == settled) continue;
    if (Lane* const lane = laneOf(delivery.lane)) ++lane->heldParts;
    heldParts_.emplace_hint(heldParts_.end(), firstNumber_, delivery);
  }
}

LaneId Inbox::openLane() {
  const std::lock_guard lock(mutex_);
  lanes_.push_back({++lastLane_, 0, false});
  return lastLane_;
}

std::vector<Acknowledgement> Inbox::closeLane(LaneId lane) {
  const std::lock_guard lock(mutex_);
  for (Delivery& delivery : deliveries_) {
    if (delivery.lane != lane || delivery.with == settled) continue;
    delivery.with = settled;
    notOutstanding(delivery);
  }
  std::erase_if(heldParts_, [&](const auto& part) {
    if (part.second.lane == lane) notOutstanding(part.second);
    return part.second.lane == lane;
  });
  std::erase_if(groups_, [&](const auto& group) { return group.second.lane == lane; });
  std::erase_if(lanes_, [&](const Lane& open) { return open.id == lane; });
  popSettled();
  freeHands();
  std::vector<Acknowledgement> unsent;
  std::erase_if(acknowledgements_, [&](const Acknowledgement& said) {
    if (said.lane == lane) unsent.push_back(said);
    return said.lane == lane;
  });
  return unsent;
}

void Inbox::discard(LaneId lane) {
  std::vector<std::shared_ptr<Message>> dropped;  // released without the lock
  const std::lock_guard lock(mutex_);
  auto kept = messages_.begin();
  for (Waiting& waiting : messages_) {
    if (waiting.lane == lane && !waiting.message->error) {
      bytes_ -= waiting.charge;
      dropped.push_back(std::move(waiting.message));
      continue;
    }
    if (&*kept != &waiting) *kept = std::move(waiting);
    ++kept;
  }
  messages_.erase(kept, messages_.end());
}

// Nothing is noted where nothing is acknowledged. The number counts once the delivery is there: where there is no
// memory for it, the next one has the number, so that each stays at its place.
DeliveryNumber Inbox::add(LaneId lane, std::uint64_t tag, DeliveryNumber with) {
  if (ack_ != AckMode::none) {
    deliveries_.push_back({lane, tag, with});
    if (with != settled) ++outstanding_;
  }
  return nextNumber_++;
}

void Inbox::deliver(Lock& lock, LaneId lane, std::shared_ptr<Message> message) {
  ++counters_.received;
  counters_.receivedBytes += message->body.size();
  const std::size_t charge = chargeOf(*message);
  bytes_ += charge;
  ++unannounced_;
  unannouncedBytes_ += message->body.size();
  messages_.push_back({std::move(message), lane, charge});
  if (unannounced_ >= wakeMessages || unannouncedBytes_ >= wakeBytes) announceLocked(lock);
}

void Inbox::announceLocked(Lock& lock) {
  if (unannounced_ == 0 || handsFull_) return;
  unannounced_ = unannouncedBytes_ = 0;
  if (messages_.empty() || std::exchange(messagesAnnounced_, true)) return;
  lock.unlock();
  wake_();
}

void Inbox::announceMessages() {
  Lock lock(mutex_);
  announceLocked(lock);
}

void Inbox::push(LaneId lane, std::uint64_t tag, std::shared_ptr<Message> message) {
  Lock lock(mutex_);
  message->number = add(lane, tag, nextNumber_);
  deliver(lock, lane, std::move(message));
}

void Inbox::refuse(LaneId lane, std::uint64_t tag, std::shared_ptr<Message> message) {
  Lock lock(mutex_);
  ++counters_.refused;
  message->number = add(lane, tag, settled);
  if (ack_ != AckMode::none) {
    acknowledgements_.push_back({Acknowledgement::Kind::reject, message->number, lane, tag});
    popSettled();
  }
  deliver(lock, lane, std::move(message));
}

DeliveryNumber Inbox::hold(LaneId lane, std::uint64_t tag) {
  const std::lock_guard lock(mutex_);
  return add(lane, tag, held);
}

void Inbox::settleHeld(std::span<const DeliveryNumber> numbers, Acknowledgement::Kind kind) {
  if (ack_ == AckMode::none) return;
  const std::lock_guard lock(mutex_);
  for (const DeliveryNumber number : numbers) markSettled(number, kind);
  popSettled();
}

void Inbox::pushGroup(LaneId lane, std::shared_ptr<Message> message, std::vector<DeliveryNumber> numbers) {
  Lock lock(mutex_);
  if (ack_ != AckMode::none) {
    std::erase_if(numbers, [&](DeliveryNumber number) {  // those of a stream were settled when they came
      Delivery* const delivery = find(number);
      if (delivery != nullptr) delivery->with = message->number;
      return delivery == nullptr;
    });
    groups_.emplace(message->number, Group{lane, std::move(numbers)});
  }
  deliver(lock, lane, std::move(message));
}

void Inbox::pushError(std::shared_ptr<Message> message) {
  Lock lock(mutex_);
  ++counters_.refused;
  deliver(lock, 0, std::move(message));
}

Deadline Inbox::acknowledgementsDue() const {
  const std::lock_guard lock(mutex_);
  if (acknowledgements_.empty()) return std::nullopt;
  const bool waits = waiting_ <= mostWaiting_ && !hurried_;
  return waits ? takenLast_ + longestWait : takenLast_;
}

std::vector<Acknowledgement> Inbox::takeAcknowledgements() {
  const std::lock_guard lock(mutex_);
  waiting_ = 0;
  if (!acknowledgements_.empty()) takenLast_ = Clock::now();
  return std::exchange(acknowledgements_, {});
}

std::vector<SettledGroup> Inbox::takeSettledGroups() {
  const std::lock_guard lock(mutex_);
  return std::exchange(settledGroups_, {});
}

void Inbox::announce(Event event) {
  Lock lock(mutex_);
  addEvent(report_.events, std::move(event));
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
