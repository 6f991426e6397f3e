#include <matmq/message.hpp>

#include "amqp/wire/codec.hpp"
#include "amqp/wire/envelope.hpp"
#include "images.hpp"

namespace fuzz {

void decodeMessage(Input input) {
  Reader reader(input);
  const matmq::DecodeOptions options = decodeOptions(reader.u8());
  const Input payload = reader.take(reader.u16());
  matmq::amqp::DecodePool pool;
  matmq::Message message;
  try {
    matmq::amqp::ContentHeader header = matmq::amqp::decodeContentHeader(payload, pool);
    if (header.malformed) return;
    message.properties = std::move(header.properties);
  } catch (const matmq::Error& error) {
    expect(error.code() == matmq::ErrorCode::protocolError, "a content header is refused as PROTOCOL_ERROR");
    return;
  }
  message.type = matmq::amqp::messageType(message.properties.type);
  message.body = {nullptr, reader.rest()};
  if (message.isEndOfTransmission()) expect(message.body.size() == 1, "an end of transmission is one byte");
  try {
    checkImage(matmq::decodeMessage(message, options).mat, options);
  } catch (const matmq::Error& error) {
    expect(isRefusal(error) || error.code() == matmq::ErrorCode::notAnImage,
           "a message is refused as NOT_AN_IMAGE, CANNOT_DECODE or LIMIT_EXCEEDED");
  }
}

}  // namespace fuzz
