#include "amqp/wire/codec.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "amqp/wire/field_table.hpp"
#include "message/segment.hpp"

namespace matmq::amqp {
namespace {

// class-id, weight, body size; then come the property flags, which rabbitmq-c writes and reads too (section 2.3.5.2)
constexpr std::size_t contentHeaderPrefix = 12;
// rabbitmq-c counts the class and method id of a method frame's payload apart from its arguments
constexpr std::size_t methodIdSize = 4;

amqp_bytes_t mutableBytes(std::byte* data, std::size_t size) noexcept { return {size, data}; }

// rabbitmq-c's decoders take a pointer to mutable memory and do not write to it.
amqp_bytes_t readOnlyBytes(std::span<const std::byte> octets) noexcept {
  return {octets.size(), const_cast<std::byte*>(octets.data())};  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

// Grows `out` by a frame around `encode(payload)`, which returns the payload's size or a negative status.
template <typename Encode>
void appendFrame(Bytes& out, std::uint8_t type, std::uint16_t channel, std::uint32_t frameMax, std::string_view what,
                 Encode&& encode) {
  const std::size_t start = out.size();
  std::size_t room = std::min<std::size_t>(512, frameMax - frameOverhead);
  for (;;) {
    out.resize(start + frameHeaderSize + room);
    const std::int64_t size = encode(out.data() + start + frameHeaderSize, room);
    if (size >= 0) {
      putFrameHeader(out.data() + start, type, channel, static_cast<std::uint32_t>(size));
      out.resize(start + frameHeaderSize + static_cast<std::size_t>(size));
      out.push_back(frameEnd);
      return;
    }
    if (room == frameMax - frameOverhead) break;
    room = std::min<std::size_t>(room * 8, frameMax - frameOverhead);
  }
  out.resize(start);
  throw Error(ErrorCode::invalidArgument,
              "Expected " + std::string(what) + " to fit into one AMQP frame of " + std::to_string(frameMax) +
                  " bytes; shorten its names, headers or arguments (names are at most 255 bytes)");
}

void checkShortString(std::string_view text, const char* what) {
  if (text.size() > 255) {
    throw Error(ErrorCode::invalidArgument,
                std::string("Expected ") + what + " of at most 255 bytes but received " + std::to_string(text.size()));
  }
}

class PropertyWriter {
 public:
  void text(amqp_flags_t flag, amqp_bytes_t amqp_basic_properties_t::*field, const std::optional<std::string>& value,
            const char* name) {
    if (!value) return;
    checkShortString(*value, name);
    out._flags |= flag;
    out.*field = bytesOf(*value);
  }
  template <typename T>
  void number(amqp_flags_t flag, T amqp_basic_properties_t::*field, const std::optional<T>& value) {
    if (!value) return;
    out._flags |= flag;
    out.*field = *value;
  }
  amqp_basic_properties_t out{};
};

amqp_basic_properties_t encodable(const Properties& p, DecodePool& pool) {
  using B = amqp_basic_properties_t;
  PropertyWriter w;
  w.text(AMQP_BASIC_CONTENT_TYPE_FLAG, &B::content_type, p.contentType, "contentType");
  w.text(AMQP_BASIC_CONTENT_ENCODING_FLAG, &B::content_encoding, p.contentEncoding, "contentEncoding");
  w.number(AMQP_BASIC_DELIVERY_MODE_FLAG, &B::delivery_mode, p.deliveryMode);
  w.number(AMQP_BASIC_PRIORITY_FLAG, &B::priority, p.priority);
  w.text(AMQP_BASIC_CORRELATION_ID_FLAG, &B::correlation_id, p.correlationId, "correlationId");
  w.text(AMQP_BASIC_REPLY_TO_FLAG, &B::reply_to, p.replyTo, "replyTo");
  w.text(AMQP_BASIC_EXPIRATION_FLAG, &B::expiration, p.expiration, "expiration");
  w.text(AMQP_BASIC_MESSAGE_ID_FLAG, &B::message_id, p.messageId, "messageId");
  w.number(AMQP_BASIC_TIMESTAMP_FLAG, &B::timestamp, p.timestamp);
  w.text(AMQP_BASIC_TYPE_FLAG, &B::type, p.type, "type");
  w.text(AMQP_BASIC_USER_ID_FLAG, &B::user_id, p.userId, "userId");
  w.text(AMQP_BASIC_APP_ID_FLAG, &B::app_id, p.appId, "appId");
  if (!p.headers.empty()) {
    w.out._flags |= AMQP_BASIC_HEADERS_FLAG;
    w.out.headers = encodableTable(p.headers, pool);
  }
  return w.out;
}

Properties decodedProperties(const amqp_basic_properties_t& in) {
  Properties p;
  const auto text = [&in](amqp_flags_t flag, amqp_bytes_t value) {
    return (in._flags & flag) != 0 ? std::optional<std::string>(view(value)) : std::nullopt;
  };
  p.contentType = text(AMQP_BASIC_CONTENT_TYPE_FLAG, in.content_type);
  p.contentEncoding = text(AMQP_BASIC_CONTENT_ENCODING_FLAG, in.content_encoding);
  p.correlationId = text(AMQP_BASIC_CORRELATION_ID_FLAG, in.correlation_id);
  p.replyTo = text(AMQP_BASIC_REPLY_TO_FLAG, in.reply_to);
  p.expiration = text(AMQP_BASIC_EXPIRATION_FLAG, in.expiration);
  p.messageId = text(AMQP_BASIC_MESSAGE_ID_FLAG, in.message_id);
  p.type = text(AMQP_BASIC_TYPE_FLAG, in.type);
  p.userId = text(AMQP_BASIC_USER_ID_FLAG, in.user_id);
  p.appId = text(AMQP_BASIC_APP_ID_FLAG, in.app_id);
  if ((in._flags & AMQP_BASIC_DELIVERY_MODE_FLAG) != 0) p.deliveryMode = in.delivery_mode;
  if ((in._flags & AMQP_BASIC_PRIORITY_FLAG) != 0) p.priority = in.priority;
  if ((in._flags & AMQP_BASIC_TIMESTAMP_FLAG) != 0) p.timestamp = in.timestamp;
  if ((in._flags & AMQP_BASIC_HEADERS_FLAG) != 0) p.headers = fieldTable(in.headers);
  return p;
}

[[noreturn]] void malformed(const std::string& what, int status) {
  throw Error(ErrorCode::protocolError, "The peer sent a malformed " + what + " (" + amqp_error_string2(status) + ")");
}

// The headers table stands behind content-type and content-encoding, whose flags are the two highest bits.
void checkHeaders(std::span<const std::byte> payload) {
  const std::uint16_t flags = getU16(payload.data() + contentHeaderPrefix);
  // Bit 0 announces a second word of flags, which class basic has not; rabbitmq-c would read on behind it.
  if ((flags & 1) != 0) malformed("content header", AMQP_STATUS_BAD_AMQP_DATA);
  if ((flags & AMQP_BASIC_HEADERS_FLAG) == 0) return;
  std::size_t at = contentHeaderPrefix + sizeof flags;
  for (const int flag : {AMQP_BASIC_CONTENT_TYPE_FLAG, AMQP_BASIC_CONTENT_ENCODING_FLAG}) {
    if ((flags & flag) == 0) continue;
    if (at >= payload.size()) malformed("content header", AMQP_STATUS_BAD_AMQP_DATA);
    at += 1 + std::to_integer<std::size_t>(payload[at]);
  }
  checkTable(payload, at);
}

PropertiesView viewProperties(std::span<const std::byte> payload, DecodePool& pool) {
  checkHeaders(payload);
  void* decoded = nullptr;
  const int status = amqp_decode_properties(AMQP_BASIC_CLASS, pool.get(),
                                            readOnlyBytes(payload.subspan(contentHeaderPrefix)), &decoded);
  if (status < 0) malformed("content header", status);
  return PropertiesView(*static_cast<amqp_basic_properties_t*>(decoded));
}

/// What a broker sends to a client that does what MatMQ does. In order.
constexpr std::array<amqp_method_number_t, 21> brokerMethods{AMQP_CONNECTION_START_METHOD,
                                                             AMQP_CONNECTION_TUNE_METHOD,
                                                             AMQP_CONNECTION_OPEN_OK_METHOD,
                                                             AMQP_CONNECTION_CLOSE_METHOD,
                                                             AMQP_CONNECTION_CLOSE_OK_METHOD,
                                                             AMQP_CONNECTION_BLOCKED_METHOD,
                                                             AMQP_CONNECTION_UNBLOCKED_METHOD,
                                                             AMQP_CHANNEL_OPEN_OK_METHOD,
                                                             AMQP_CHANNEL_CLOSE_METHOD,
                                                             AMQP_CHANNEL_CLOSE_OK_METHOD,
                                                             AMQP_EXCHANGE_DECLARE_OK_METHOD,
                                                             AMQP_QUEUE_DECLARE_OK_METHOD,
                                                             AMQP_QUEUE_BIND_OK_METHOD,
                                                             AMQP_BASIC_QOS_OK_METHOD,
                                                             AMQP_BASIC_CONSUME_OK_METHOD,
                                                             AMQP_BASIC_CANCEL_METHOD,
                                                             AMQP_BASIC_RETURN_METHOD,
                                                             AMQP_BASIC_DELIVER_METHOD,
                                                             AMQP_BASIC_ACK_METHOD,
                                                             AMQP_BASIC_NACK_METHOD,
                                                             AMQP_CONFIRM_SELECT_OK_METHOD};
static_assert(std::ranges::is_sorted(brokerMethods));

}  // namespace

amqp_bytes_t bytesOf(std::string_view text) noexcept {
  return {text.size(),
          const_cast<char*>(text.data())};  // NOLINT(cppcoreguidelines-pro-type-const-cast): rabbitmq-c only reads it
}

std::string methodName(amqp_method_number_t id) {
  const char* name = amqp_method_name(id);
  if (name == nullptr) return "method " + std::to_string(id >> 16) + "." + std::to_string(id & 0xFFFF);
  // AMQP_BASIC_PUBLISH_METHOD
  std::string text(name);
  if (text.starts_with("AMQP_")) text.erase(0, 5);
  if (text.ends_with("_METHOD")) text.erase(text.size() - 7);
  if (const auto dot = text.find('_'); dot != std::string::npos) text[dot] = '.';
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c == '_' ? '-' : static_cast<char>(std::tolower(c)); });
  return text;
}

