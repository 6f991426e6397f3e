#include "queue/outbox.hpp"

#include <algorithm>
#include <matmq/engine/codec_pool.hpp>

#include "message/memory_of.hpp"
#include "queue/event_list.hpp"

namespace matmq {
namespace {

std::int64_t microsecondsSince1970() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::size_t bodyBytes(const OutgoingMessage& message) {
  if (const auto* payload = std::get_if<Payload>(&message.body)) return payload->size();
  const cv::Mat& image = std::get<ImageToEncode>(message.body).image;
  return image.total() * image.elemSize();
}

/// So much of the high-water mark is worth a wake-up: a program that is woken for each message sends one at a time, and
/// spends more on being woken than on sending.
constexpr std::size_t shareOfMark = 8;

/// So many emptied contents are kept: what a wake of the program sends at once.
constexpr std::size_t mostSpare = 256;

/// So many settled entries may stay in the middle, or as many as there are others.
constexpr std::size_t fewSettled = 64;

}  // namespace

Outbox::Outbox(HighWaterMark highWaterMark, WhenFull whenFull, std::function<void()> wake,
               std::shared_ptr<Signal> ioSignal)
    : highWaterMark_(highWaterMark), whenFull_(whenFull), wake_(std::move(wake)), ioSignal_(std::move(ioSignal)) {}

std::uint64_t Outbox::push(OutgoingMessage&& message) {
  const std::size_t envelope = memoryOf(message.properties);
  const std::size_t bytes = bodyBytes(message) + envelope;
  std::unique_lock lock(mutex_);
  if (refusal_) throw Error(*refusal_);
  while (!roomFor(bytes)) {
    if (whenFull_ == WhenFull::wait) {
      roomWanted_ = bytes;
      return 0;
    }
    if (whenFull_ == WhenFull::reject) {
      throw Error(ErrorCode::queueFull, "Expected room in the producer's queue but it holds " +
                                            std::to_string(unsettled_) + " messages (" +
                                            std::to_string(unsettledBytes_) +
                                            " bytes) that are not confirmed; send more slowly or raise highWaterMark");
    }
    // Where all of it is on the wire already, the newest frame goes in above the mark, and the next one takes its
    // place.
    if (!dropOldest()) break;
  }
  const std::uint64_t sequence = next_;
  const bool toEncode = std::holds_alternative<ImageToEncode>(message.body);
  std::unique_ptr<Contents> contents = emptyContents();
  contents->envelope = envelope;
  contents->charge = bytes;
  contents->queued.sequence = sequence;
  contents->queued.acceptedAt = microsecondsSince1970();
  fill(*contents, std::move(message));
  entries_.push_back({sequence, toEncode ? State::toEncode : State::ready, std::move(contents)});
  ++next_;
  ++unsettled_;
  unsettledBytes_ += bytes;
  ++counters_.sent;
  notify(std::move(lock));  // what dropOldest made
  if (toEncode) {
    encode(sequence);
  } else {
    ioSignal_->raise();
  }
  return sequence;
}

void Outbox::fill(Contents& contents, OutgoingMessage&& message) {
  QueuedMessage& queued = contents.queued;
  queued.type = message.type;
  queued.routing = static_cast<AmqpRouting&&>(message);
  if (auto* const body = std::get_if<Payload>(&message.body)) {
    queued.body = std::move(*body);
  } else {
    contents.job = std::make_unique<ImageToEncode>(std::move(std::get<ImageToEncode>(message.body)));
  }
  if (message.properties != QueuedMessage::noProperties)
    queued.stated = std::make_unique<const Properties>(std::move(message.properties));
}

std::unique_ptr<Outbox::Contents> Outbox::emptyContents() {
  if (spare_.empty()) return std::make_unique<Contents>();
  auto contents = std::move(spare_.back());
  spare_.pop_back();
  return contents;
}

// Called without the lock: what they held is released here.
void Outbox::release(std::vector<std::unique_ptr<Contents>> settled) {
  if (settled.empty()) return;
  if (settled.size() > mostSpare) settled.resize(mostSpare);
  for (const auto& contents : settled) *contents = Contents();
  const std::lock_guard lock(mutex_);
  const std::size_t kept = std::min(settled.size(), mostSpare - spare_.size());
  std::move(settled.end() - static_cast<std::ptrdiff_t>(kept), settled.end(), std::back_inserter(spare_));
}

void Outbox::encode(std::uint64_t sequence) {
  const auto task = [self = shared_from_this(), sequence] {
    // What was dropped meanwhile is not encoded; what is being encoded is not dropped.
    const std::unique_ptr<const ImageToEncode> job = self->beginEncoding(sequence);
    if (!job) return;
    try {
      self->finishEncoding(sequence, encodedBody(*job), std::nullopt);
    } catch (const Error& error) {
      self->finishEncoding(sequence, {}, error);
    } catch (const std::exception& error) {
      self->finishEncoding(sequence, {},
                           Error(ErrorCode::cannotEncode, std::string("Encoding failed: ") + error.what()));
    }
  };
  try {
    codec_pool::submit(task);
  } catch (const Error& error) {  // no thread to be had: the message was accepted, so its receipt tells
    if (beginEncoding(sequence)) finishEncoding(sequence, {}, error);
  }
}

// Nothing when nobody waits for it any more: dropped, or the producer ended.
std::unique_ptr<ImageToEncode> Outbox::beginEncoding(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  Entry* entry = find(sequence);
  if (encodingEnded_ || entry == nullptr || entry->state != State::toEncode) return nullptr;
  ++encoding_;
  entry->state = State::beingEncoded;
  return std::move(entry->contents->job);
}

void Outbox::endEncoding() {
  std::unique_lock lock(mutex_);
  encodingEnded_ = true;
  encoded_.wait(lock, [this] { return encoding_ == 0; });
}

void Outbox::finishEncoding(std::uint64_t sequence, Payload payload, std::optional<Error> error) {
  std::unique_lock lock(mutex_);
  if (--encoding_ == 0) encoded_.notify_all();
  Entry* entry = find(sequence);
  if (entry == nullptr || entry->state != State::beingEncoded) return;  // the producer ended
  entry->state = error ? State::unencodable : State::ready;
  Contents& contents = *entry->contents;
  contents.error = std::move(error);
  recharge(contents, payload.size() + contents.envelope);
  contents.queued.body = std::move(payload);
  notify(std::move(lock));  // the file is smaller than the pixels were: there may be room again
  ioSignal_->raise();
}

bool Outbox::roomFor(std::size_t bytes) const noexcept {
  if (unsettled_ == 0) return true;  // one larger message passes alone
  return unsettled_ < highWaterMark_.messages && unsettledBytes_ + bytes <= highWaterMark_.bytes;
}

// What is dropped leaves nothing behind: those before it may stay for as long as the broker is blocked.
bool Outbox::dropOldest() {
  for (std::size_t place = placeOf(nextToTake_); place < entries_.size(); ++place) {
    Entry& entry = entries_[place];
    if (entry.state == State::beingEncoded || entry.state == State::settled) continue;
    ++counters_.dropped;
    settleFailed(entry, Error(ErrorCode::dropped, "The message made room for a newer one (whenFull: dropOldest)"));
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(place));
    popSettled();
    return true;
  }
  return false;
}

