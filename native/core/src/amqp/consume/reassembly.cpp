#include "amqp/consume/reassembly.hpp"

#include <algorithm>

#include "amqp/connection/topology.hpp"
#include "amqp/consume/subscription.hpp"

namespace matmq::amqp {
namespace {

/// The smallest limit that a RabbitMQ has unless told otherwise, so about the smallest segment.
constexpr std::uint64_t usualSegment = std::uint64_t{16} * 1024 * 1024;
/// Strays are given back some together, by each consumer at another moment.
constexpr std::chrono::milliseconds longestWait{100};
/// Strays that wait to be given back.
constexpr std::size_t mostStrays = 1024;
/// Segments that a second subscription has room for at first.
constexpr std::uint16_t firstRoom = 4;

bool singleActive(const ConsumerOptions& options) { return options.queue && hasSingleActiveConsumer(*options.queue); }

bool quorum(const ConsumerOptions& options) { return options.queue && isQuorum(*options.queue); }

std::string nameOf(const Assembler::Ended& stray) {
  return stray.message->properties.messageId.value_or("") + "#" + std::to_string(stray.segment.index);
}

}  // namespace

bool inOrder(const Message& older, const Properties& newer) noexcept {
  const bool samePriority = older.properties.priority.value_or(0) == newer.priority.value_or(0);
  return samePriority && !older.redelivered;
}

Reassembly::Reassembly(const ConsumerOptions& options, Inbox& inbox, StreamPosition& position)
    : Reassembly(options, inbox, position, Assembler::boundsFor(options.limits.messageBytes)) {}

Reassembly::Reassembly(const ConsumerOptions& options, Inbox& inbox, StreamPosition& position, Assembler::Bounds bounds)
    : options_(options),
      inbox_(inbox),
      position_(position),
      assembler_(bounds),
      soleConsumer_(!options.queue || options.ack == AckMode::none || singleActive(options)),
      fixedWindow_(singleActive(options) || quorum(options)),
      jitter_(std::random_device{}()) {}

std::uint16_t Reassembly::widen(std::uint16_t prefetch) noexcept {
  const std::uint64_t segments =
      fixedWindow_ && options_.segments == Segments::accept ? options_.limits.messageBytes / usualSegment + 1 : 0;
  window_ = prefetch == 0 ? 0 : static_cast<std::uint16_t>(std::min<std::uint64_t>(prefetch + segments, UINT16_MAX));
  return window_;
}

void Reassembly::arrived(const Message& envelope) {
  // A queue that exists and is only used need not be said to be one.
  stream_ = stream_ || position_.isStream() || envelope.properties.headers.contains(streamOffsetName);
  position_.hold(envelope.number);
}

std::byte* Reassembly::begin(std::shared_ptr<Message> envelope, const Segment& segment, std::uint64_t bodySize) {
  arrived(*envelope);
  if (segment.index == 0) onMessage(envelope->properties);
  number_ = envelope->number;
  deliveryTag_ = envelope->deliveryTag;
  coming_ = envelope->properties.messageId.value_or("");
  std::byte* const at = assembler_.begin(std::move(envelope), segment, bodySize, Clock::now());
  if (segment.index == 0 && at != nullptr) makeRoom(coming_, segment.count);
  return at;
}

void Reassembly::beginBad(std::shared_ptr<Message> envelope, const Error& why) {
  arrived(*envelope);
  number_ = envelope->number;
  deliveryTag_ = envelope->deliveryTag;
  assembler_.beginBad(std::move(envelope), why);
}

void Reassembly::finish() {
  ++segments_;
  inbox_.hold(lane_, deliveryTag_);
  assembler_.finish();
  widenRoomOf(coming_);
  handleEnded();
  checkWindow();
  count();
}

// A sender begins a message when it is done with the one before.
void Reassembly::onMessage(const Properties& properties) {
  if (assembler_.openMessages() == 0) return;
  const auto older = [&](const Message& message) { return inOrder(message, properties); };
  for (const std::string& id : assembler_.overtakenBy(properties.messageId.value_or(""), older)) {
    if (soleConsumer_ || stream_) {
      assembler_.giveUp(id, "a later message of the same sender is here");
    } else if (std::ranges::find(overtaken_, id) == overtaken_.end()) {
      overtaken_.push_back(id);
      askSoon();
    }
  }
  handleEnded();
  count();
}

void Reassembly::settleHeld(std::span<const DeliveryNumber> numbers, Acknowledgement::Kind kind) {
  position_.drop(numbers);
  inbox_.settleHeld(numbers, kind);
}

void Reassembly::handleEnded() {
  bool current = false;
  for (Assembler::Ended& ended : assembler_.takeEnded()) {
    current = current || std::ranges::find(ended.deliveries, number_) != ended.deliveries.end();
    switch (ended.how) {
      case Assembler::End::whole:
        onWhole(ended);
        break;
      case Assembler::End::refused:
        settleHeld(ended.deliveries, Acknowledgement::Kind::reject);
        if (!ended.message) break;
        closeRoomOf(ended.message->properties.messageId.value_or(""));
        inbox_.pushError(std::move(ended.message));
        break;
      case Assembler::End::torn:
        settleHeld(ended.deliveries, Acknowledgement::Kind::ack);
        break;
      case Assembler::End::doubled:
        ++doubled_;
        settleHeld(ended.deliveries, Acknowledgement::Kind::ack);
        break;
      case Assembler::End::stray:
        onStray(ended);
        break;
    }
  }
  if (stream_ && !current && number_ != 0) inbox_.settleHeld({&number_, 1}, Acknowledgement::Kind::ack);
  number_ = 0;
}

void Reassembly::onWhole(Assembler::Ended& ended) {
  const std::string id = ended.message->properties.messageId.value_or("");
  const DeliveryNumber number = ended.message->number;
  if (options_.ack != AckMode::none) {
    Whole whole{id, {}};
    if (auto open = roomOfOpen_.extract(id); !open.empty()) whole.consumerTag = std::move(open.mapped().consumerTag);
    wholes_.emplace(number, std::move(whole));
  }
  checkEotMark(*ended.message);
  ended.message->deliveryTag = deliveryTag_;  // of the segment that made it whole, as its number is
  position_.join(number, ended.deliveries);
  inbox_.pushGroup(lane_, std::move(ended.message), std::move(ended.deliveries));
}

void Reassembly::onStray(Assembler::Ended& stray) {
  if (soleConsumer_ || stream_ || strays_.size() >= mostStrays || strayRounds_.isSpent(nameOf(stray), Clock::now()))
    return refuseStray(stray);
  // What waits holds nothing that a sender can make large.
  auto envelope = std::make_shared<Message>();
  envelope->number = stray.message->number;
  envelope->deliveryTag = stray.message->deliveryTag;
  envelope->type = stray.message->type;
  envelope->properties.messageId = std::move(stray.message->properties.messageId);
  stray.message = std::move(envelope);
  strays_.push_back(std::move(stray));
  askSoon();
}

void Reassembly::refuseStray(const Assembler::Ended& stray) {
  assembler_.refuseStray(
      stray,
      soleConsumer_ || stream_
          ? "it was removed from the queue (a limit of length or time), went to a consumer before, or was never sent"
          : "another consumer of the queue '" + queueName_ +
                "' has it, it was removed from the queue (a limit of length or time), or it was never sent. "
                "Messages above the broker's limit need one consumer for each queue, or a queue with the "
                "argument x-single-active-consumer");
  for (const Assembler::Ended& ended : assembler_.takeEnded()) {
    settleHeld(ended.deliveries, Acknowledgement::Kind::reject);
    if (ended.message) inbox_.pushError(ended.message);
  }
}

std::string Reassembly::subscribe(std::uint16_t window) {
  std::string tag = "matmq-segments-" + std::to_string(++rooms_);
  appendSubscribe(frames_, queueName_, tag, window);
  ++openRooms_;
  return tag;
}

void Reassembly::makeRoom(const std::string& messageId, std::uint64_t segments) {
  closeRoomOf(messageId);  // of an earlier attempt, cut otherwise perhaps
  if (segments < 2 || window_ == 0 || options_.ack == AckMode::none || stream_ || fixedWindow_) return;
  Room room;
  room.most = segments - 1;
  room.window = static_cast<std::uint16_t>(std::min<std::uint64_t>(room.most, firstRoom));
  room.consumerTag = subscribe(room.window);
  roomOfOpen_.insert_or_assign(messageId, std::move(room));
}

void Reassembly::widenRoomOf(const std::string& messageId) {
  const auto at = roomOfOpen_.find(messageId);
  if (at == roomOfOpen_.end()) return;
  Room& room = at->second;
  if (room.window >= room.most || assembler_.arrivedOf(messageId) < room.window / 2U) return;
  room.window = static_cast<std::uint16_t>(std::min<std::uint64_t>(room.most, 2U * room.window));
  const std::string before = std::exchange(room.consumerTag, subscribe(room.window));
  closeRoom(before);
}

void Reassembly::closeRoom(const std::string& consumerTag) {
  if (consumerTag.empty()) return;
  appendCancel(frames_, consumerTag);
  --openRooms_;
}

void Reassembly::closeRoomOf(const std::string& messageId) {
  if (const auto open = roomOfOpen_.extract(messageId); !open.empty()) closeRoom(open.mapped().consumerTag);
}

// A window that cannot be made wider would be filled for good by the segments of too many messages at once.
void Reassembly::checkWindow() {
  if (!fixedWindow_ || window_ == 0 || stream_) return;
  if (assembler_.heldDeliveries() < window_) return;
  assembler_.giveUpLeast("the segments of unfinished messages fill the prefetch window of " + std::to_string(window_) +
                         ", which is fixed for quorum queues and single active consumers; raise prefetch");
  handleEnded();
}

// What the program holds fills it: the broker sends nothing, so nobody is late.
bool Reassembly::windowFull() const {
  if (window_ == 0) return false;
  const std::size_t parts = fixedWindow_ ? 0 : assembler_.heldDeliveries() + strays_.size();
  return inbox_.outstanding() >= window_ + parts;
}

void Reassembly::askSoon() {
  if (question_ != Question::none) return;
  question_ = Question::soon;
  askAt_ = Clock::now() +
           std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(0, longestWait.count())(jitter_));
}

