#include "amqp/consume/stream_position.hpp"

#include <algorithm>

#include "amqp/connection/topology.hpp"

namespace matmq::amqp {
namespace {

/// The broker's clock and ours may differ by so much.
constexpr std::chrono::seconds clockSlack{10};

FieldValue argument(const StreamOffset& offset) {
  if (const auto* number = std::get_if<std::uint64_t>(&offset)) return static_cast<std::int64_t>(*number);
  if (const auto* time = std::get_if<Timestamp>(&offset)) return *time;
  switch (std::get<StreamPoint>(offset)) {
    case StreamPoint::first:
      return std::string("first");
    case StreamPoint::last:
      return std::string("last");
    case StreamPoint::next:
      break;
  }
  return std::string("next");
}

StreamOffset startOf(const ConsumerOptions& options) {
  if (!options.queue) return StreamPoint::next;
  return options.queue->streamOffset.value_or(StreamPoint::next);
}

}  // namespace

StreamPosition::StreamPosition(const ConsumerOptions& options)
    : stream_(options.queue && amqp::isStream(*options.queue)), start_(startOf(options)) {}

FieldTable StreamPosition::subscribe(Clock::time_point now) {
  if (!stream_) return {};
  if (!subscribing_ || !subscribed_) subscribing_ = now;
  return {{streamOffsetName, argument(next())}};
}

StreamOffset StreamPosition::next() const {
  if (!pending_.empty()) return *pending_.begin();
  if (highest_) return *highest_ + 1;
  // Nothing came yet. "Next" would now be behind what came since the first subscription.
  if (!subscribed_ || start_ != StreamOffset(StreamPoint::next)) return start_;
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(subscribed_->time_since_epoch()) - clockSlack;
  return Timestamp{static_cast<std::uint64_t>(std::max<std::int64_t>(0, since.count()))};
}

bool StreamPosition::arrived(DeliveryNumber number, const FieldTable& headers) {
  if (!stream_) return true;
  const auto at = headers.find(streamOffsetName);
  const auto* value = at == headers.end() ? nullptr : std::get_if<std::int64_t>(&at->second.value);
  if (value == nullptr || *value < 0) return true;
  const auto offset = static_cast<std::uint64_t>(*value);
  if (highest_ && offset <= *highest_ && !pending_.contains(offset)) return false;
  highest_ = std::max(highest_.value_or(0), offset);
  pending_.insert(offset);
  whole_.insert_or_assign(number, offset);
  return true;
}

void StreamPosition::hold(DeliveryNumber number) {
  if (auto entry = whole_.extract(number); !entry.empty()) held_.insert(std::move(entry));
}

void StreamPosition::join(DeliveryNumber message, std::span<const DeliveryNumber> segments) {
  if (!stream_) return;
  auto& offsets = joined_[message];
  for (const DeliveryNumber segment : segments) {
    if (const auto entry = held_.extract(segment); !entry.empty()) offsets.push_back(entry.mapped());
  }
}

void StreamPosition::drop(std::span<const DeliveryNumber> segments) {
  if (!stream_) return;
  for (const DeliveryNumber segment : segments) {
    if (const auto entry = held_.extract(segment); !entry.empty()) done(entry.mapped());
  }
}

void StreamPosition::settle(DeliveryNumber message, bool upTo) {
  if (!stream_) return;
  const auto from = [&](auto& map) { return upTo ? map.begin() : map.lower_bound(message); };
  for (auto at = from(whole_); at != whole_.end() && at->first <= message; at = whole_.erase(at)) done(at->second);
  for (auto at = from(joined_); at != joined_.end() && at->first <= message; at = joined_.erase(at)) {
    for (const std::uint64_t offset : at->second) done(offset);
  }
}

void StreamPosition::onLost() noexcept {
  whole_.clear();
  held_.clear();
  joined_.clear();
}

void StreamPosition::restart() noexcept {
  onLost();
  highest_.reset();
  pending_.clear();
  start_ = StreamPoint::first;
}

}  // namespace matmq::amqp