std::size_t Outbox::placeOf(std::uint64_t sequence) const noexcept {
  if (entries_.empty() || sequence <= entries_.front().sequence) return 0;
  // Where it is unless messages before it were dropped.
  const std::uint64_t guess = sequence - entries_.front().sequence;
  if (guess < entries_.size() && entries_[guess].sequence == sequence) return guess;
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), sequence,
                                   [](const Entry& entry, std::uint64_t other) { return entry.sequence < other; });
  return static_cast<std::size_t>(at - entries_.begin());
}

Outbox::Entry* Outbox::find(std::uint64_t sequence) noexcept {
  const std::size_t place = placeOf(sequence);
  if (place == entries_.size() || entries_[place].sequence != sequence) return nullptr;
  return &entries_[place];
}

void Outbox::recharge(Contents& contents, std::size_t charge) {
  unsettledBytes_ -= contents.charge;
  unsettledBytes_ += charge;
  contents.charge = charge;
}

void Outbox::untake(const Entry& entry) noexcept {
  if (entry.state != State::taken) return;
  --taken_;
  takenBytes_ -= entry.contents->charge;
}

void Outbox::settle(Entry& entry) {
  untake(entry);
  // All of the message, properties included: it may stay in line behind one that is not settled for long.
  unreported_.bytes += entry.contents->charge;
  unsettledBytes_ -= entry.contents->charge;
  unreported_.contents.push_back(std::move(entry.contents));
  entry.state = State::settled;
  --unsettled_;
  const std::uint64_t sequence = entry.sequence;
  auto& ranges = report_.settled;
  if (!ranges.empty() && ranges.back().last + 1 == sequence) {
    ranges.back().last = sequence;
  } else {
    ranges.push_back({sequence, sequence});
  }
}

void Outbox::settleFailed(Entry& entry, Error error) {
  if (error.code() != ErrorCode::dropped) ++counters_.failed;
  report_.failures.push_back({entry.sequence, std::move(error)});
  settle(entry);
}

// A message that the broker does not confirm for long (its queue has lost its majority, say) must not keep those
// behind it, which went to other queues. Cleared away many at a time, each costs little.
void Outbox::popSettled() {
  const auto settled = [](const Entry& entry) { return entry.state == State::settled; };
  while (!entries_.empty() && settled(entries_.front())) entries_.pop_front();
  if (entries_.size() - unsettled_ > unsettled_ + fewSettled) std::erase_if(entries_, settled);
}

// Room for a few at once; or for one, when the I/O thread has nothing left to do.
bool Outbox::roomIsWorthReporting() const noexcept {
  const bool roomy = unsettled_ <= highWaterMark_.messages - highWaterMark_.messages / shareOfMark &&
                     unsettledBytes_ <= highWaterMark_.bytes - highWaterMark_.bytes / shareOfMark;
  return roomy || placeOf(nextToTake_) == entries_.size();
}

