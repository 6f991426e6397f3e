// rabbitmq-c as a codec: its public functions turn methods, properties and tables into octets and back.
// This header, codec.cpp and field_table.* are where rabbitmq-c's types are converted; no other file touches its
// memory.
//
// Rules
// 1. Nothing here does I/O: rabbitmq-c's sockets and its blocking calls are not used anywhere; docs/architecture.md
//    says why.
// 2. A decoded method or its strings live in a DecodePool and die with its next reset().
// 3. Every table is walked by checkTable before rabbitmq-c may decode it, because it decodes nested tables by
//    recursion;
//    methods that a broker never sends are refused before they are decoded, because they may hold tables too.
#pragma once

#include <matmq/message.hpp>

#include "amqp/wire/wire.hpp"

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/framing.h>
#else
#include <amqp.h>
#include <amqp_framing.h>
#endif

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace matmq::amqp {

using Bytes = std::vector<std::byte>;

/// Memory of decoded methods and of tables to encode.
class DecodePool {
 public:
  DecodePool() noexcept { init_amqp_pool(&pool_, 4096); }
  ~DecodePool() { empty_amqp_pool(&pool_); }
  DecodePool(const DecodePool&) = delete;
  DecodePool& operator=(const DecodePool&) = delete;
  void reset() noexcept { recycle_amqp_pool(&pool_); }
  [[nodiscard]] amqp_pool_t* get() noexcept { return &pool_; }

 private:
  amqp_pool_t pool_{};
};

/// A received method. `as<amqp_basic_ack_t>()` after looking at `id`.
struct Method {
  amqp_method_number_t id = 0;
  void* decoded = nullptr;

  template <typename T>
  [[nodiscard]] const T& as() const noexcept {
    return *static_cast<const T*>(decoded);
  }
};

[[nodiscard]] inline std::string_view view(amqp_bytes_t bytes) noexcept {
  return {static_cast<const char*>(bytes.bytes), bytes.len};
}
/// `text` must outlive the result; rabbitmq-c only reads it.
[[nodiscard]] amqp_bytes_t bytesOf(std::string_view text) noexcept;

/// The name of a method as AMQP writes it, "basic.publish".
[[nodiscard]] std::string methodName(amqp_method_number_t id);

/// Appends one method frame; `method` is rabbitmq-c's struct for `id`.
/// @throws Error INVALID_ARGUMENT when the encoded method exceeds `frameMax` (names or tables too long)
void appendEncodedMethod(Bytes& out, std::uint16_t channel, amqp_method_number_t id, void* method,
                         std::uint32_t frameMax);
template <typename T>
void appendMethod(Bytes& out, std::uint16_t channel, amqp_method_number_t id, T method,
                  std::uint32_t frameMax = frameMinSize) {
  appendEncodedMethod(out, channel, id, &method, frameMax);
}

/// Appends one content header frame (section 2.3.5.2).
/// @throws Error INVALID_ARGUMENT when the properties exceed one frame of `frameMax`
void appendContentHeader(Bytes& out, std::uint16_t channel, std::uint64_t bodySize, const Properties& properties,
                         DecodePool& pool, std::uint32_t frameMax);

/// Decodes the payload of a method frame, if it is one that a broker may send us.
/// @throws Error PROTOCOL_ERROR
[[nodiscard]] Method decodeMethod(std::span<const std::byte> payload, DecodePool& pool);

/// Properties where they lie in a received frame. Valid as long as the payload is, and until the next reset() of the
/// pool.
class PropertiesView {
 public:
  PropertiesView() = default;
  explicit PropertiesView(const amqp_basic_properties_t& raw) noexcept : raw_(&raw) {}

  [[nodiscard]] std::optional<std::string_view> type() const noexcept;
  /// Whether there is a header whose name begins so.
  [[nodiscard]] bool hasHeader(std::string_view prefix) const noexcept;
  [[nodiscard]] Properties read() const;

 private:
  const amqp_basic_properties_t* raw_ = nullptr;  ///< null: none
};

/// A content header frame as it came. Most programs look at few properties of few messages: what the I/O thread need
/// not know is read by whoever asks for it.
struct IncomingHeader {
  std::uint64_t bodySize = 0;
  PropertiesView properties;       ///< none when they are malformed
  std::string encoded;             ///< the whole payload
  std::optional<Error> malformed;  ///< the properties cannot be read: one bad message must not end the connection
  /// Memory of `bodySize` octets where the body may be already: see FrameSink::expectBody.
  std::shared_ptr<std::byte> memory;
};
/// Checks the payload of a content header frame of class basic: what is not malformed can be read.
/// @throws Error PROTOCOL_ERROR when it has not even a body size
[[nodiscard]] IncomingHeader readContentHeader(std::span<const std::byte> payload, DecodePool& pool);

struct ContentHeader {
  std::uint64_t bodySize = 0;
  Properties properties;
  std::string encoded;             ///< the whole payload
  std::optional<Error> malformed;  ///< the properties cannot be read: one bad message must not end the connection
};
/// As readContentHeader, with the properties read.
/// @throws Error PROTOCOL_ERROR when it has not even a body size
[[nodiscard]] ContentHeader decodeContentHeader(std::span<const std::byte> payload, DecodePool& pool);

/// Message::encodedProperties, without the headers of a segment. @throws Error MALFORMED_PROPERTIES
[[nodiscard]] Properties decodeProperties(std::string_view encoded);

}  // namespace matmq::amqp
