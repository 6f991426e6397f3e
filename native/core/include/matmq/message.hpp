// Messages on their way out and in.
#pragma once

#include <matmq/amqp/properties.hpp>
#include <matmq/bytes.hpp>
#include <matmq/field_table.hpp>
#include <matmq/image.hpp>
#include <optional>
#include <string>
#include <variant>

namespace matmq {

/// What MatMQ says of a message in its `type` property. `unmarked`: it came from a program that is not MatMQ.
enum class MessageType : std::uint8_t { unmarked, text, binary, image, eot };
[[nodiscard]] std::string_view messageTypeName(MessageType type) noexcept;

/// The body of an end-of-transmission message, as in the original classes.
inline constexpr std::byte eotByte{0x04};

/// What a message says of itself, on any broker.
struct MessageProperties {
  std::optional<std::string> contentType;
  std::optional<std::string> contentEncoding;
  FieldTable headers;
  std::optional<std::string> correlationId;
  std::optional<std::string> replyTo;
  std::optional<std::string> messageId;    ///< MatMQ's: "<instance>-<n>"
  std::optional<std::uint64_t> timestamp;  ///< seconds since 1970
  std::optional<std::string> type;         ///< MatMQ's: text, binary, image, eot
  std::optional<std::string> appId;        ///< MatMQ's: the producer's name
  friend bool operator==(const MessageProperties&, const MessageProperties&) = default;
};

/// All properties that a program sets or reads.
struct Properties : MessageProperties, AmqpProperties {
  friend bool operator==(const Properties&, const Properties&) = default;
};

/// A matrix that a codec thread will encode, or (raw) turn from RGB to BGR. The pixels must stay as they are until that
/// is done.
struct ImageToEncode {
  cv::Mat image;                      ///< may be a header over memory that `owner` keeps
  std::shared_ptr<const void> owner;  ///< null when `image` owns its pixels
  ImageFormat format = ImageFormat::png;
  EncodeOptions options;
};

/// What a program sends. Text, binary and raw matrices are gathered from where they lie.
struct OutgoingMessage : AmqpRouting {
  MessageType type = MessageType::binary;
  std::variant<Payload, ImageToEncode> body;
  /// contentType, headers, priority, correlationId, ... of the program. MatMQ sets messageId, type, appId itself.
  Properties properties;
};

/// A text message (UTF-8), copied.
[[nodiscard]] OutgoingMessage textMessage(std::string_view text);
/// A binary message, not copied.
[[nodiscard]] OutgoingMessage binaryMessage(SharedBytes bytes);
/// An image: raw matrices as they lie (rows of a region of interest included), unless their channels are RGB(A); those
/// and all other formats are for a codec thread.
/// @throws Error as checkEncodable
[[nodiscard]] OutgoingMessage imageMessage(const cv::Mat& image, std::shared_ptr<const void> owner, ImageFormat format,
                                           const EncodeOptions& options);
/// What the codec thread makes of it: the body.
/// @throws Error as encodeImage
[[nodiscard]] Payload encodedBody(const ImageToEncode& job);
[[nodiscard]] OutgoingMessage eotMessage();
/// Adds a program's own properties. Where MatMQ has said something already (an image's content type and headers), that
/// stays.
void addProperties(OutgoingMessage& message, Properties properties);

/// Names a delivery to acknowledge: 1, 2, ... in the order of arrival, unique for the life of its consumer. A message
/// in segments has the number of the segment that made it whole.
using DeliveryNumber = std::uint64_t;

/// A received message. Immutable, shared between the program and a codec thread that decodes it.
struct Message : AmqpDelivery {
  SharedBytes body;
  /// Read by Consumer. Of an AsyncConsumer's messages, those that it had to look at have them.
  Properties properties;
  std::string encodedProperties;  ///< as the broker sent them, for AsyncConsumer::decodeProperties()
  MessageType type = MessageType::unmarked;
  DeliveryNumber number = 0;
  bool redelivered = false;
  /// Set when the message was refused (a body larger than `limits.messageBytes`, properties that cannot be read):
  /// there is no body, and the broker was told (rejected, not requeued), so that it can go to the dead letters.
  std::optional<Error> error;

  /// MatMQ's own mark with its body, or the bare byte 0x04 of a program that marks nothing.
  [[nodiscard]] bool isEndOfTransmission() const noexcept;
};

/// Takes the mark `eot` from a message that has another body: it is no end of transmission, and must not look like one.
void checkEotMark(Message& message) noexcept;

/// A decoded image; `mat` is a view into the message's body when the matrix came raw and is wanted as it is.
struct DecodedImage {
  cv::Mat mat;
  std::shared_ptr<const void> owner;  ///< keeps `mat.data` alive where `mat` does not own it
  bool damaged = false;               ///< with DamagedImage::keep: pixels are missing
};

/// Decodes the body: a raw matrix by its headers (docs/wire-format.md), anything else by its magic bytes.
/// @throws Error NOT_AN_IMAGE, CANNOT_DECODE, LIMIT_EXCEEDED
[[nodiscard]] DecodedImage decodeMessage(const Message& message, const DecodeOptions& options = {});

}  // namespace matmq
