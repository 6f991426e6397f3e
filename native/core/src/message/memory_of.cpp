#include "message/memory_of.hpp"

namespace matmq {
namespace {

/// Of a node of a tree, in the usual implementations: colour and three pointers.
constexpr std::size_t nodeBytes = 4 * sizeof(void*);

std::size_t memoryOf(const std::string& text) noexcept {
  static const std::size_t inPlace = std::string().capacity();
  return text.capacity() > inPlace ? text.capacity() + 1 : 0;
}

std::size_t memoryOf(const std::optional<std::string>& text) noexcept { return text ? memoryOf(*text) : 0; }

std::size_t memoryOf(const FieldTable& table) noexcept;

// Not deeper than maxTableDepth: what is deeper is refused where it comes in.
std::size_t memoryOf(const FieldValue& field) noexcept {
  struct Visitor {
    std::size_t operator()(const std::string& text) const noexcept { return memoryOf(text); }
    std::size_t operator()(const ByteString& text) const noexcept { return memoryOf(text.bytes); }
    std::size_t operator()(const FieldTable& table) const noexcept { return memoryOf(table); }
    std::size_t operator()(const FieldArray& array) const noexcept {
      std::size_t sum = array.capacity() * sizeof(FieldValue);
      for (const FieldValue& element : array) sum += memoryOf(element);
      return sum;
    }
    std::size_t operator()(std::monostate) const noexcept { return 0; }
    std::size_t operator()(bool) const noexcept { return 0; }
    std::size_t operator()(std::int64_t) const noexcept { return 0; }
    std::size_t operator()(double) const noexcept { return 0; }
    std::size_t operator()(Timestamp) const noexcept { return 0; }
  };
  return std::visit(Visitor{}, field.value);
}

std::size_t memoryOf(const FieldTable& table) noexcept {
  std::size_t sum = table.size() * (nodeBytes + sizeof(FieldTable::value_type));
  for (const auto& [name, field] : table) sum += memoryOf(name) + memoryOf(field);
  return sum;
}

}  // namespace

std::size_t memoryOf(const Properties& p) noexcept {
  std::size_t sum = p.headers.empty() ? 0 : memoryOf(p.headers);
  for (const auto* text : {&p.contentType, &p.contentEncoding, &p.correlationId, &p.replyTo, &p.expiration,
                           &p.messageId, &p.type, &p.userId, &p.appId}) {
    sum += memoryOf(*text);
  }
  return sum;
}

}  // namespace matmq