void Reassembly::ask() {
  amqp_queue_declare_t method{};
  method.queue = bytesOf(queueName_);
  method.passive = 1;
  appendMethod(frames_, theChannel, AMQP_QUEUE_DECLARE_METHOD, method);
  question_ = Question::asked;
  ownConsumers_ = 1 + openRooms_;
}

bool Reassembly::onMethod(const Method& method) {
  if (method.id == AMQP_BASIC_QOS_OK_METHOD) return true;
  if (method.id != AMQP_QUEUE_DECLARE_OK_METHOD || question_ != Question::asked) return false;
  onConsumerCount(method.as<amqp_queue_declare_ok_t>().consumer_count);
  return true;
}

void Reassembly::onConsumerCount(std::uint32_t consumers) {
  question_ = Question::none;
  const bool alone = consumers <= ownConsumers_;
  for (const Assembler::Ended& stray : std::exchange(strays_, {})) giveBackOrRefuse(stray, alone);
  for (const std::string& id : std::exchange(overtaken_, {})) {
    // With others, what is missing may be on its way back.
    if (alone) assembler_.giveUp(id, "a later message of the same sender is here");
  }
  handleEnded();
  count();
}

void Reassembly::giveBackOrRefuse(const Assembler::Ended& stray, bool alone) {
  const std::string& id = *stray.message->properties.messageId;
  // One whose message has begun here meanwhile comes back to it.
  if (!strayRounds_.mayGoRound(nameOf(stray), alone && !assembler_.isOpen(id) ? 1 : StrayRounds::most, Clock::now()))
    return refuseStray(stray);
  settleHeld(stray.deliveries, Acknowledgement::Kind::requeue);
}

