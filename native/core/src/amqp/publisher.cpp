#include "amqp/publisher.hpp"

#include "amqp/topology.hpp"

namespace matmq::amqp {
namespace {

// What the writer holds ahead of the socket: a few socket buffers' worth, so that newer messages can still be dropped
// or come from a faster encoder, and one sendmsg always has enough.
constexpr std::size_t writerBytes = std::size_t{1} * 1024 * 1024;
constexpr std::size_t writerUnits = 256;

}  // namespace

Publisher::Publisher(const ProducerOptions& options, std::shared_ptr<Outbox> outbox)
    : options_(options), outbox_(std::move(outbox)), sender_{options.name, drawInstance(), options.persistent} {}

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
  frameMax_ = frameMax;
  broker_ = broker.product + " " + broker.version;
  maxMessageSize_ =
      options_.maxMessageSize != 0 ? options_.maxMessageSize : maxMessageSize(broker.product, broker.version);
  onEvent(traffic_.onReady(broker.peer));
}

void Publisher::pump(FrameWriter& writer) {
  if (!options_.confirm) settleWritten(writer.messagesWritten());
  while (writer.queuedBytes() < writerBytes && writer.queuedUnits() < writerUnits) {
    const Parcel* parcel = outbox_->take();
    if (parcel == nullptr) return;
    const std::uint64_t sequence = parcel->sequence;
    try {
      publish(writer, *parcel);
    } catch (const Error& error) {  // before its first byte: too large, or properties that fit no frame
      outbox_->fail(sequence, error);
    }
  }
}

void Publisher::publish(FrameWriter& writer, const Parcel& parcel) {
  const OutgoingMessage& message = parcel.message;
  const Payload& payload = std::get<Payload>(message.body);
  if (payload.size() > maxMessageSize_) {
    throw Error(ErrorCode::tooLarge,
                "Expected a message of at most " + std::to_string(maxMessageSize_) + " bytes, the limit of " + broker_ +
                    ", but received " + std::to_string(payload.size()) +
                    "; raise the broker's max_message_size and say so in maxMessageSize, or send a smaller image");
  }
  amqp_basic_publish_t method{};
  method.exchange = bytesOf(options_.exchange);
  method.routing_key = bytesOf(message.routingKey ? *message.routingKey : options_.routingKey);
  method.mandatory = options_.mandatory ? 1 : 0;
  Bytes head;
  head.reserve(320);
  pool_.reset();
  appendMethod(head, theChannel, AMQP_BASIC_PUBLISH_METHOD, method, frameMax_);
  appendContentHeader(head, theChannel, payload.size(), wireProperties(parcel, sender_), pool_, frameMax_);
  writer.enqueueMessage(std::move(head), payload);
  unsettled_.push_back(parcel.sequence);
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

void Publisher::onAck(std::uint64_t tag, bool multiple) {
  scratch_.clear();
  settleTags(tag, multiple, [this](std::uint64_t sequence) { scratch_.push_back(sequence); });
  outbox_->confirm(scratch_);
}

void Publisher::onNack(std::uint64_t tag, bool multiple) {
  settleTags(tag, multiple, [this](std::uint64_t sequence) {
    outbox_->fail(sequence, Error(ErrorCode::nacked,
                                  "The broker did not take the message (basic.nack): a queue is full "
                                  "(x-overflow: reject-publish) or the broker failed internally"));
  });
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
std::byte* Publisher::onContentHeader(ContentHeader header) {
  const auto& id = header.properties.messageId;
  if (const auto sequence = id ? sequenceOf(*id, sender_) : std::nullopt) {
    outbox_->fail(*sequence,
                  Error(ErrorCode::unroutable,
                        "Expected a queue to be bound for the message but the broker returned it: " + returnReason_,
                        AMQP_NO_ROUTE));
  }
  return nullptr;
}

void Publisher::onEvent(Event event) { outbox_->announce(std::move(event)); }

void Publisher::onLost(const Error& /*why*/) {
  traffic_.onLost();
  unsettled_.clear();
  firstTag_ = 1;
  settledWrites_ = 0;
  outbox_->rewind();
}

void Publisher::onEnd(const std::optional<Error>& why) {
  traffic_.onLost();
  if (why) outbox_->refuse(*why);
  outbox_->failRest(why ? "The producer '" + sender_.name +
                              "' ended before the broker confirmed the message: " + why->what()
                        : "The producer '" + sender_.name + "' was closed before the broker confirmed the message");
}

}  // namespace matmq::amqp