void appendEncodedMethod(Bytes& out, std::uint16_t channel, amqp_method_number_t id, void* method,
                         std::uint32_t frameMax) {
  appendFrame(
      out, frameMethod, channel, frameMax, methodName(id), [&](std::byte* payload, std::size_t room) -> std::int64_t {
        putU32(payload, id);
        const int size = amqp_encode_method(id, method, mutableBytes(payload + methodIdSize, room - methodIdSize));
        return size < 0 ? size : size + static_cast<std::int64_t>(methodIdSize);
      });
}

void appendContentHeader(Bytes& out, std::uint16_t channel, std::uint64_t bodySize, const Properties& properties,
                         DecodePool& pool, std::uint32_t frameMax) {
  amqp_basic_properties_t raw = encodable(properties, pool);
  appendFrame(out, frameHeader, channel, frameMax, "the properties of a message",
              [&](std::byte* payload, std::size_t room) -> std::int64_t {
                putU16(payload, AMQP_BASIC_CLASS);
                putU16(payload + 2, 0);
                putU64(payload + 4, bodySize);
                const int size = amqp_encode_properties(
                    AMQP_BASIC_CLASS, &raw, mutableBytes(payload + contentHeaderPrefix, room - contentHeaderPrefix));
                return size < 0 ? size : size + static_cast<std::int64_t>(contentHeaderPrefix);
              });
}

