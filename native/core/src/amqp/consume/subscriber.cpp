#include "amqp/consume/subscriber.hpp"

#include "amqp/connection/topology.hpp"
#include "amqp/consume/subscription.hpp"
#include "amqp/wire/envelope.hpp"
#include "amqp/wire/field_table.hpp"
#include "base/body_pool.hpp"
#include "message/message_pool.hpp"
#include "message/refusals.hpp"

namespace matmq::amqp {

Subscriber::Subscriber(const ConsumerOptions& options, Inbox& inbox)
    : options_(options),
      inbox_(inbox),
      position_(options),
      prefetch_(options),
      reassembly_(options, inbox, position_) {}

std::string Subscriber::queueName() const {
  const std::lock_guard lock(queueNameMutex_);
  return queueName_;
}

void Subscriber::declare(SetupScript& script) {
  // A named queue has its unacknowledged messages back and delivers them again, in order. A temporary one is gone, as
  // is one that was deleted, and what needs no acknowledgement the broker has forgotten: the inbox has the only copies.
  if (deliversAgain()) inbox_.discard(lane_);
  lane_ = inbox_.openLane();
  reassembly_.beginLane(lane_);
  lastTag_ = 0;
  declareExchange(script, options_);
  declareQueue(script, options_, [this](std::string name) {
    const std::lock_guard lock(queueNameMutex_);
    queueName_ = std::move(name);
  });
  prefetch_.restart(Clock::now());
  amqp_basic_qos_t qos{};
  qos.prefetch_count = applyWindow();
  if (qos.prefetch_count != 0)
    script.request(theChannel, AMQP_BASIC_QOS_METHOD, qos, AMQP_BASIC_QOS_OK_METHOD, "setting the prefetch count");
  newConsumerTag();
  amqp_basic_consume_t consume{};
  // An empty name is the queue declared last on the channel (AMQP 0-9-1, basic.consume).
  if (options_.queue) consume.queue = bytesOf(options_.queue->name);
  consume.consumer_tag = bytesOf(consumerTag_);
  consume.no_ack = options_.ack == AckMode::none ? 1 : 0;
  const FieldTable arguments = position_.subscribe(StreamPosition::Clock::now());
  consume.arguments = encodableTable(arguments, script.pool());
  script.request(theChannel, AMQP_BASIC_CONSUME_METHOD, consume, AMQP_BASIC_CONSUME_OK_METHOD,
                 "subscribing to the queue");
}

void Subscriber::newConsumerTag() { consumerTag_ = "matmq-" + std::to_string(++subscriptions_); }

std::uint16_t Subscriber::applyWindow() {
  const std::uint16_t count = prefetch_.count();
  inbox_.setPrefetch(count, prefetch_.mostInHand());
  return reassembly_.widen(count);
}

// A prefetch count is that of the subscriptions that follow it: RabbitMQ has none for those that there are. What the
// old one delivered stays as it is, by the same tags of the same channel. The last one of a temporary queue would take
// the queue along, so it goes when the new one is there.
void Subscriber::subscribeAgain(Bytes& frames) {
  const std::string before = consumerTag_;
  newConsumerTag();
  if (options_.queue) appendCancel(frames, before);
  appendSubscribe(frames, queueName(), consumerTag_, applyWindow());
  if (!options_.queue) appendCancel(frames, before);
}

void Subscriber::reviewWindow(Bytes& frames, Clock::time_point now) {
  if (prefetch_.review(inbox_.outstanding(), now) && taking_) subscribeAgain(frames);
}

void Subscriber::onReady(const BrokerInfo& broker, std::uint32_t /*frameMax*/) {
  prefetch_.onReady(broker);
  position_.onReady();
  reassembly_.onReady(queueName());
  onEvent(traffic_.onReady(broker.peer));
}

// The broker sends no more than the prefetch window until it hears of what came.
std::size_t Subscriber::mayGather() const {
  const std::size_t prefetch = prefetch_.count();
  if (options_.ack == AckMode::none || prefetch == 0) return SIZE_MAX;
  return std::max<std::size_t>(1, prefetch / 4);
}

void Subscriber::pump(FrameWriter& writer) {
  const Clock::time_point now = Clock::now();
  Bytes frames;
  // First: what it gives up is acknowledged and announced below. And before acknowledgements make room in subscriptions
  // that go: what is under way to those counts against no window.
  reassembly_.pump(frames, inbox_.full());
  const auto isOver = [&](Deadline due) { return due && now >= *due; };
  const bool acknowledges = isOver(inbox_.acknowledgementsDue());
  if (acknowledges) acknowledge(frames);
  if (acknowledges || isOver(prefetch_.reviewAt())) reviewWindow(frames, now);
  if (!frames.empty()) writer.enqueue(std::move(frames));
  unwritten_ = writer.queuedBytes();
  inbox_.announceMessages();
}

void Subscriber::acknowledge(Bytes& frames) {
  for (const Acknowledgement& said : inbox_.takeAcknowledgements()) {
    const bool upTo = said.kind == Acknowledgement::Kind::ackUpTo;
    position_.settle(said.number, upTo);
    // A stream has no way to take a message back, and keeps it whatever is said: RabbitMQ 3.10 closes the connection.
    if (said.kind == Acknowledgement::Kind::ack || upTo || position_.isStream()) {
      amqp_basic_ack_t ack{};
      ack.delivery_tag = said.tag;
      ack.multiple = upTo ? 1 : 0;
      appendMethod(frames, theChannel, AMQP_BASIC_ACK_METHOD, ack);
    } else {
      amqp_basic_nack_t nack{};
      nack.delivery_tag = said.tag;
      nack.requeue = said.kind == Acknowledgement::Kind::requeue ? 1 : 0;
      appendMethod(frames, theChannel, AMQP_BASIC_NACK_METHOD, nack);
    }
  }
}

void Subscriber::onMethod(const Method& method) {
  switch (method.id) {
    case AMQP_BASIC_CANCEL_METHOD:
      cancelledLane_ = lane_;
      position_.restart();
      throw Error(ErrorCode::consumerCancelled, "The broker cancelled the subscription to the queue '" + queueName() +
                                                    "': it was deleted, or its node went down");
    case AMQP_CONNECTION_BLOCKED_METHOD:
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      return inbox_.announce(traffic_.onBlocked(method));
    default:
      if (reassembly_.onMethod(method)) return;
      throw Error(ErrorCode::protocolError,
                  "The broker sent " + methodName(method.id) + ", which a consumer does not expect");
  }
}

void Subscriber::onContentMethod(const Method& method) {
  if (method.id != AMQP_BASIC_DELIVER_METHOD) {
    throw Error(ErrorCode::protocolError, "The broker sent " + methodName(method.id) + " to a consumer");
  }
  const auto& deliver = method.as<amqp_basic_deliver_t>();
  // The inbox counts what it gives out by these numbers: with a gap, an acknowledgement would be of another message.
  if (deliver.delivery_tag != ++lastTag_) {
    throw Error(ErrorCode::protocolError, "Expected delivery " + std::to_string(lastTag_) +
                                              " of this channel but the broker numbered it " +
                                              std::to_string(deliver.delivery_tag));
  }
  incoming_ = message_pool::make();
  incoming_->number = inbox_.nextNumber();
  incoming_->deliveryTag = deliver.delivery_tag;
  incoming_->exchange = view(deliver.exchange);
  incoming_->routingKey = view(deliver.routing_key);
  incoming_->redelivered = deliver.redelivered != 0;
}

namespace {

Error segmentsRefused(const Properties& properties) {
  return {ErrorCode::badSegments, "Expected a message in one piece but received a segment of the message '" +
                                      properties.messageId.value_or("") +
                                      "': this consumer refuses segments (its option segments)"};
}

}  // namespace

// What this thread has to know of: where a stream goes on, what is a segment, what came before what, and whether a lone
// octet 0x04 is an end of transmission. Of everything else the program reads what it wants to know.
bool Subscriber::wantsProperties(const PropertiesView& properties) const noexcept {
  return position_.isStream() || reassembly_.hasOpenMessages() || properties.hasHeader(segmentHeaderPrefix) ||
         (incoming_->type == MessageType::unmarked && properties.type());
}

std::byte* Subscriber::onContentHeader(IncomingHeader header) {
  incomingSize_ = header.bodySize;
  incoming_->type = messageType(header.properties.type());
  if (wantsProperties(header.properties)) incoming_->properties = header.properties.read();
  incoming_->encodedProperties = std::move(header.encoded);
  segment_ = false;
  if (!taking_) return nullptr;
  passedOver_ = !position_.arrived(incoming_->number, incoming_->properties.headers);
  if (passedOver_) return nullptr;
  if (header.malformed) {
    incoming_->error = std::move(header.malformed);
    return nullptr;
  }
  if (const auto segment = segmentOf(header.bodySize)) {
    return reassembly_.begin(std::move(incoming_), *segment, header.bodySize);
  }
  if (segment_ || incoming_->error) return nullptr;
  if (header.bodySize > options_.limits.messageBytes) {
    incoming_->error = bodyTooLarge(options_.limits.messageBytes, header.bodySize, false);
    return nullptr;
  }
  auto memory = header.memory ? std::move(header.memory) : body_pool::tryAllocate(header.bodySize);
  if (!memory) {
    incoming_->error = noMemoryForBody(header.bodySize);
    return nullptr;
  }
  std::byte* const data = memory.get();
  incoming_->body = {std::move(memory), {data, header.bodySize}};
  return data;
}

// The segment that the incoming message is; nothing when it came whole, or is refused as a segment. What readSegment
// returns never outlives its try block in a variable: GCC 12 lets the call write to the one declared before it, which
// then holds garbage when the call throws.
std::optional<Segment> Subscriber::segmentOf(std::uint64_t bodySize) {
  FieldTable& headers = incoming_->properties.headers;
  try {
    const std::optional<Segment> segment = readSegment(headers, bodySize);
    if (segment && options_.segments == Segments::refuse) throw segmentsRefused(incoming_->properties);
    segment_ = segment.has_value();
    if (segment_) eraseSegment(headers);
    return segment;
  } catch (const Error& bad) {
    if (options_.segments == Segments::refuse) {
      incoming_->error = segmentsRefused(incoming_->properties);
      return std::nullopt;
    }
    segment_ = true;
    eraseSegment(headers);
    reassembly_.beginBad(std::move(incoming_), bad);
    return std::nullopt;
  }
}

void Subscriber::onContent() {
  const std::uint64_t tag = lastTag_;  // of the delivery whose content this is
  prefetch_.arrived(incomingSize_);
  if (!taking_) {
    incoming_.reset();
  } else if (passedOver_) {
    const DeliveryNumber number = inbox_.hold(lane_, tag);
    incoming_.reset();
    inbox_.settleHeld({&number, 1}, Acknowledgement::Kind::ack);
  } else if (segment_) {
    reassembly_.finish();
  } else if (incoming_->error) {
    inbox_.refuse(lane_, tag, std::move(incoming_));
  } else {
    reassembly_.onMessage(incoming_->properties);
    checkEotMark(*incoming_);
    inbox_.push(lane_, tag, std::move(incoming_));
  }
}

void Subscriber::onLost(const Error& /*why*/) {
  traffic_.onLost();
  incoming_.reset();
  reassembly_.onLost(!taking_ || deliversAgain());
  // What the program said and the broker did not hear counts even so: it is we who know where to go on.
  for (const Acknowledgement& said : inbox_.closeLane(lane_)) {
    position_.settle(said.number, said.kind == Acknowledgement::Kind::ackUpTo);
  }
  position_.onLost();
  inbox_.announceMessages();
}

void Subscriber::onEnd(const std::optional<Error>& /*why*/) {
  traffic_.onLost();
  inbox_.closeLane(lane_);
  inbox_.announceMessages();
}

}  // namespace matmq::amqp
