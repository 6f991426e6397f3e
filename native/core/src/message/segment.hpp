// The segments of a message that is larger than the broker takes: their headers and what must hold for them
// (docs/wire-format.md). It knows no broker.
#pragma once

#include <cstdint>
#include <matmq/error.hpp>
#include <matmq/field_table.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace matmq {

/// More segments than this are neither sent nor taken: prefetch counts them in 16 bits.
inline constexpr std::uint64_t maxSegments = 65535;

/// How all headers of a segment begin.
inline constexpr std::string_view segmentHeaderPrefix = "segment-";

/// What the headers of a segment say.
struct Segment {
  std::uint64_t index = 0;                ///< from 0
  std::uint64_t count = 0;                ///< segments of the message, 2..maxSegments
  std::uint64_t offset = 0;               ///< of its first byte in the message
  std::uint64_t total = 0;                ///< bytes of the message
  std::optional<std::uint32_t> checksum;  ///< CRC32C of the whole message; the last segment has it

  [[nodiscard]] bool last() const noexcept { return index + 1 == count; }
};

/// The segment that these headers describe; nothing when they describe none: the message came whole.
/// @throws Error BAD_SEGMENTS when they are incomplete, of another type, or contradict each other or `bodySize`
[[nodiscard]] std::optional<Segment> readSegment(const FieldTable& headers, std::uint64_t bodySize);

/// Adds the headers of `segment`.
void writeSegment(FieldTable& headers, const Segment& segment);
/// Removes the headers of a segment: they belong to the wire, not to the program.
void eraseSegment(FieldTable& headers);

/// All segments but the last have the same number of bytes: the one of a segment that is not the last, and what follows
/// from offset and index for the last.
[[nodiscard]] std::uint64_t segmentSize(const Segment& segment, std::uint64_t bodySize) noexcept;

}  // namespace matmq
