// Methods, properties and tables through rabbitmq-c and back; what must never reach its decoder.
#include "amqp/wire/codec.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "amqp/wire/field_table.hpp"

using namespace matmq;
using namespace matmq::amqp;

namespace {

std::span<const std::byte> payloadOf(const Bytes& frame) {
  return std::span(frame).subspan(frameHeaderSize, frame.size() - frameOverhead);
}

std::string codeOf(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return std::string(error.codeName());
  }
  return "nothing thrown";
}

/// What becomes of a content header: "read", or the code of the error.
std::string outcomeOf(std::span<const std::byte> payload) {
  DecodePool pool;
  try {
    const ContentHeader header = decodeContentHeader(payload, pool);
    return header.malformed ? std::string(header.malformed->codeName()) : "read";
  } catch (const Error& error) {
    return std::string(error.codeName());
  }
}

/// An encoded table that holds a table that holds a table ...
Bytes nestedTable(int depth) {
  Bytes inner;
  for (int i = 1; i < depth; ++i) {
    Bytes outer{std::byte{1}, std::byte{'t'}, std::byte{'F'}};
    Bytes size(4);
    putU32(size.data(), static_cast<std::uint32_t>(inner.size()));
    outer.insert(outer.end(), size.begin(), size.end());
    outer.insert(outer.end(), inner.begin(), inner.end());
    inner = std::move(outer);
  }
  Bytes table(4);
  putU32(table.data(), static_cast<std::uint32_t>(inner.size()));
  table.insert(table.end(), inner.begin(), inner.end());
  return table;
}

Bytes contentHeaderWith(const Bytes& table) {
  Bytes payload(14);
  putU16(payload.data(), AMQP_BASIC_CLASS);
  putU64(payload.data() + 4, 0);
  putU16(payload.data() + 12, AMQP_BASIC_HEADERS_FLAG);
  payload.insert(payload.end(), table.begin(), table.end());
  return payload;
}

}  // namespace

