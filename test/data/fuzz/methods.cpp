#include <matmq/message.hpp>

#include "amqp/wire/codec.hpp"
#include "amqp/wire/field_table.hpp"
#include "targets.hpp"

namespace fuzz {
namespace {

using matmq::amqp::Bytes;
using matmq::amqp::DecodePool;

void expectProtocolError(const matmq::Error& error) {
  expect(error.code() == matmq::ErrorCode::protocolError, "what is no AMQP is refused as PROTOCOL_ERROR");
}

Bytes encoded(const matmq::Properties& properties) {
  constexpr std::uint32_t roomy = 1 << 24;  // text that came as bytes of one size may be longer as MatMQ writes it
  DecodePool pool;
  Bytes frame;
  matmq::amqp::appendContentHeader(frame, 1, 0, properties, pool, roomy);
  return {frame.begin() + matmq::amqp::frameHeaderSize, frame.end() - 1};
}

matmq::Properties decoded(std::span<const std::byte> payload) {
  DecodePool pool;
  matmq::amqp::ContentHeader header = matmq::amqp::decodeContentHeader(payload, pool);
  expect(!header.malformed, "what MatMQ writes can be read");
  return std::move(header.properties);
}

}  // namespace

void decodeMethod(Input input) {
  DecodePool pool;
  try {
    const matmq::amqp::Method method = matmq::amqp::decodeMethod(input, pool);
    expect(method.decoded != nullptr, "a method that is decoded is there");
    expect(!matmq::amqp::methodName(method.id).empty(), "every method has a name");
  } catch (const matmq::Error& error) {
    expectProtocolError(error);
  }
}

void decodeProperties(Input input) {
  DecodePool pool;
  try {
    const matmq::amqp::ContentHeader header = matmq::amqp::decodeContentHeader(input, pool);
    expect(header.encoded.size() == input.size(), "the header is kept as it came");
    if (header.malformed) {
      expect(header.malformed->code() == matmq::ErrorCode::malformedProperties, "MALFORMED_PROPERTIES");
      return;
    }
    // Not the values are held against each other, because a header may be NaN.
    const Bytes once = encoded(header.properties);
    expect(once == encoded(decoded(once)), "what was read can be written, and reads as the same again");
  } catch (const matmq::Error& error) {
    expectProtocolError(error);
  }
}

void decodeTable(Input input) {
  try {
    const std::size_t end = matmq::amqp::checkTable(input, 0);
    expect(end <= input.size(), "a table ends where its octets do, or before");
  } catch (const matmq::Error& error) {
    return expectProtocolError(error);
  }
  DecodePool pool;
  amqp_table_t table{};
  std::size_t offset = 0;
  const amqp_bytes_t octets{input.size(), const_cast<std::byte*>(input.data())};
  if (amqp_decode_table(octets, pool.get(), &table, &offset) != AMQP_STATUS_OK) return;
  const matmq::FieldTable fields = matmq::amqp::fieldTable(table);
  const amqp_table_t again = matmq::amqp::encodableTable(fields, pool);
  expect(static_cast<std::size_t>(again.num_entries) == fields.size(), "a table that was read can be written");
}

}  // namespace fuzz