Method decodeMethod(std::span<const std::byte> payload, DecodePool& pool) {
  if (payload.size() < methodIdSize) malformed("method frame", AMQP_STATUS_BAD_AMQP_DATA);
  Method method{getU32(payload.data()), nullptr};
  if (!std::ranges::binary_search(brokerMethods, method.id)) {
    throw Error(ErrorCode::protocolError, "The peer sent " + methodName(method.id) + ", which a broker does not send");
  }
  const auto arguments = payload.subspan(methodIdSize);
  // The one of them that holds a table: version-major, version-minor, server-properties.
  if (method.id == AMQP_CONNECTION_START_METHOD) checkTable(arguments, 2);
  const int status = amqp_decode_method(method.id, pool.get(), readOnlyBytes(arguments), &method.decoded);
  if (status < 0) malformed(methodName(method.id), status);
  return method;
}

std::optional<std::string_view> PropertiesView::type() const noexcept {
  if (raw_ == nullptr || (raw_->_flags & AMQP_BASIC_TYPE_FLAG) == 0) return std::nullopt;
  return view(raw_->type);
}

bool PropertiesView::hasHeader(std::string_view prefix) const noexcept {
  if (raw_ == nullptr || (raw_->_flags & AMQP_BASIC_HEADERS_FLAG) == 0) return false;
  const std::span entries(raw_->headers.entries, static_cast<std::size_t>(raw_->headers.num_entries));
  return std::ranges::any_of(entries, [&](const auto& entry) { return view(entry.key).starts_with(prefix); });
}

Properties PropertiesView::read() const { return raw_ == nullptr ? Properties() : decodedProperties(*raw_); }

IncomingHeader readContentHeader(std::span<const std::byte> payload, DecodePool& pool) {
  if (payload.size() < contentHeaderPrefix + 2) malformed("content header", AMQP_STATUS_BAD_AMQP_DATA);
  if (getU16(payload.data()) != AMQP_BASIC_CLASS)
    malformed("content header: not of class basic", AMQP_STATUS_BAD_AMQP_DATA);
  IncomingHeader header;
  header.bodySize = getU64(payload.data() + 4);
  header.encoded.assign(reinterpret_cast<const char*>(payload.data()), payload.size());
  try {
    header.properties = viewProperties(payload, pool);
  } catch (const Error& error) {
    header.malformed = Error(ErrorCode::malformedProperties,
                             std::string("Expected properties as AMQP 0-9-1 has them but: ") + error.what());
  }
  return header;
}

ContentHeader decodeContentHeader(std::span<const std::byte> payload, DecodePool& pool) {
  IncomingHeader header = readContentHeader(payload, pool);
  return {header.bodySize, header.properties.read(), std::move(header.encoded), std::move(header.malformed)};
}

Properties decodeProperties(std::string_view encoded) {
  DecodePool pool;
  ContentHeader header = decodeContentHeader(std::as_bytes(std::span(encoded)), pool);
  if (header.malformed) throw Error(*header.malformed);
  eraseSegment(header.properties.headers);
  return std::move(header.properties);
}

}  // namespace matmq::amqp