TEST_CASE("all properties survive encoding and decoding") {
  Properties sent;
  sent.contentType = "image/png";
  sent.contentEncoding = "identity";
  sent.headers = {{"int", std::int64_t{-5}},
                  {"double", 1.5},
                  {"text", std::string("ä")},
                  {"bytes", ByteString{std::string("\0\1\2", 3)}},
                  {"bool", true},
                  {"void", FieldValue{}},
                  {"time", Timestamp{1'700'000'000}},
                  {"array", FieldArray{std::int64_t{1}, std::string("two"), FieldTable{{"three", 3.0}}}},
                  {"table", FieldTable{{"inner", FieldTable{{"x", std::int64_t{INT64_MAX}}}}}}};
  sent.deliveryMode = std::uint8_t{2};
  sent.priority = std::uint8_t{9};
  sent.correlationId = "c";
  sent.replyTo = "r";
  sent.expiration = "1000";
  sent.messageId = "id-1";
  sent.timestamp = 1'700'000'001;
  sent.type = "image";
  sent.userId = "guest";
  sent.appId = "camera-1";
  Bytes frame;
  DecodePool pool;
  appendContentHeader(frame, theChannel, 1ULL << 40, sent, pool, 131'072);
  const FrameHeader header = getFrameHeader(frame.data());
  CHECK(header.type == frameHeader);
  CHECK(header.size + frameOverhead == frame.size());
  CHECK(frame.back() == frameEnd);

  const ContentHeader got = decodeContentHeader(payloadOf(frame), pool);
  CHECK(got.bodySize == 1ULL << 40);
  CHECK(got.properties.contentType == sent.contentType);
  CHECK(got.properties.contentEncoding == sent.contentEncoding);
  CHECK(got.properties.headers == sent.headers);
  CHECK(got.properties.deliveryMode == sent.deliveryMode);
  CHECK(got.properties.priority == sent.priority);
  CHECK(got.properties.correlationId == sent.correlationId);
  CHECK(got.properties.replyTo == sent.replyTo);
  CHECK(got.properties.expiration == sent.expiration);
  CHECK(got.properties.messageId == sent.messageId);
  CHECK(got.properties.timestamp == sent.timestamp);
  CHECK(got.properties.type == sent.type);
  CHECK(got.properties.userId == sent.userId);
  CHECK(got.properties.appId == sent.appId);
}

TEST_CASE("properties that are not set are not there") {
  Bytes frame;
  DecodePool pool;
  appendContentHeader(frame, theChannel, 7, {}, pool, frameMinSize);
  const Properties got = decodeContentHeader(payloadOf(frame), pool).properties;
  CHECK_FALSE(got.contentType);
  CHECK_FALSE(got.messageId);
  CHECK_FALSE(got.deliveryMode);
  CHECK(got.headers.empty());
}

TEST_CASE("headers that fit no frame are refused and leave the buffer as it was") {
  Properties properties;
  properties.headers = {{"big", std::string(5000, 'x')}};
  Bytes frame(3);
  DecodePool pool;
  CHECK(codeOf([&] { appendContentHeader(frame, theChannel, 0, properties, pool, frameMinSize); }) ==
        "INVALID_ARGUMENT");
  CHECK(frame.size() == 3);
  appendContentHeader(frame, theChannel, 0, properties, pool, 131'072);
  CHECK(frame.size() > 5000);
}

TEST_CASE("names longer than a shortstr are refused") {
  DecodePool pool;
  Bytes frame;
  Properties properties;
  properties.correlationId = std::string(256, 'x');
  CHECK(codeOf([&] { appendContentHeader(frame, theChannel, 0, properties, pool, 131'072); }) == "INVALID_ARGUMENT");
  CHECK(codeOf([&] {
          static_cast<void>(encodableTable({{std::string(256, 'n'), true}}, pool));
        }) == "INVALID_ARGUMENT");
}

TEST_CASE("a table nested deeper than 32 levels is refused before rabbitmq-c decodes it") {
  DecodePool pool;
  CHECK(outcomeOf(contentHeaderWith(nestedTable(32))) == "read");
  for (const int depth : {33, 1000, 10'000}) {
    CHECK(outcomeOf(contentHeaderWith(nestedTable(depth))) == "MALFORMED_PROPERTIES");
  }
  FieldTable deep;
  for (int i = 0; i < 40; ++i) deep = {{"t", deep}};
  CHECK(codeOf([&] { static_cast<void>(encodableTable(deep, pool)); }) == "INVALID_ARGUMENT");
}

TEST_CASE("a truncated content header is a protocol error at every length") {
  Properties properties;
  properties.contentType = "image/png";
  properties.headers = {{"a", std::string("b")}, {"c", FieldArray{1.0, std::int64_t{2}}}};
  properties.appId = "x";
  Bytes frame;
  DecodePool pool;
  appendContentHeader(frame, theChannel, 1, properties, pool, frameMinSize);
  const auto payload = payloadOf(frame);
  for (std::size_t length = 0; length < payload.size(); ++length) {
    CAPTURE(length);
    CHECK(outcomeOf(payload.first(length)) == (length < 14 ? "PROTOCOL_ERROR" : "MALFORMED_PROPERTIES"));
  }
}

TEST_CASE("a second word of property flags, behind which a deep table could hide, is refused") {
  Bytes payload = contentHeaderWith(nestedTable(3));
  payload[13] |= std::byte{1};
  CHECK(outcomeOf(payload) == "MALFORMED_PROPERTIES");
}

TEST_CASE("a table whose sizes lie is a protocol error") {
  DecodePool pool;
  Bytes huge = nestedTable(2);
  putU32(huge.data(), UINT32_MAX);
  CHECK(outcomeOf(contentHeaderWith(huge)) == "MALFORMED_PROPERTIES");
  Bytes inner = nestedTable(2);
  putU32(inner.data() + 7, 1000);
  CHECK(outcomeOf(contentHeaderWith(inner)) == "MALFORMED_PROPERTIES");
}

TEST_CASE("methods are encoded and decoded, and named as AMQP names them") {
  Bytes frame;
  amqp_basic_ack_t ack{};
  ack.delivery_tag = 42;
  ack.multiple = 1;
  appendMethod(frame, theChannel, AMQP_BASIC_ACK_METHOD, ack);
  DecodePool pool;
  const Method method = decodeMethod(payloadOf(frame), pool);
  CHECK(method.id == AMQP_BASIC_ACK_METHOD);
  CHECK(method.as<amqp_basic_ack_t>().delivery_tag == 42);
  CHECK(methodName(AMQP_BASIC_ACK_METHOD) == "basic.ack");
  CHECK(methodName(AMQP_CONNECTION_START_OK_METHOD) == "connection.start-ok");
  Bytes fromClient;
  appendMethod(fromClient, theChannel, AMQP_QUEUE_DECLARE_METHOD, amqp_queue_declare_t{});
  CHECK(codeOf([&] { static_cast<void>(decodeMethod(payloadOf(fromClient), pool)); }) == "PROTOCOL_ERROR");
  const Bytes unknown(8, std::byte{0x7F});
  CHECK(codeOf([&] { static_cast<void>(decodeMethod(unknown, pool)); }) == "PROTOCOL_ERROR");
}
