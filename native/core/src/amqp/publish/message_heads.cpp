#include "amqp/publish/message_heads.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "message/memory_of.hpp"

namespace matmq::amqp {
namespace {

constexpr std::size_t mostKept = std::size_t{4} * 1024;
constexpr std::size_t mostDigits = 20;
/// class-id and weight stand before the size of the body.
constexpr std::size_t bodySizeAt = frameHeaderSize + 4;
/// The payload's size stands behind type and channel.
constexpr std::size_t frameSizeAt = 3;

bool exact(const FieldTable& headers) {
  return std::ranges::all_of(headers, [](const auto& header) {
    const FieldValue::Variant& value = header.second.value;
    return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<std::string>(value) ||
           std::holds_alternative<bool>(value);
  });
}

/// Octets of a short string.
std::size_t shortSize(const std::optional<std::string>& text) noexcept { return text ? 1 + text->size() : 0; }

}  // namespace

void MessageHeads::setFrameMax(std::uint32_t frameMax) {
  frameMax_ = frameMax;
  state_ = State::none;
}

Bytes MessageHeads::encode(const std::string& routingKey, const Properties& properties, std::uint64_t bodySize) {
  amqp_basic_publish_t method{};
  method.exchange = bytesOf(options_.exchange);
  method.routing_key = bytesOf(routingKey);
  method.mandatory = options_.mandatory ? 1 : 0;
  Bytes head;
  head.reserve(320);
  pool_.reset();
  appendMethod(head, theChannel, AMQP_BASIC_PUBLISH_METHOD, method, frameMax_);
  appendContentHeader(head, theChannel, bodySize, properties, pool_, frameMax_);
  return head;
}

Bytes MessageHeads::of(const QueuedMessage& queued, const std::string& routingKey, std::uint64_t bodySize) {
  if (!alike(queued, routingKey)) {
    see(queued, routingKey);
  } else if (state_ == State::kept || (state_ == State::seenOnce && keep(queued))) {
    return written(queued, bodySize);
  }
  return encode(routingKey, wireProperties(queued, sender_), bodySize);
}

bool MessageHeads::alike(const QueuedMessage& queued, const std::string& routingKey) const {
  return state_ != State::none && queued.type == likeness_.type && routingKey == likeness_.routingKey &&
         queued.properties() == likeness_.properties;
}

void MessageHeads::see(const QueuedMessage& queued, const std::string& routingKey) {
  state_ = State::none;
  if (memoryOf(queued.properties()) > mostKept || !exact(queued.properties().headers)) return;
  likeness_ = {queued.type, routingKey, queued.properties()};
  state_ = State::seenOnce;
}

// Where message_id is follows from what stands behind it: timestamp, type, user-id, app-id, the end of the frame.
bool MessageHeads::keep(const QueuedMessage& queued) {
  state_ = State::unfit;
  Properties properties = wireProperties(queued, sender_);
  const std::size_t digits = properties.messageId->size() - sender_.instance.size() - 1;
  const std::size_t behind = (properties.timestamp ? sizeof(std::uint64_t) : 0) + shortSize(properties.type) +
                             shortSize(properties.userId) + shortSize(properties.appId) + 1;
  std::int64_t& sentAt = std::get<std::int64_t>(properties.headers.at("sent-at").value);
  sentAt = 0;
  const Bytes one = encode(likeness_.routingKey, properties, 0);
  sentAt = -1;
  const Bytes other = encode(likeness_.routingKey, properties, 0);
  header_ = getFrameHeader(one.data()).size + frameOverhead;
  if (one.size() - header_ - frameOverhead - digits + mostDigits > frameMax_ - frameOverhead) return false;
  sentAt_ = static_cast<std::size_t>(std::ranges::mismatch(one, other).in1 - one.begin());
  const auto numberEnd = one.end() - static_cast<std::ptrdiff_t>(behind);
  before_.assign(one.begin(), numberEnd - static_cast<std::ptrdiff_t>(digits));
  after_.assign(numberEnd, one.end());
  idLength_ = before_.size() - sender_.instance.size() - 2;
  state_ = State::kept;
  return true;
}

Bytes MessageHeads::written(const QueuedMessage& queued, std::uint64_t bodySize) const {
  std::array<char, mostDigits> number{};
  const char* const numberEnd = std::to_chars(number.data(), number.data() + number.size(), queued.sequence).ptr;
  const auto digits = std::as_bytes(std::span<const char>(number.data(), numberEnd));
  Bytes head;
  head.reserve(before_.size() + digits.size() + after_.size() + frameHeaderSize);  // and the header of the body's frame
  head.insert(head.end(), before_.begin(), before_.end());
  head.insert(head.end(), digits.begin(), digits.end());
  head.insert(head.end(), after_.begin(), after_.end());
  putU64(head.data() + sentAt_, static_cast<std::uint64_t>(queued.acceptedAt));
  head[idLength_] = static_cast<std::byte>(sender_.instance.size() + 1 + digits.size());
  putU64(head.data() + header_ + bodySizeAt, bodySize);
  putU32(head.data() + header_ + frameSizeAt, static_cast<std::uint32_t>(head.size() - header_ - frameOverhead));
  return head;
}

}  // namespace matmq::amqp