bool Outbox::settledIsWorthReporting() const noexcept {
  if (unreported_.contents.empty()) return false;
  return settlementsAwaited_ || unsettled_ == 0 ||
         unreported_.contents.size() >= highWaterMark_.messages / shareOfMark ||
         unreported_.bytes >= highWaterMark_.bytes / shareOfMark;
}

void Outbox::notify(std::unique_lock<AdaptiveMutex> lock) {
  if (roomWanted_ && roomFor(*roomWanted_) && roomIsWorthReporting()) {
    roomWanted_.reset();
    report_.roomAgain = true;
  }
  Unreported unreported;
  if (settledIsWorthReporting()) {
    unreported = std::exchange(unreported_, {});
    settledToReport_ = true;
  }
  const bool news = settledToReport_ || !report_.failures.empty() || !report_.events.empty() || report_.roomAgain;
  const bool wake = news && !std::exchange(announced_, news);
  lock.unlock();
  release(std::move(unreported.contents));
  if (wake) wake_();
}

void Outbox::awaitSettlements(bool awaited) {
  std::unique_lock lock(mutex_);
  settlementsAwaited_ = awaited;
  notify(std::move(lock));
}

const QueuedMessage* Outbox::take() {
  std::unique_lock lock(mutex_);
  const QueuedMessage* queued = nullptr;
  while (!refusal_ && queued == nullptr) {
    const std::size_t place = placeOf(nextToTake_);
    if (place == entries_.size()) break;
    Entry* const entry = &entries_[place];
    if (entry->state == State::toEncode || entry->state == State::beingEncoded) break;
    if (entry->state == State::settled) {  // before the others, and before a reconnect
      nextToTake_ = entry->sequence + 1;
      continue;
    }
    if (taken_ > 0 &&
        (taken_ >= highWaterMark_.messages || takenBytes_ + entry->contents->charge > highWaterMark_.bytes))
      break;
    nextToTake_ = entry->sequence + 1;
    if (entry->state == State::ready) {
      entry->state = State::taken;
      ++taken_;
      takenBytes_ += entry->contents->charge;
      queued = &entry->contents->queued;
      if (queued->resent) ++counters_.resent;
    } else if (entry->state == State::unencodable) {
      settleFailed(*entry, std::move(*entry->contents->error));
      popSettled();
    }
  }
  notify(std::move(lock));
  return queued;
}

void Outbox::confirm(std::span<const std::uint64_t> sequences) {
  std::unique_lock lock(mutex_);
  for (const std::uint64_t sequence : sequences) {
    Entry* entry = find(sequence);
    if (entry == nullptr || entry->state == State::settled) continue;
    ++counters_.confirmed;
    settle(*entry);
  }
  popSettled();
  notify(std::move(lock));
}

void Outbox::fail(std::uint64_t sequence, Error error) {
  std::unique_lock lock(mutex_);
  Entry* entry = find(sequence);
  if (entry == nullptr || entry->state == State::settled) return;
  settleFailed(*entry, std::move(error));
  popSettled();
  notify(std::move(lock));
}

std::vector<TakenMessage> Outbox::taken() const {
  const std::lock_guard lock(mutex_);
  std::vector<TakenMessage> taken;
  taken.reserve(taken_);
  for (const Entry& entry : entries_) {
    if (entry.state != State::taken) continue;
    taken.push_back({entry.sequence, entry.contents->queued.body.size()});
  }
  return taken;
}

void Outbox::rewind() {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    if (entry.state != State::taken) continue;
    untake(entry);
    entry.state = State::ready;
    entry.contents->queued.resent = true;
  }
  nextToTake_ = 1;
}

void Outbox::failRest(const std::string& reason) {
  std::unique_lock lock(mutex_);
  for (Entry& entry : entries_) {
    if (entry.state == State::settled) continue;
    settleFailed(entry, Error(ErrorCode::notConfirmed, reason));
  }
  popSettled();
  notify(std::move(lock));
}

void Outbox::refuse(Error why) {
  const std::lock_guard lock(mutex_);
  if (!refusal_ || refusal_->code() == ErrorCode::closed) refusal_ = std::move(why);
}

void Outbox::announce(Event event) {
  std::unique_lock lock(mutex_);
  addEvent(report_.events, std::move(event));
  notify(std::move(lock));
}

ProducerReport Outbox::collect() {
  const std::lock_guard lock(mutex_);
  announced_ = false;
  settledToReport_ = false;
  return std::exchange(report_, {});
}

void Outbox::fillStats(ProducerStats& stats) const {
  const std::lock_guard lock(mutex_);
  stats.sent = counters_.sent;
  stats.confirmed = counters_.confirmed;
  stats.failed = counters_.failed;
  stats.dropped = counters_.dropped;
  stats.resent = counters_.resent;
  stats.pendingMessages = unsettled_;
  stats.pendingBytes = unsettledBytes_;
}

}  // namespace matmq
