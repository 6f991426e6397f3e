// What properties take in memory, beside the object that holds them: so that headers count against a high-water mark as
// bodies do. An estimate: a table takes many times its octets on the wire when its fields are small.
#pragma once

#include <matmq/message.hpp>

namespace matmq {

/// 0 for what most messages have: no headers, and texts that fit into a std::string itself.
[[nodiscard]] std::size_t memoryOf(const Properties& properties) noexcept;

}  // namespace matmq