void Reassembly::pump(Bytes& frames, bool paused) {
  for (const SettledGroup& group : inbox_.takeSettledGroups()) {
    const auto whole = wholes_.extract(group.number);
    if (whole.empty()) continue;
    closeRoom(whole.mapped().consumerTag);
    if (group.acknowledged) assembler_.done(whole.mapped().messageId);
  }
  const auto now = Clock::now();
  const auto due = expiry();
  if (paused) {
    assembler_.touch(now);
  } else if (due && now >= *due && windowFull()) {
    assembler_.touch(now);
  } else if (due && now >= *due) {
    assembler_.expire(now);
    handleEnded();
    count();
  }
  if (question_ == Question::soon && now >= askAt_) ask();
  frames.insert(frames.end(), frames_.begin(), frames_.end());
  frames_.clear();
}

// Not while the body of a segment comes in: what begin() made of that one is dealt with when it is there.
std::optional<Reassembly::Clock::time_point> Reassembly::expiry() const {
  return number_ == 0 ? assembler_.expiry() : std::nullopt;
}

std::optional<Reassembly::Clock::time_point> Reassembly::deadline() const {
  auto due = expiry();
  if (question_ == Question::soon && (!due || askAt_ < *due)) due = askAt_;
  return due;
}

void Reassembly::onLost(bool again) {
  for (auto& message : assembler_.clear()) {
    if (!again) inbox_.pushError(std::move(message));
  }
  frames_.clear();
  openRooms_ = 0;
  roomOfOpen_.clear();
  wholes_.clear();
  strays_.clear();
  overtaken_.clear();
  question_ = Question::none;
  number_ = 0;
  count();
}

void Reassembly::count() noexcept {
  openMessages_ = assembler_.openMessages();
  openBytes_ = assembler_.openBytes();
}

void Reassembly::fillStats(ConsumerStats& stats) const noexcept {
  stats.segments = segments_;
  stats.doubledSegments = doubled_;
  stats.openMessages = openMessages_;
  stats.openBytes = openBytes_;
}

}  // namespace matmq::amqp
