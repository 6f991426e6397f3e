#include "amqp/publish/publisher.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "amqp/connection/topology.hpp"
#include "base/crc32c.hpp"
#include "message/segment.hpp"

namespace matmq::amqp {
namespace {

/// A limit that a broker states is believed from here on (the smallest frame, AMQP 0-9-1, section 4.2.3): with one of a
/// single byte every message would be as many segments as it has bytes.
constexpr std::uint64_t leastLimit = 4096;

// What the writer holds ahead of the socket: a few socket buffers' worth, so that newer messages can still be dropped
// or come from a faster encoder, and one sendmsg always has enough.
constexpr std::size_t writerBytes = std::size_t{1} * 1024 * 1024;
constexpr std::size_t writerUnits = 256;

/// The number behind the last `words` in what a broker says.
std::optional<std::uint64_t> numberAfter(std::string_view said, std::string_view words) {
  const auto at = said.rfind(words);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t number = 0;
  const char* const from = said.data() + at + words.size();
  const auto [end, status] = std::from_chars(from, said.data() + said.size(), number);
  return status == std::errc() ? std::optional(number) : std::nullopt;
}

std::string secondsOf(std::chrono::milliseconds time) {
  std::ostringstream text;
  text << std::chrono::duration<double>(time).count() << " s";
  return text.str();
}

}  // namespace

Publisher::Publisher(const ProducerOptions& options, std::shared_ptr<Outbox> outbox)
    : options_(options),
      outbox_(std::move(outbox)),
      sender_{options.name, drawInstance(), options.persistent},
      heads_(options_, sender_),
      watch_(options.confirmTimeout) {}

void Publisher::declare(SetupScript& script) {
  if (options_.confirm) {
    script.request(theChannel, AMQP_CONFIRM_SELECT_METHOD, amqp_confirm_select_t{}, AMQP_CONFIRM_SELECT_OK_METHOD,
                   "switching publisher confirms on");
  }
  declareExchange(script, options_);
  if (!options_.declare && !options_.exchange.empty()) {
    // Without this, a missing exchange would close the channel at the first message.
    amqp_exchange_declare_t method{};
    method.exchange = bytesOf(options_.exchange);
    method.type = bytesOf(options_.exchangeType);
    method.passive = 1;
    script.request(theChannel, AMQP_EXCHANGE_DECLARE_METHOD, method, AMQP_EXCHANGE_DECLARE_OK_METHOD,
                   "looking for the exchange '" + options_.exchange + "' (declare: false)");
  }
}

void Publisher::onReady(const BrokerInfo& broker, std::uint32_t frameMax) {
  heads_.setFrameMax(frameMax);
  broker_ = broker.product + " " + broker.version;
  maxMessageSize_ =
      options_.maxMessageSize != 0 ? options_.maxMessageSize : maxMessageSize(broker.product, broker.version);
  peer_ = broker.peer;
  if (const auto known = learned_.find(peer_); known != learned_.end()) {
    maxMessageSize_ = std::min(maxMessageSize_, known->second);
  }
  watch_.begin(traffic_.connects() > 0);
  onEvent(traffic_.onReady(broker.peer));
}

void Publisher::pump(FrameWriter& writer) {
  if (!options_.confirm) settleWritten(writer.messagesWritten());
  handOver();
  while (writer.queuedBytes() < writerBytes && writer.queuedUnits() < writerUnits) {
    if (sending_) {
      publishNextSegment(writer);
      continue;
    }
    const QueuedMessage* queued = outbox_->take();
    if (queued == nullptr) return;
    const std::uint64_t sequence = queued->sequence;
    try {
      publish(writer, *queued);
    } catch (const Error& error) {  // before its first byte: too large, or properties that fit no frame
      outbox_->fail(sequence, error);
    }
  }
}

void Publisher::publish(FrameWriter& writer, const QueuedMessage& queued) {
  const Payload& payload = queued.body;
  const std::string& routingKey = queued.routing.routingKey ? *queued.routing.routingKey : options_.routingKey;
  if (payload.size() <= maxMessageSize_) {
    write(writer, heads_.of(queued, routingKey, payload.size()), payload);
    unsettled_.push_back(queued.sequence);
    return;
  }
  if (!options_.segment) throw tooLarge(payload.size(), "let it go in segments (segment: true)");
  Sending sending{queued.sequence, payload, wireProperties(queued, sender_), routingKey, maxMessageSize_, 0, 0, 0};
  sending.count = (payload.size() + sending.size - 1) / sending.size;
  if (sending.count > maxSegments) {
    throw tooLarge(payload.size(), "in at most " + std::to_string(maxSegments) + " segments of that size");
  }
  // With every header, so that no segment meets the end of its frame when the first is out.
  Properties largest = sending.properties;
  writeSegment(largest.headers, {0, sending.count, 0, payload.size(), 0});
  static_cast<void>(heads_.encode(routingKey, largest, sending.size));
  parts_.try_emplace(queued.sequence);
  sending_ = std::move(sending);
}

void Publisher::publishNextSegment(FrameWriter& writer) {
  Sending& sending = *sending_;
  const std::uint64_t total = sending.payload.size();
  const std::uint64_t offset = sending.next * sending.size;
  const Slice body(sending.payload, offset, std::min(sending.size, total - offset));
  sending.checksum = crc32c(sending.checksum, body);
  Segment segment{sending.next, sending.count, offset, total, std::nullopt};
  if (segment.last()) segment.checksum = sending.checksum;
  writeSegment(sending.properties.headers, segment);
  write(writer, heads_.encode(sending.routingKey, sending.properties, body.size), body);
  unsettled_.push_back(sending.sequence);
  ++segments_;
  Parts& parts = parts_.at(sending.sequence);
  ++parts.unsettled;
  ++sending.next;
  if (!segment.last()) return;
  parts.allSent = true;
  sending_.reset();
}

void Publisher::write(FrameWriter& writer, Bytes head, Slice body) {
  writer.enqueueMessage(std::move(head), std::move(body));
  if (!options_.confirm) return;
  // Where the system's clock is slow, reading it for each message would cost a part of what sending one does.
  const Clock::time_point now = watch_.waits() ? Clock::time_point() : Clock::now();
  watch_.onSent(writer.bytesWritten() + writer.queuedBytes(), now);
}

Error Publisher::tooLarge(std::uint64_t size, const std::string& remedy) const {
  const bool own = maxMessageSize_ == options_.maxMessageSize;
  return {ErrorCode::tooLarge, "Expected a message of at most " + std::to_string(maxMessageSize_) + " bytes, " +
                                   (own ? "this producer's maxMessageSize" : "the limit of " + broker_) +
                                   ", but received " + std::to_string(size) + "; raise " +
                                   (own ? "it, and the broker's max_message_size where that is lower, "
                                        : "the broker's max_message_size and say so in maxMessageSize, ") +
                                   remedy + ", or send less"};
}

// RabbitMQ reads a message that is too large to its end, then closes the channel over it.
Error Publisher::onChannelClosed(Error error) {
  handOver();
  const std::string_view said = error.what();
  if (error.code() != ErrorCode::preconditionFailed || said.find("message size ") == std::string_view::npos)
    return error;
  const auto limit = numberAfter(said, "max size ");
  const Error why(ErrorCode::tooLarge, std::string(said) + ". Say that limit in maxMessageSize", error.replyCode());
  if (limit && *limit >= leastLimit && *limit < maxMessageSize_) {
    maxMessageSize_ = learned_[peer_] = *limit;
    // With segments, and a connection to come, they are sent again, in smaller parts.
    if (!options_.segment || !options_.reconnect.enabled) failLargerThan(*limit, why);
    return why;
  }
  // It keeps its limit to itself, or does not keep to it: the largest is the one.
  return failLargest(why) ? why : error;
}

void Publisher::failLargerThan(std::uint64_t bytes, const Error& why) {
  for (const TakenMessage& taken : outbox_->taken()) {
    if (taken.bytes > bytes) outbox_->fail(taken.sequence, why);
  }
}

// False when there is none.
bool Publisher::failLargest(const Error& why) {
  const std::vector<TakenMessage> taken = outbox_->taken();
  const auto largest = std::ranges::max_element(taken, {}, &TakenMessage::bytes);
  if (largest == taken.end()) return false;
  outbox_->fail(largest->sequence, why);
  return true;
}

// Without confirms a message is settled when the socket has taken it.
void Publisher::settleWritten(std::uint64_t messagesWritten) {
  if (messagesWritten == settledWrites_) return;
  const std::uint64_t upTo = firstTag_ + (messagesWritten - settledWrites_) - 1;
  settledWrites_ = messagesWritten;
  onAck(upTo, true);
}

// The broker counts what it received on this channel from 1 (RabbitMQ, publisher confirms). Tag 0 with `multiple`: all.
template <typename Settle>
void Publisher::settleTags(std::uint64_t tag, bool multiple, Settle&& settle) {
  const std::uint64_t end = firstTag_ + unsettled_.size();
  if (tag == 0 && multiple) tag = end - 1;
  if (tag >= end)
    throw Error(ErrorCode::protocolError,
                "The broker confirmed a message that was never sent: tag " + std::to_string(tag));
  if (tag < firstTag_) return;
  for (std::uint64_t t = multiple ? firstTag_ : tag; t <= tag; ++t) {
    std::uint64_t& sequence = unsettled_[t - firstTag_];
    if (sequence != 0) settle(std::exchange(sequence, 0));
  }
  while (!unsettled_.empty() && unsettled_.front() == 0) {
    unsettled_.pop_front();
    ++firstTag_;
  }
}

// The outbox hears of all that one turn of the loop has read at once: each time it may wake the program.
void Publisher::handOver() {
  if (confirmed_.empty()) return;
  outbox_->confirm(confirmed_);
  confirmed_.clear();
}

void Publisher::onAck(std::uint64_t tag, bool multiple) {
  bool taken = false;
  const std::uint64_t oldest = firstTag_;
  settleTags(tag, multiple, [this, &taken](std::uint64_t sequence) {
    // One that was returned is acknowledged as well, but no queue has taken it.
    if (returned_.empty() || returned_.erase(sequence) == 0) taken = true;
    settle(sequence, std::nullopt);
  });
  if (options_.confirm) watch_.onAnswer({taken, firstTag_ != oldest, !unsettled_.empty(), !taken}, Clock::now());
  if (taken) {  // so those that it refused were meant
    for (const std::uint64_t sequence : std::exchange(refused_, {})) settle(sequence, refusal());
  }
}

void Publisher::onNack(std::uint64_t tag, bool multiple) {
  const bool keep = watch_.keepsRefusals();
  const std::uint64_t oldest = firstTag_;
  settleTags(tag, multiple, [this, keep](std::uint64_t sequence) {
    if (keep) {
      refused_.push_back(sequence);
    } else {
      settle(sequence, refusal());
    }
  });
  watch_.onAnswer({false, firstTag_ != oldest, !unsettled_.empty()}, Clock::now());
}

Error Publisher::refusal() {
  return {
      ErrorCode::nacked,
      "The broker did not take the message (basic.nack): a queue is full (x-overflow: reject-publish) or the broker "
      "failed internally"};
}

// One delivery tag is settled: a message, or one segment of it. A segmented message is settled when its last one is,
// so that its memory is not let go while the writer still has some of it.
void Publisher::settle(std::uint64_t sequence, std::optional<Error> failure) {
  const auto at = parts_.find(sequence);
  if (at == parts_.end()) {
    if (failure) {
      outbox_->fail(sequence, std::move(*failure));
    } else {
      confirmed_.push_back(sequence);
    }
    return;
  }
  Parts& parts = at->second;
  --parts.unsettled;
  if (failure) failPart(sequence, parts, std::move(*failure));
  if (parts.unsettled > 0 || !parts.allSent) return;
  if (parts.failure) {
    outbox_->fail(sequence, std::move(*parts.failure));
  } else {
    confirmed_.push_back(sequence);
  }
  parts_.erase(at);
}

// The rest of a message that lacks a segment is of no use.
void Publisher::failPart(std::uint64_t sequence, Parts& parts, Error error) {
  if (!parts.failure) parts.failure = std::move(error);
  if (!sending_ || sending_->sequence != sequence) return;
  sending_.reset();
  parts.allSent = true;
}

void Publisher::onMethod(const Method& method) {
  switch (method.id) {
    case AMQP_BASIC_ACK_METHOD: {
      const auto& ack = method.as<amqp_basic_ack_t>();
      return onAck(ack.delivery_tag, ack.multiple != 0);
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto& nack = method.as<amqp_basic_nack_t>();
      return onNack(nack.delivery_tag, nack.multiple != 0);
    }
    case AMQP_CONNECTION_BLOCKED_METHOD:
    case AMQP_CONNECTION_UNBLOCKED_METHOD: {
      watch_.onBlocked(method.id == AMQP_CONNECTION_BLOCKED_METHOD, Clock::now());
      return outbox_->announce(traffic_.onBlocked(method));
    }
    default:
      throw Error(ErrorCode::protocolError,
                  "The broker sent " + methodName(method.id) + ", which a publisher does not expect");
  }
}

void Publisher::onContentMethod(const Method& method) {
  if (method.id != AMQP_BASIC_RETURN_METHOD) {
    throw Error(ErrorCode::protocolError, "The broker sent " + methodName(method.id) + " to a publisher");
  }
  const auto& returned = method.as<amqp_basic_return_t>();
  returnReason_ = std::string(view(returned.reply_text)) + " (exchange '" + std::string(view(returned.exchange)) +
                  "', routing key '" + std::string(view(returned.routing_key)) + "')";
}

// The broker sends a returned message's ack after the return; its own words win.
std::byte* Publisher::onContentHeader(IncomingHeader header) {
  const std::optional<std::string> id = header.properties.read().messageId;
  if (const auto sequence = id ? sequenceOf(*id, sender_) : std::nullopt) {
    if (options_.confirm && returned_.size() < unsettled_.size()) returned_.insert(*sequence);
    Error error(ErrorCode::unroutable,
                "Expected a queue to be bound for the message but the broker returned it: " + returnReason_,
                AMQP_NO_ROUTE);
    if (const auto at = parts_.find(*sequence); at != parts_.end()) {
      failPart(*sequence, at->second, error);
      if (at->second.unsettled > 0) return nullptr;  // without confirms nothing more may be told of it
      parts_.erase(at);
    }
    outbox_->fail(*sequence, std::move(error));
  }
  return nullptr;
}

void Publisher::onEvent(Event event) { outbox_->announce(std::move(event)); }

void Publisher::onDeadline(Clock::time_point now, std::uint64_t arrived) {
  switch (watch_.judge(now, arrived)) {
    case ConfirmWatch::Finding::none:
      return;
    case ConfirmWatch::Finding::silent:
      throw Error(ErrorCode::confirmTimeout,
                  "Expected " + peer_ + " to confirm the oldest message within " + secondsOf(watch_.given()) +
                      " (confirmTimeout) but it did not. What is not confirmed is sent again on a new connection, if "
                      "reconnecting is on");
    case ConfirmWatch::Finding::refusing:
      throw Error(ErrorCode::allRefused,
                  "Expected " + peer_ + " to take messages after the reconnect but it refused each of them for " +
                      secondsOf(watch_.given()) +
                      " (basic.nack): a queue without a leader, or a full one (x-overflow: reject-publish)");
  }
}

void Publisher::onLost(const Error& /*why*/) {
  handOver();
  traffic_.onLost();
  watch_.end();
  unsettled_.clear();
  refused_.clear();
  returned_.clear();
  firstTag_ = 1;
  settledWrites_ = 0;
  sending_.reset();
  parts_.clear();
  outbox_->rewind();
}

void Publisher::onEnd(const std::optional<Error>& why) {
  handOver();
  traffic_.onLost();
  if (why) outbox_->refuse(*why);
  outbox_->failRest(why ? "The producer '" + sender_.name +
                              "' ended before the broker confirmed the message: " + why->what()
                        : "The producer '" + sender_.name + "' was closed before the broker confirmed the message");
}

}  // namespace matmq::amqp
