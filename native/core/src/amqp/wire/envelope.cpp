#include "amqp/wire/envelope.hpp"

#include <array>
#include <charconv>
#include <random>

#include "message/segment.hpp"

namespace matmq::amqp {
namespace {

constexpr std::uint64_t mebibyte = 1024ULL * 1024;

constexpr std::array namedTypes{MessageType::text, MessageType::binary, MessageType::image, MessageType::eot};

void setDefault(std::optional<std::string>& field, std::string_view value) {
  if (!field) field = value;
}

/// Major and minor; 0 where it is none.
std::pair<int, int> versionOf(std::string_view version) noexcept {
  std::pair<int, int> numbers{0, 0};
  const char* const end = version.data() + version.size();
  const auto first = std::from_chars(version.data(), end, numbers.first);
  if (first.ec == std::errc() && first.ptr != end) std::from_chars(first.ptr + 1, end, numbers.second);
  return numbers;
}

}  // namespace

std::string drawInstance() {
  std::random_device source;
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%08x%08x", static_cast<unsigned>(source()), static_cast<unsigned>(source()));
  return text.data();
}

Properties wireProperties(const QueuedMessage& queued, const Sender& sender) {
  Properties p = queued.properties();
  eraseSegment(p.headers);  // of a message that the program passes on
  if (queued.type == MessageType::text) setDefault(p.contentType, "text/plain; charset=utf-8");
  if (queued.type == MessageType::binary) setDefault(p.contentType, "application/octet-stream");
  if (!p.deliveryMode) p.deliveryMode = sender.persistent ? std::uint8_t{2} : std::uint8_t{1};
  p.type = messageTypeName(queued.type);
  p.appId = sender.name;
  p.messageId = sender.instance + "-" + std::to_string(queued.sequence);
  p.headers.insert_or_assign("sent-at", queued.acceptedAt);
  return p;
}

std::optional<std::uint64_t> sequenceOf(std::string_view messageId, const Sender& sender) noexcept {
  if (!messageId.starts_with(sender.instance) || messageId.size() < sender.instance.size() + 2) return std::nullopt;
  messageId.remove_prefix(sender.instance.size() + 1);
  std::uint64_t sequence = 0;
  const auto [end, status] = std::from_chars(messageId.data(), messageId.data() + messageId.size(), sequence);
  if (status != std::errc() || end != messageId.data() + messageId.size()) return std::nullopt;
  return sequence;
}

MessageType messageType(std::optional<std::string_view> type) noexcept {
  if (!type) return MessageType::unmarked;
  for (const MessageType known : namedTypes) {
    if (*type == messageTypeName(known)) return known;
  }
  return MessageType::unmarked;
}

std::uint64_t maxMessageSize(std::string_view product, std::string_view version) noexcept {
  const auto [major, minor] = versionOf(version);
  if (product != "RabbitMQ" || major == 0) return 512 * mebibyte;
  if (major >= 4) return 16 * mebibyte;
  if (major == 3 && minor >= 8) return 128 * mebibyte;
  return 512 * mebibyte;
}

bool mayHaveDefaultQueueType(std::string_view product, std::string_view version) noexcept {
  const auto [major, minor] = versionOf(version);
  return product != "RabbitMQ" || major == 0 || major > 3 || (major == 3 && minor >= 11);
}

}  // namespace matmq::amqp
