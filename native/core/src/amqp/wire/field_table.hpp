// Field tables between rabbitmq-c and matmq::FieldTable, and the check that makes decoding them safe.
#pragma once

#include "amqp/wire/codec.hpp"

namespace matmq::amqp {

/// A table for rabbitmq-c to encode. It points into `table`, which must outlive it; its own arrays lie in `pool`.
/// @throws Error INVALID_ARGUMENT when nested deeper than maxTableDepth or a name is longer than 255 bytes
[[nodiscard]] amqp_table_t encodableTable(const FieldTable& table, DecodePool& pool);

/// A deep copy of what rabbitmq-c decoded.
[[nodiscard]] FieldTable fieldTable(const amqp_table_t& table);

/// Walks the encoded table at `encoded[offset]` without recursion beyond maxTableDepth and returns the offset behind
/// it.
/// @throws Error PROTOCOL_ERROR when it is truncated, has an unknown kind, or is nested deeper
std::size_t checkTable(std::span<const std::byte> encoded, std::size_t offset);

}  // namespace matmq::amqp
