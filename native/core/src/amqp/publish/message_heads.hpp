// The frames that go before a message's body: basic.publish and the content header.
//
// Most messages of a producer have the same ones but for four numbers: message_id, sent-at, the size of the body, and
// that of the header's frame. So the frames of the last message are kept, and of the next one only the numbers are
// written, if the program says the same of it.
//
// Rules
// 1. What a message differs in is never guessed: frames are used again only for the same type, routing key and
//    properties, compared as a whole, and the places of the numbers are found by encoding two messages.
// 2. Only headers whose values are equal exactly if their octets are: texts, integers and booleans, no more than a few
//    kilobytes. Others are encoded each time.
// 3. Nothing is encoded for later until two messages in a row were alike: who sends different ones pays a comparison
//    and a copy.
// 4. It belongs to the I/O thread.
#pragma once

#include <matmq/options.hpp>

#include "amqp/wire/codec.hpp"
#include "amqp/wire/envelope.hpp"

namespace matmq::amqp {

class MessageHeads {
 public:
  /// Both must outlive this.
  MessageHeads(const ProducerOptions& options, const Sender& sender) noexcept : options_(options), sender_(sender) {}

  /// A new connection.
  void setFrameMax(std::uint32_t frameMax);

  /// Of a message that goes whole. @throws Error INVALID_ARGUMENT: it fits no frame
  [[nodiscard]] Bytes of(const QueuedMessage& queued, const std::string& routingKey, std::uint64_t bodySize);
  /// Of properties as they are. @throws Error INVALID_ARGUMENT: they fit no frame
  [[nodiscard]] Bytes encode(const std::string& routingKey, const Properties& properties, std::uint64_t bodySize);

 private:
  /// What the program says of a message.
  struct Likeness {
    MessageType type = MessageType::unmarked;
    std::string routingKey;
    Properties properties;
  };
  enum class State : std::uint8_t { none, seenOnce, kept, unfit };

  [[nodiscard]] bool alike(const QueuedMessage& queued, const std::string& routingKey) const;
  void see(const QueuedMessage& queued, const std::string& routingKey);
  [[nodiscard]] bool keep(const QueuedMessage& queued);
  [[nodiscard]] Bytes written(const QueuedMessage& queued, std::uint64_t bodySize) const;

  const ProducerOptions& options_;
  const Sender& sender_;
  DecodePool pool_;
  std::uint32_t frameMax_ = frameMinSize;

  State state_ = State::none;
  Likeness likeness_;         ///< of the last message, unless `none`
  Bytes before_;              ///< up to the number in message_id
  Bytes after_;               ///< from behind it
  std::size_t header_ = 0;    ///< where the frame of the content header begins
  std::size_t sentAt_ = 0;    ///< where its value is
  std::size_t idLength_ = 0;  ///< where the length of message_id is
};

}  // namespace matmq::amqp
