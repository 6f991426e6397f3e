#include <matmq/message.hpp>

#include "image/codecs.hpp"

namespace matmq {
namespace {

// The headers of a raw matrix (docs/wire-format.md).
constexpr const char* rowsHeader = "mat-rows";
constexpr const char* colsHeader = "mat-cols";
constexpr const char* typeHeader = "mat-type";

Payload rowsOf(const cv::Mat& image, std::shared_ptr<const void> owner) {
  const std::size_t rowBytes = static_cast<std::size_t>(image.cols) * image.elemSize();
  return {std::move(owner), reinterpret_cast<const std::byte*>(image.data), rowBytes,
          static_cast<std::size_t>(image.rows), image.step[0]};
}

template <typename T>
const T& header(const Message& message, const char* name, const char* expected) {
  const auto at = message.properties.headers.find(name);
  const T* value = at == message.properties.headers.end() ? nullptr : std::get_if<T>(&at->second.value);
  if (value == nullptr) {
    throw Error(ErrorCode::cannotDecode, std::string("Expected a raw matrix to have the header ") + name + " as " +
                                             expected + " but it is missing or of another type");
  }
  return *value;
}

}  // namespace

std::string_view messageTypeName(MessageType type) noexcept {
  switch (type) {
    case MessageType::text:
      return "text";
    case MessageType::binary:
      return "binary";
    case MessageType::image:
      return "image";
    case MessageType::eot:
      return "eot";
    case MessageType::unmarked:
      break;
  }
  return "unmarked";
}

OutgoingMessage textMessage(std::string_view text) {
  OutgoingMessage message;
  message.type = MessageType::text;
  message.body = contiguous(copyBytes(text));
  return message;
}

OutgoingMessage binaryMessage(SharedBytes bytes) {
  OutgoingMessage message;
  message.type = MessageType::binary;
  message.body = contiguous(std::move(bytes));
  return message;
}

OutgoingMessage imageMessage(const cv::Mat& image, std::shared_ptr<const void> owner, ImageFormat format,
                             const EncodeOptions& options) {
  checkEncodable(image, format, options);
  OutgoingMessage message;
  message.type = MessageType::image;
  message.properties.contentType = contentType(format);
  if (format == ImageFormat::raw) {
    message.properties.headers = {{rowsHeader, std::int64_t{image.rows}},
                                  {colsHeader, std::int64_t{image.cols}},
                                  {typeHeader, typeName(image.type())}};
  }
  const bool asItLies =
      format == ImageFormat::raw && (options.channelOrder == ChannelOrder::bgr || image.channels() < 3);
  if (asItLies) {
    if (!owner) owner = std::make_shared<const cv::Mat>(image);
    message.body = rowsOf(image, std::move(owner));
  } else {
    message.body = ImageToEncode{image, std::move(owner), format, options};
  }
  return message;
}

Payload encodedBody(const ImageToEncode& job) {
  if (job.format != ImageFormat::raw) return contiguous(encodeImage(job.image, job.format, job.options));
  const auto turned = std::make_shared<const cv::Mat>(swapRedBlue(job.image));
  return rowsOf(*turned, turned);
}

OutgoingMessage eotMessage() {
  OutgoingMessage message;
  message.type = MessageType::eot;
  message.body = contiguous({nullptr, {&eotByte, 1}});
  return message;
}

void addProperties(OutgoingMessage& message, Properties properties) {
  Properties& own = message.properties;
  if (own.contentType) properties.contentType = std::move(own.contentType);
  for (auto& [name, value] : own.headers) properties.headers.insert_or_assign(name, std::move(value));
  own = std::move(properties);
}

bool Message::isEndOfTransmission() const noexcept {
  if (body.size() != 1 || body.view[0] != eotByte) return false;
  // A program's own byte 0x04, sent by MatMQ, says text or binary; the original classes say nothing at all.
  return type == MessageType::eot || (type == MessageType::unmarked && !properties.type);
}

void checkEotMark(Message& message) noexcept {
  if (message.type == MessageType::eot && !message.isEndOfTransmission()) message.type = MessageType::unmarked;
}

DecodedImage decodeMessage(const Message& message, const DecodeOptions& options) {
  const auto& stated = message.properties.contentType;
  if (stated && formatOfContentType(*stated) == ImageFormat::raw) {
    const cv::Mat mat = viewRaw(message.body.view, header<std::int64_t>(message, rowsHeader, "an integer"),
                                header<std::int64_t>(message, colsHeader, "an integer"),
                                header<std::string>(message, typeHeader, "a string such as CV_8UC3"), options.limits);
    const cv::Mat wanted = codec::rawAsWanted(mat, options);
    return {wanted, wanted.data == mat.data ? message.body.owner : nullptr};
  }
  DecodedImage decoded;
  decoded.mat = decodeImage(message.body.view, options, &decoded.damaged);
  return decoded;
}

}  // namespace matmq
